#include "app/table_settings.hpp"

#include <fstream>
#include <gtest/gtest.h>

#include "app/server_settings.hpp"
#include "base/directory_for_test.hpp"

namespace tagwerk::app {
namespace {

Status read(const std::string& text, table::WriterOptions& options) {
  const auto node = model::parse_yaml(text, "table");
  for (const auto& [key, value] : node->entries)
    if (auto done = read_table_setting(key, value, options); !done) return done;
  return {};
}

TEST(TableSettings, ReadKeyModeGroupAndSlots) {
  table::WriterOptions options;
  ASSERT_TRUE(read("{sysv_key: 0x54570001, mode: 0640, group: root, slots: 500000}", options));
  EXPECT_EQ(options.sysv_key, 0x54570001U);
  EXPECT_EQ(options.mode, 0640U);
  EXPECT_EQ(options.group, 0);
  EXPECT_EQ(options.slot_capacity, 500'000U);
  ASSERT_TRUE(read("{sysv_key: 17, group: 12345}", options));
  EXPECT_EQ(options.sysv_key, 17U);
  EXPECT_EQ(options.group, 12345);
}

TEST(TableSettings, RefuseWhatIsWrongAndNameTheRemedy) {
  const std::pair<const char*, const char*> cases[] = {
      {"{sysv_key: 0}", "0x54570001"},
      {"{sysv_key: shop}", "0x54570001"},
      {"{mode: 0666}", "0600"},
      {"{mode: 666}", "0644"},
      {"{mode: rw}", "0640"},
      {"{group: no-such-group-here}", "/etc/group"},
      {"{slots: 0}", "1 to 67108864"},
      {"{slots: 99999999}", "1 to 67108864"},
      {"{mode: [1, 2]}", "'mode' takes one value"},
  };
  for (const auto& [text, words] : cases) {
    table::WriterOptions options;
    const auto refused = read(text, options);
    ASSERT_FALSE(refused) << text;
    EXPECT_NE(refused.error().message.find(words), std::string::npos) << refused.error().message;
  }
}

TEST(TableSettings, AreAMappingOfTheServersFileAndHaveAPlaceThere) {
  const base::TestDirectory directory;
  const auto file = directory / "tagwerk.yaml";
  {
    std::ofstream(file) << "data: here\ntable:\n  sysv_key: 0x11\n  mode: 0777\n";
  }
  ServerSettings settings;
  const auto refused = read_settings(file, settings);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().to_string().find("tagwerk.yaml:4:3"), std::string::npos)
      << refused.error().to_string();
  EXPECT_EQ(settings.table.sysv_key, 0x11U);
}

}  // namespace
}  // namespace tagwerk::app
