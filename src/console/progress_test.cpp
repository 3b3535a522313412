#include "console/progress.hpp"

#include <gtest/gtest.h>

namespace tagwerk::console {
namespace {

using Unit = Progress::Unit;

TEST(Progress, SaysHowFarTheWorkIs) {
  EXPECT_EQ(progress_line("backup", Unit::bytes, 13'000'000, 34'000'000, 79),
            "backup  [#########...............]  38%  12.4 of 32.4 MiB");
  EXPECT_EQ(progress_line("import", Unit::things, 3, 3, 79),
            "import  [########################] 100%  3 of 3");
  EXPECT_EQ(progress_line("backup", Unit::bytes, 9, 3, 79),
            "backup  [########################] 100%  9 of 3 bytes");
}

TEST(Progress, WithoutATotalCountsOnly) {
  EXPECT_EQ(progress_line("backup", Unit::bytes, 0, 0, 79), "backup");
  EXPECT_EQ(progress_line("backup", Unit::bytes, 2048, 0, 79), "backup  2.0 KiB");
  EXPECT_EQ(progress_line("import", Unit::things, 12, 0, 79), "import  12");
}

TEST(Progress, FitsIntoANarrowTerminal) {
  EXPECT_EQ(progress_line("backup", Unit::bytes, 1, 2, 10), "backup  [#");
}

TEST(Progress, NamesSizesInTheUnitThatFits) {
  EXPECT_EQ(size_text(0), "0 bytes");
  EXPECT_EQ(size_text(1023), "1023 bytes");
  EXPECT_EQ(size_text(1024), "1.0 KiB");
  EXPECT_EQ(size_text(12'900'000), "12.3 MiB");
  EXPECT_EQ(size_text(std::uint64_t{5} << 50), "5120.0 TiB");
}

}  // namespace
}  // namespace tagwerk::console
