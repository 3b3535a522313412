#include "store/database.hpp"

#include <fstream>
#include <gmock/gmock.h>

#include "store/configuration_store.hpp"
#include "store/database_summary.hpp"
#include "store/store_for_test.hpp"
#include "store/user_store.hpp"

namespace tagwerk::store {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

class DatabaseTest : public StoreTest {
 protected:
  std::size_t copies() const {
    std::error_code none;
    const fs::directory_iterator all(directory_ / "backup", none);
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }
  std::string open_fault() {
    auto database = Database::open(file(), kNow);
    return database ? "" : database.error().to_string();
  }
};

TEST_F(DatabaseTest, IsMadeForItsOwnerOnlyAndOpensAgain) {
  EXPECT_EQ(open()->schema(), 5);
  EXPECT_EQ(fs::status(file()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(open()->schema(), 5);
  EXPECT_EQ(copies(), 0u);
}

TEST_F(DatabaseTest, MigratesAnOlderOneAndKeepsACopy) {
  {
    auto old = open(1);
    EXPECT_EQ(old->schema(), 1);
    execute(
        "INSERT INTO revisions VALUES (1, 0, 'me', 'file', '', 1);"
        "INSERT INTO revisions VALUES (2, 0, 'me', 'file', '', 1);"
        "INSERT INTO items VALUES ('tag', '/A', '{\"type\":\"int\"}');"
        "INSERT INTO tag_ids VALUES (1, '/A', 1, 0), (2, '/B', 1, 2)");
  }
  auto now = open();
  EXPECT_EQ(now->schema(), 5);
  EXPECT_EQ(ConfigurationStore(*now).load()->tag_ids, (model::Plant::TagIds{{"/A", 1}}));
  ASSERT_EQ(copies(), 1u);
  const auto copy = fs::directory_iterator(directory_ / "backup")->path();
  EXPECT_EQ(fs::status(copy).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  auto kept = Database::open(copy, kNow, {.backup_directory = {}, .schema = 1});
  ASSERT_TRUE(kept) << kept.error().to_string();
  EXPECT_EQ((*kept)->schema(), 1);
}

TEST_F(DatabaseTest, StaysAsItWasWhenAMigrationFails) {
  open(1).reset();
  execute("CREATE TABLE audit (id INTEGER)");
  EXPECT_THAT(open_fault(), HasSubstr("cannot migrate the configuration"));
  // Migrations before the broken one count, that one leaves nothing.
  execute("DROP TABLE audit");
  EXPECT_EQ(open()->schema(), 5);
}

TEST_F(DatabaseTest, RefusesWhatANewerProgramWrote) {
  open().reset();
  execute("INSERT INTO schema_migrations (number, name, applied_at) VALUES (7, 'later', 0)");
  EXPECT_THAT(open_fault(), HasSubstr("written by a newer Tagwerk (schema 7, this one knows 5)"));
}

TEST_F(DatabaseTest, RefusesForeignFiles) {
  execute("CREATE TABLE other (id INTEGER)");
  EXPECT_THAT(open_fault(), HasSubstr("a database of another program"));
  fs::remove(file());
  std::ofstream(file()) << std::string(8192, 'x');
  EXPECT_THAT(open_fault(), HasSubstr("move the file away or name another data directory"));
  EXPECT_FALSE(Database::open(directory_ / "missing" / "config.sqlite", kNow));
}

TEST_F(DatabaseTest, CopiesItselfOnceToAPlace) {
  auto database = open();
  EXPECT_TRUE(database->copy_to(directory_ / "it's a copy.sqlite"));
  EXPECT_EQ(database->copy_to(directory_ / "it's a copy.sqlite").error().code,
            ErrorCode::already_exists);
  EXPECT_TRUE(Database::open(directory_ / "it's a copy.sqlite", kNow));
}

TEST_F(DatabaseTest, CopyingEndsWhenItIsToldTo) {
  auto database = open();
  execute(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) "
      "INSERT INTO audit SELECT i, 0, 'me', '', 'write', '/A', '', '', '', '' FROM n");
  std::stop_source stop;
  stop.request_stop();
  const auto copied = database->copy_to(directory_ / "copy.sqlite", stop.get_token());
  ASSERT_FALSE(copied);
  EXPECT_EQ(copied.error().code, ErrorCode::unavailable);
  EXPECT_THAT(copied.error().message, HasSubstr("broken off"));
  EXPECT_FALSE(fs::exists(directory_ / "copy.sqlite"));
  EXPECT_TRUE(database->copy_to(directory_ / "copy.sqlite"));
}

TEST_F(DatabaseTest, IsLookedAtWithoutBeingChangedAlsoBesideAServer) {
  auto server = open();
  auto looker = Database::open_to_read(file());
  ASSERT_TRUE(looker) << looker.error().message;
  EXPECT_EQ((*looker)->schema(), 5);
  EXPECT_THAT(*(*looker)->faults(Database::Look::quick), testing::IsEmpty());
  EXPECT_EQ(summarize(**looker)->users, 0u);
  UserStore(*server).add({.name = "anna", .password_hash = "x"});
  EXPECT_EQ(summarize(**looker)->users, 1u);
  EXPECT_FALSE(UserStore(**looker).add({.name = "otto", .password_hash = "x"}));
  EXPECT_TRUE((*looker)->copy_to(directory_ / "copy.sqlite"));
}

TEST_F(DatabaseTest, OfAnOlderSchemaIsLookedAtAsItIs) {
  open(1).reset();
  execute("INSERT INTO tag_ids VALUES (1, '/A', 1, 0), (2, '/B', 1, 2)");
  auto old = Database::open_to_read(file());
  ASSERT_TRUE(old);
  EXPECT_EQ((*old)->schema(), 1);
  const auto summary = summarize(**old);
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(summary->tags, 1u);
  EXPECT_EQ(summary->users, 0u);
  EXPECT_EQ(made_at(**old), kNow);
  EXPECT_EQ(Database::open_to_read(file()).value()->schema(), 1);
  const auto migrated = open();
  EXPECT_EQ(summarize(*migrated)->tags, 1u);
  EXPECT_TRUE(fs::exists(migrated->copy_before()));
}

TEST_F(DatabaseTest, ThatIsNoneIsNotMadeByLooking) {
  EXPECT_EQ(Database::open_to_read(file()).error().code, ErrorCode::not_found);
  EXPECT_FALSE(fs::exists(file()));
  std::ofstream(file()).close();
  EXPECT_EQ(Database::open_to_read(file()).error().code, ErrorCode::corrupt);
  std::ofstream(file()) << std::string(8192, 'x');
  EXPECT_EQ(Database::open_to_read(file()).error().code, ErrorCode::corrupt);
}

TEST_F(DatabaseTest, SaysWhatIsDamagedInItsFile) {
  open().reset();
  execute(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) "
      "INSERT INTO audit SELECT i, 0, 'me', '', 'write', '/A', '', '', '', '' FROM n");
  const auto size = fs::file_size(file());
  std::fstream damaged(file(), std::ios::in | std::ios::out | std::ios::binary);
  damaged.seekp(static_cast<std::streamoff>(size - 3 * 4096));
  damaged << std::string(4096, '\x5a');
  damaged.close();
  auto database = Database::open_to_read(file());
  ASSERT_TRUE(database) << database.error().message;
  const auto faults = (*database)->faults(Database::Look::quick);
  EXPECT_TRUE(!faults || !faults->empty());
}

TEST_F(DatabaseTest, WorksInADirectoryWithBlanks) {
  fs::create_directories(directory_ / "my data; dbname=x");
  EXPECT_TRUE(Database::open(directory_ / "my data; dbname=x" / "config.sqlite", kNow));
  EXPECT_TRUE(fs::exists(directory_ / "my data; dbname=x" / "config.sqlite"));
}

}  // namespace
}  // namespace tagwerk::store
