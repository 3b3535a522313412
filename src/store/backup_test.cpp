#include "store/backup.hpp"

#include <fcntl.h>
#include <fstream>
#include <future>
#include <gmock/gmock.h>
#include <thread>

#include "base/descriptor.hpp"
#include "store/audit_store.hpp"
#include "store/backup_archive.hpp"
#include "store/backup_for_test.hpp"
#include "store/backups.hpp"
#include "store/database_summary.hpp"
#include "store/store_for_test.hpp"
#include "store/user_store.hpp"

namespace tagwerk::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

class BackupTest : public StoreTest {
 protected:
  BackupTest() { fs::create_directory(directory_ / "backup"); }
  BackupSource source() const { return {directory_, "0.1.0", "30e6cd88", "plant-1.example/\x1b"}; }
  fs::path archive() const { return directory_ / "backup" / "plant.tar.zst"; }
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((directory_ / name).parent_path());
    std::ofstream(directory_ / name) << text;
  }
  static void note(AuditStore& audit, int number) {
    const AuditEntry entry{.at = kNow,
                           .who = "me",
                           .action = "write",
                           .target = "/A",
                           .new_value = std::to_string(number)};
    ASSERT_TRUE(audit.append({&entry, 1}));
  }
  std::vector<std::string> left_in_backup() const {
    std::vector<std::string> out;
    for (const auto& each : fs::directory_iterator(directory_ / "backup"))
      out.push_back(each.path().filename());
    return out;
  }
  /// The archive's files in a new directory.
  fs::path extracted() {
    const fs::path out = directory_ / "out";
    fs::create_directory(out);
    const base::Descriptor in(::open(archive().c_str(), O_RDONLY | O_CLOEXEC));
    EXPECT_TRUE(extract_backup(in.get(), out));
    return out;
  }
};

TEST_F(BackupTest, HoldsDatabaseSecretAndCertificateAndNothingElse) {
  auto database = open();
  UserStore(*database).add({.name = "anna", .password_hash = "x"});
  for (const char* name : {"secret", "tls/certificate.pem", "tls/key.pem", "admin-password",
                           "marks.sqlite", "connectors/plc1/buffer"})
    write(name, std::string("this is ") + name);
  const auto made = make_backup(source(), archive(), kNow);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->manifest.schema, Database::newest_schema());
  EXPECT_EQ(made->manifest.revision, 0u);
  EXPECT_EQ(made->manifest.instance, "30e6cd88");
  EXPECT_EQ(made->manifest.host, "plant-1.example--");
  EXPECT_EQ(made->size, fs::file_size(archive()));
  std::vector<std::string> names;
  for (const auto& file : made->manifest.files)
    names.push_back(file.name);
  EXPECT_THAT(names, ElementsAre("config.sqlite", "secret", "tls/certificate.pem", "tls/key.pem"));
  EXPECT_THAT(left_in_backup(), ElementsAre("plant.tar.zst"));

  const fs::path out = extracted();
  auto copy = Database::open(out / "config.sqlite", kNow);
  ASSERT_TRUE(copy);
  EXPECT_TRUE(*UserStore(**copy).find("anna"));
  std::string secret;
  std::getline(std::ifstream(out / "secret") >> std::ws, secret);
  EXPECT_EQ(secret, "this is secret");
}

TEST_F(BackupTest, IsConsistentWhileTheServerWritesWhichDoesNotWait) {
  std::atomic<bool> over{false};
  std::atomic<std::uint64_t> written{0};
  std::thread writer([&] {
    const auto database = open();
    AuditStore audit(*database);
    // A reader that kept writers out would make one fail after its 5 s.
    for (int i = 0; !over; ++i, ++written)
      note(audit, i);
  });
  while (written < 50)
    std::this_thread::yield();
  const std::uint64_t before = written;
  const auto made = make_backup(source(), archive(), kNow);
  const std::uint64_t after = written + 1;
  over = true;
  writer.join();
  ASSERT_TRUE(made) << made.error().message;
  auto copy = Database::open_to_read(extracted() / "config.sqlite");
  ASSERT_TRUE(copy);
  EXPECT_THAT(*(*copy)->faults(Database::Look::thorough), ElementsAre());
  const auto entries = summarize(**copy)->audit_entries;
  EXPECT_GE(entries, before);
  EXPECT_LE(entries, after);
}

