#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/assert.hpp"
#include "base/error.hpp"
#include "base/time.hpp"

namespace soci {
class session;
}

namespace tagwerk::store {

class Dialect;

/// The configuration database: one open connection that has the schema this program knows.
/// ConfigurationStore, UserStore and AuditStore work on it; they keep a reference.
/// Threads: one thread owns it (asserted from the first use after open on)
/// Blocks: on the disk; every change is durable (WAL, synchronous=FULL) before its call returns
/// On disk: docs/formats/config.md
class Database {
 public:
  struct Options {
    /// Where a copy goes before an existing database is migrated; empty = "backup" beside it.
    std::filesystem::path backup_directory;
    /// For tests: stop at this schema; 0 = the newest.
    int schema = 0;
  };

  /// Opens DATA/config.sqlite, makes it (mode 0600) when it is not there, and migrates it.
  /// Fails: conflict when a newer Tagwerk wrote it; corrupt when it is no database of ours; io,
  /// permission_denied. After a failed migration the file is as before.
  static Result<std::unique_ptr<Database>> open(const std::filesystem::path& file, UtcTime now,
                                                const Options& options);
  static Result<std::unique_ptr<Database>> open(const std::filesystem::path& file, UtcTime now);
  /// Opens an existing one of any schema, to look at it and copy it; also while a server works on
  /// it. What would change it fails.
  /// Fails: not_found; corrupt when it is no database of ours; io, permission_denied
  static Result<std::unique_ptr<Database>> open_to_read(const std::filesystem::path& file);
  ~Database();

  /// The one this program migrates to.
  static int newest_schema();
  /// Number of the last migration that was applied.
  int schema() const { return schema_; }
  const std::filesystem::path& file() const { return file_; }
  /// The copy that was made before a migration; empty when nothing was migrated.
  const std::filesystem::path& copy_before() const { return copy_before_; }

  /// A consistent copy in a new file (mode 0600), durable; readers and writers are not held up.
  /// Fails: already_exists, io; unavailable soon after a stop is asked for; nothing is left behind
  /// then
  Status copy_to(const std::filesystem::path& file, const std::stop_token& stop = {});

  enum class Look : std::uint8_t { quick, thorough };
  /// What is wrong with the file, at most ten sentences; none = sound. A thorough look takes
  /// several times as long: it also compares indexes with their tables. Fails: corrupt when not
  /// even that can be said; io
  Result<std::vector<std::string>> faults(Look look);

  /// For the stores of this folder.
  soci::session& session() {
    TAGWERK_ASSERT_THREAD(owner_);
    return *session_;
  }
  const Dialect& dialect() const { return dialect_; }

 private:
  Database(std::filesystem::path file, const Dialect& dialect);
  enum class Use : std::uint8_t { everything, reading };
  Status connect(Use use);
  Status migrate(UtcTime now, const Options& options);
  Status read_schema(Use use);
  Status check_schema(int newest) const;

  std::filesystem::path file_;
  const Dialect& dialect_;
  std::unique_ptr<soci::session> session_;
  int schema_ = 0;
  std::filesystem::path copy_before_;
  base::ThreadBound owner_;
};

}  // namespace tagwerk::store
