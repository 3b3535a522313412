#pragma once

#include <atomic>
#include <filesystem>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <string>
#include <unistd.h>

#include "store/database.hpp"

namespace tagwerk::store {

/// A directory of its own, gone afterwards.
class StoreTest : public testing::Test {
 protected:
  StoreTest() {
    static std::atomic<int> count{0};
    directory_ = std::filesystem::temp_directory_path() /
                 fmt::format("tagwerk-store-{}-{}", ::getpid(), count++);
    std::filesystem::create_directories(directory_);
  }
  ~StoreTest() override { std::filesystem::remove_all(directory_); }

  std::unique_ptr<Database> open(int schema = 0) {
    auto database = Database::open(file(), kNow, {.backup_directory = {}, .schema = schema});
    EXPECT_TRUE(database) << database.error().to_string();
    return database ? std::move(*database) : nullptr;
  }
  std::filesystem::path file() const { return directory_ / "config.sqlite"; }

  /// Runs SQL past the stores, as a fault or another program would.
  void execute(const std::string& sql) {
    sqlite3* raw = nullptr;
    ASSERT_EQ(sqlite3_open(file().c_str(), &raw), SQLITE_OK);
    char* message = nullptr;
    EXPECT_EQ(sqlite3_exec(raw, sql.c_str(), nullptr, nullptr, &message), SQLITE_OK)
        << (message == nullptr ? "" : message);
    sqlite3_free(message);
    sqlite3_close(raw);
  }
  /// From the n-th row on, inserting into the table fails like a full disk.
  void fail_inserts(const std::string& table, int from) {
    execute(
        fmt::format("CREATE TRIGGER broken BEFORE INSERT ON {} WHEN (SELECT count(*) FROM {}) "
                    ">= {} BEGIN SELECT RAISE(ABORT, 'no more'); END",
                    table, table, from));
  }
  void mend() { execute("DROP TRIGGER broken"); }

  static constexpr UtcTime kNow{std::chrono::seconds(1'700'000'000)};

  std::filesystem::path directory_;
};

}  // namespace tagwerk::store