TEST_F(BackupTest, OfAnOlderSchemaIsOfThatSchema) {
  open(3).reset();
  const auto made = make_backup(source(), archive(), kNow);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->manifest.schema, 3);
  EXPECT_EQ(Database::open_to_read(file()).value()->schema(), 3);
  EXPECT_EQ(Database::open(extracted() / "config.sqlite", kNow).value()->schema(),
            Database::newest_schema());
}

TEST_F(BackupTest, LeavesNothingWhenItFails) {
  EXPECT_EQ(make_backup(source(), archive(), kNow).error().code, ErrorCode::not_found);
  open().reset();
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(make_backup(source(), archive(), kNow, stop.get_token()).error().code,
            ErrorCode::unavailable);
  write("secret", std::string(5000, 'x'));
  EXPECT_THAT(make_backup(source(), archive(), kNow).error().message,
              HasSubstr("has more than 4096 bytes"));
  fs::remove(directory_ / "secret");
  fs::create_symlink("/etc/passwd", directory_ / "secret");
  EXPECT_FALSE(make_backup(source(), archive(), kNow));
  fs::remove(directory_ / "secret");
  std::ofstream(file()) << std::string(8192, 'x');
  EXPECT_EQ(make_backup(source(), archive(), kNow).error().code, ErrorCode::corrupt);
  EXPECT_THAT(left_in_backup(), ElementsAre());
}

TEST_F(BackupTest, ReplacesAnOlderOneOnlyWhenItIsWhole) {
  open().reset();
  write("backup/plant.tar.zst", "the one before");
  write("secret", std::string(5000, 'x'));
  EXPECT_FALSE(make_backup(source(), archive(), kNow));
  EXPECT_EQ(fs::file_size(archive()), 14u);
  fs::remove(directory_ / "secret");
  EXPECT_TRUE(make_backup(source(), archive(), kNow));
  EXPECT_GT(fs::file_size(archive()), 14u);
}

TEST_F(BackupTest, IsSpooledWithoutAName) {
  open().reset();
  const auto spooled = spool_backup(source(), kNow);
  ASSERT_TRUE(spooled) << spooled.error().message;
  EXPECT_THAT(left_in_backup(), ElementsAre());
  const auto read = check_backup(file_of(spooled->file->bytes()).get());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, spooled->manifest);
}

TEST_F(BackupTest, WhatAKilledServerLeftIsRemoved) {
  write("backup/.making-Ab12Cd/config.sqlite", "half");
  write("backup/config-schema4.sqlite", "kept");
  remove_unfinished_backups(source());
  EXPECT_THAT(left_in_backup(), ElementsAre("config-schema4.sqlite"));
  fs::remove_all(directory_ / "backup");
  remove_unfinished_backups(source());
}

TEST_F(BackupTest, OnlyOneIsMadeAtATimeAndNoneAfterTheStop) {
  base::Worker worker("backup");
  Backups backups(source(), worker);
  std::promise<void> go;
  std::promise<Status> first;
  auto ready = go.get_future().share();
  const auto slow = [ready](const std::stop_token&) -> Status {
    ready.wait();
    return {};
  };
  ASSERT_TRUE(backups.start(slow, [&](Status done) { first.set_value(std::move(done)); }));
  const auto second = backups.start(slow, [](const Status&) { FAIL(); });
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::conflict);
  go.set_value();
  EXPECT_TRUE(first.get_future().get());

  // Who hears of the end may go on at once.
  std::promise<Status> third;
  std::promise<bool> waits;
  ASSERT_TRUE(backups.start(
      [&](const std::stop_token& stop) -> Status {
        waits.set_value(true);
        while (!stop.stop_requested())
          std::this_thread::yield();
        return fail(ErrorCode::unavailable, "stopped");
      },
      [&](Status done) { third.set_value(std::move(done)); }));
  waits.get_future().get();
  backups.stop();
  EXPECT_FALSE(third.get_future().get());
  EXPECT_EQ(backups.start(slow, [](const Status&) { FAIL(); }).error().code,
            ErrorCode::unavailable);
}

}  // namespace
}  // namespace tagwerk::store
