#include "app/restore.hpp"

#include <fcntl.h>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "app/data_directory.hpp"
#include "base/descriptor.hpp"
#include "base/directory_for_test.hpp"
#include "store/backup.hpp"
#include "store/database.hpp"
#include "store/user_store.hpp"

namespace tagwerk::app {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;
namespace fs = std::filesystem;

std::string read(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

class Restore : public testing::Test {
 protected:
  /// A plant with one user.
  void make_plant(const fs::path& at, const std::string& user) const {
    const auto data = DataDirectory::open(at);
    ASSERT_TRUE(data);
    auto database = store::Database::open(at / "config.sqlite", kNow);
    ASSERT_TRUE(database);
    ASSERT_TRUE(store::UserStore(**database).add({.name = user, .password_hash = "x"}));
    std::ofstream(at / "secret") << "secret of " << user;
  }
  fs::path backup_of(const fs::path& plant) {
    const fs::path file = directory / (plant.filename().native() + ".tar.zst");
    const auto made = store::make_backup({plant, "0.1.0", "here", "plant-1"}, file, kNow);
    EXPECT_TRUE(made) << made.error().message;
    return file;
  }
  Result<Restored> run(const fs::path& file, const fs::path& into, bool replace = false) const {
    const base::Descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    return restore(in.get(), into, {.replace = replace});
  }
  static std::string user_in(const fs::path& plant) {
    auto database = store::Database::open_to_read(plant / "config.sqlite");
    return database ? store::UserStore(**database).users()->front().name : "(none)";
  }
  static std::vector<std::string> names_in(const fs::path& directory) {
    std::vector<std::string> out;
    for (const auto& each : fs::directory_iterator(directory))
      out.push_back(each.path().filename());
    return out;
  }
  static void execute(const fs::path& file, const std::string& sql) {
    sqlite3* raw = nullptr;
    ASSERT_EQ(sqlite3_open(file.c_str(), &raw), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(raw, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(raw);
  }

  static constexpr UtcTime kNow{std::chrono::seconds(1'700'000'000)};
  base::TestDirectory directory;
  const fs::path one = directory / "one";
  const fs::path two = directory / "two";
};

TEST_F(Restore, MakesANewDataDirectory) {
  make_plant(one, "anna");
  const auto restored = run(backup_of(one), two);
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->directory, fs::canonical(two));
  EXPECT_EQ(restored->kept, "");
  EXPECT_EQ(restored->manifest.host, "plant-1");
  EXPECT_EQ(user_in(two), "anna");
  EXPECT_EQ(read(two / "secret"), "secret of anna");
  EXPECT_THAT(names_in(two), UnorderedElementsAre("lock", "connectors", "backup", "run", "secret",
                                                  "config.sqlite"));
  EXPECT_EQ(fs::status(two / "config.sqlite").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_TRUE(store::Database::open(two / "config.sqlite", kNow));
}

TEST_F(Restore, TakesAnEmptyDirectoryAndOneWhoseServerNeverRan) {
  make_plant(one, "anna");
  fs::create_directory(two);
  EXPECT_TRUE(run(backup_of(one), two));
  const fs::path three = directory / "three";
  ASSERT_TRUE(DataDirectory::open(three));
  EXPECT_TRUE(run(backup_of(one), three));
}

TEST_F(Restore, LeavesAPlantAloneUntilItIsToldTo) {
  make_plant(one, "anna");
  make_plant(two, "otto");
  const auto refused = run(backup_of(one), two);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::already_exists);
  EXPECT_THAT(refused.error().message,
              AllOf(HasSubstr("holds a plant already"), HasSubstr("--replace")));
  EXPECT_EQ(user_in(two), "otto");
}

TEST_F(Restore, ReplacesAPlantAndKeepsItAsABackup) {
  make_plant(one, "anna");
  make_plant(two, "otto");
  std::ofstream(two / "marks.sqlite") << "marks";
  fs::create_directory(two / "tls");
  std::ofstream(two / "tls/key.pem") << "key";
  const auto restored = run(backup_of(one), two, true);
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(user_in(two), "anna");
  EXPECT_EQ(read(two / "secret"), "secret of anna");
  EXPECT_EQ(read(two / "marks.sqlite"), "marks");
  EXPECT_FALSE(fs::exists(two / "tls/key.pem"));
  EXPECT_EQ(restored->kept_because, "");
  EXPECT_THAT(restored->kept.filename().native(),
              testing::MatchesRegex("before-restore-[0-9]+-[0-9]+\\.tar\\.zst"));
  // And back again, within the same second.
  const auto back = run(restored->kept, two, true);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(user_in(two), "otto");
  EXPECT_EQ(read(two / "tls/key.pem"), "key");
  EXPECT_NE(back->kept, restored->kept);
  EXPECT_EQ(names_in(two / "backup").size(), 2u);
}

TEST_F(Restore, NeverLetsTheLogOfOneDatabaseMeetAnother) {
  make_plant(one, "anna");
  make_plant(two, "otto");
  const fs::path backup = backup_of(one);
  // A server that was killed leaves its log.
  fs::copy_file(two / "config.sqlite", directory / "database");
  auto killed = store::Database::open(two / "config.sqlite", kNow);
  ASSERT_TRUE(store::UserStore(**killed).add({.name = "aaron", .password_hash = "x"}));
  fs::copy_file(two / "config.sqlite-wal", directory / "log");
  killed->reset();
  fs::copy_file(directory / "database", two / "config.sqlite",
                fs::copy_options::overwrite_existing);
  fs::copy_file(directory / "log", two / "config.sqlite-wal");
  const auto restored = run(backup, two, true);
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_FALSE(fs::exists(two / "config.sqlite-wal"));
  EXPECT_EQ(user_in(two), "anna");
  const fs::path three = directory / "three";
  ASSERT_TRUE(run(restored->kept, three));
  EXPECT_EQ(user_in(three), "aaron");
}

TEST_F(Restore, MovesADamagedPlantAwayThatCannotBeBackedUp) {
  make_plant(one, "anna");
  make_plant(two, "otto");
  std::ofstream(two / "config.sqlite") << std::string(8192, 'x');
  const auto restored = run(backup_of(one), two, true);
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_NE(restored->kept_because, "");
  EXPECT_EQ(fs::file_size(restored->kept / "config.sqlite"), 8192u);
  EXPECT_EQ(read(restored->kept / "secret"), "secret of otto");
  EXPECT_EQ(user_in(two), "anna");
}

TEST_F(Restore, RefusesADirectoryOfSomethingElseAndAFile) {
  make_plant(one, "anna");
  fs::create_directory(two);
  std::ofstream(two / "letter.txt") << "dear";
  EXPECT_THAT(run(backup_of(one), two, true).error().message, HasSubstr("no data directory"));
  EXPECT_THAT(names_in(two), ElementsAre("letter.txt"));
  EXPECT_THAT(run(backup_of(one), two / "letter.txt").error().message, HasSubstr("is a file"));
}

TEST_F(Restore, RefusesWhileAServerHasTheDirectory) {
  make_plant(one, "anna");
  make_plant(two, "otto");
  const auto server = DataDirectory::open(two);
  const auto refused = run(backup_of(one), two, true);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
  EXPECT_EQ(user_in(two), "otto");
}

TEST_F(Restore, OfADamagedBackupChangesNothing) {
  make_plant(one, "anna");
  make_plant(two, "otto");
  const fs::path backup = backup_of(one);
  fs::resize_file(backup, fs::file_size(backup) - 100);
  EXPECT_FALSE(run(backup, directory / "new"));
  EXPECT_FALSE(fs::exists(directory / "new"));
  const auto before = names_in(two);
  EXPECT_EQ(run(backup, two, true).error().code, ErrorCode::corrupt);
  EXPECT_EQ(names_in(two), before);
  EXPECT_EQ(user_in(two), "otto");
}

TEST_F(Restore, RefusesADatabaseThatIsNewerDamagedOrNone) {
  make_plant(one, "anna");
  execute(one / "config.sqlite", "INSERT INTO schema_migrations VALUES (99, 'later', 0)");
  const auto newer = run(backup_of(one), two);
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().code, ErrorCode::conflict);
  EXPECT_THAT(newer.error().message, HasSubstr("schema 99, this one knows"));
  EXPECT_FALSE(fs::exists(two));
}

TEST_F(Restore, OfAnOlderSchemaIsMigratedAtTheStart) {
  const auto data = DataDirectory::open(one);
  ASSERT_TRUE(
      store::Database::open(one / "config.sqlite", kNow, {.backup_directory = {}, .schema = 3}));
  const auto restored = run(backup_of(one), two);
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->manifest.schema, 3);
  EXPECT_EQ(store::Database::open(two / "config.sqlite", kNow).value()->schema(),
            store::Database::newest_schema());
}

TEST_F(Restore, RemovesWhatAKilledOneLeft) {
  make_plant(one, "anna");
  make_plant(two, "otto");
  fs::create_directories(two / ".restoring-Ab12Cd/tls");
  ASSERT_TRUE(run(backup_of(one), two, true));
  EXPECT_FALSE(fs::exists(two / ".restoring-Ab12Cd"));
}

}  // namespace
}  // namespace tagwerk::app
