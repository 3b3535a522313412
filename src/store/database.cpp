#include "store/database.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "base/log.hpp"
#include "store/dialect.hpp"
#include "store/migration.hpp"
#include "store/query.hpp"

namespace tagwerk::store {
namespace {

namespace fs = std::filesystem;

/// Closes on leaving.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

/// The database holds password hashes: its file is nobody else's before a byte is in it. SQLite
/// gives its log files the same mode.
Status create_private(const fs::path& file, int flags) {
  const Descriptor fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | flags, 0600));
  if (fd.get() < 0) return base::fail_errno("cannot open '" + file.string() + "'");
  return {};
}

Status sync_file(const fs::path& file, int flags) {
  const Descriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | flags));
  if (fd.get() < 0 || ::fsync(fd.get()) != 0)
    return base::fail_errno("cannot make '" + file.string() + "' durable");
  return {};
}

std::string backup_name(int schema, UtcTime now) {
  std::string time = base::to_rfc3339(now);
  std::erase_if(time, [](char c) { return c == ':' || c == '-'; });
  return fmt::format("config-schema{}-{}.sqlite", schema, time);
}

void apply_migration(soci::session& sql, const Dialect& dialect, int number,
                     const Migration& migration, UtcTime now) {
  soci::transaction transaction(sql);
  for (const auto statement : migration.statements)
    sql << for_dialect(statement, dialect);
  const std::string name(migration.name);
  const long long at = store::number(now);
  sql << "INSERT INTO schema_migrations (number, name, applied_at) VALUES (:n, :name, :at)",
      soci::use(number), soci::use(name), soci::use(at);
  transaction.commit();
}

}  // namespace

Database::Database(fs::path file, const Dialect& dialect)
    : file_(std::move(file)), dialect_(dialect), session_(std::make_unique<soci::session>()) {}

Database::~Database() = default;

Result<std::unique_ptr<Database>> Database::open(const fs::path& file, UtcTime now) {
  return open(file, now, Options{});
}

Result<std::unique_ptr<Database>> Database::open(const fs::path& file, UtcTime now,
                                                 const Options& options) {
  if (file.string().find('"') != std::string::npos)
    return fail(ErrorCode::invalid_argument,
                "the path '{}' holds a quotation mark; use another directory", file.string());
  if (auto made = create_private(file, 0); !made) return std::unexpected(made.error());
  std::unique_ptr<Database> database(new Database(file, sqlite_dialect()));
  if (auto connected = database->connect(); !connected) return std::unexpected(connected.error());
  if (auto migrated = database->migrate(now, options); !migrated)
    return std::unexpected(migrated.error());
  database->owner_.release();
  return database;
}

Status Database::connect() {
  try {
    dialect_.connect(*session_, file_);
    return {};
  } catch (const soci::soci_error& error) {
    return std::unexpected(dialect_.explain(error, "open the configuration", file_));
  }
}

Status Database::check_schema(int newest) {
  return guarded(*this, "read the schema", [&](soci::session& sql) -> Status {
    if (!dialect_.has_table(sql, "schema_migrations")) {
      if (dialect_.is_empty(sql)) return {};
      return fail(ErrorCode::corrupt,
                  "'{}' is a database of another program; name another data directory",
                  file_.string());
    }
    soci::indicator none = soci::i_ok;
    sql << "SELECT max(number) FROM schema_migrations", soci::into(schema_, none);
    if (none == soci::i_null) schema_ = 0;
    if (schema_ <= newest) return {};
    return fail(ErrorCode::conflict,
                "'{}' was written by a newer Tagwerk (schema {}, this one knows {}); install that "
                "version, or restore the copy it made in 'backup' before it migrated",
                file_.string(), schema_, newest);
  });
}

Status Database::migrate(UtcTime now, const Options& options) {
  const auto all = migrations();
  const int newest = options.schema > 0 ? options.schema : static_cast<int>(all.size());
  if (auto checked = check_schema(static_cast<int>(all.size())); !checked) return checked;
  if (schema_ >= newest) return {};
  if (schema_ > 0) {
    const fs::path directory = options.backup_directory.empty() ? file_.parent_path() / "backup"
                                                                : options.backup_directory;
    const fs::path copy = directory / backup_name(schema_, now);
    if (auto copied = copy_to(copy); !copied) return copied;
    base::logger("store")->info("schema {} becomes {}; the database before is kept as '{}'",
                                schema_, newest, copy.string());
  }
  return guarded(*this, "migrate the configuration", [&](soci::session& sql) -> Status {
    if (!dialect_.has_table(sql, "schema_migrations"))
      sql << for_dialect(
          "CREATE TABLE schema_migrations (number {int} NOT NULL PRIMARY KEY, "
          "name {text} NOT NULL, applied_at {int} NOT NULL)",
          dialect_);
    for (; schema_ < newest; ++schema_)
      apply_migration(sql, dialect_, schema_ + 1, all[static_cast<std::size_t>(schema_)], now);
    return {};
  });
}

Status Database::copy_to(const fs::path& file) {
  std::error_code failed;
  if (fs::create_directories(file.parent_path(), failed))
    fs::permissions(file.parent_path(), fs::perms::owner_all, failed);
  if (auto made = create_private(file, O_EXCL); !made) return made;
  Status copied = guarded(*this, "copy the configuration", [&](soci::session& sql) -> Status {
    dialect_.copy_to(sql, file);
    return {};
  });
  if (copied) copied = sync_file(file, 0);
  if (copied) copied = sync_file(file.parent_path(), O_DIRECTORY);
  if (!copied) fs::remove(file, failed);
  return copied;
}

}  // namespace tagwerk::store
