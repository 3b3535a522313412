#include "console/columns.hpp"

#include <gtest/gtest.h>

namespace tagwerk::console {
namespace {

TEST(Columns, AreAsWideAsTheirWidestCellWithoutBlanksAtTheEnd) {
  Columns columns({"NAME", ">TAGS", "DETAIL"});
  columns.add({"plc1", "60", "running"});
  columns.add({"a longer one", "7", ""});
  EXPECT_EQ(columns.to_string(),
            "NAME          TAGS  DETAIL\n"
            "plc1            60  running\n"
            "a longer one     7\n");
}

TEST(Columns, CountCodePointsNotBytes) {
  Columns columns;
  columns.add({"°C", "x"});
  columns.add({"m³/h", "y"});
  EXPECT_EQ(columns.to_string(), "°C    x\nm³/h  y\n");
}

TEST(Columns, KeepTheTerminalFromWhatADeviceWrites) {
  Columns columns;
  columns.add({"\x1b[2Jgone", "a\nb\x7f"});
  EXPECT_EQ(columns.to_string(), "?[2Jgone  a?b?\n");
}

}  // namespace
}  // namespace tagwerk::console
