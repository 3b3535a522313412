#include "store/database.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "base/descriptor.hpp"
#include "base/log.hpp"
#include "base/new_file.hpp"
#include "store/dialect.hpp"
#include "store/migration.hpp"
#include "store/query.hpp"

namespace tagwerk::store {
namespace {

namespace fs = std::filesystem;

/// The database holds password hashes: its file is nobody else's before a byte is in it. SQLite
/// gives its log files the same mode.
Status create_private(const fs::path& file, int flags) {
  const base::Descriptor fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | flags, 0600));
  if (!fd.good()) return base::fail_errno("cannot open '" + file.string() + "'");
  return {};
}

Status sync_file(const fs::path& file) {
  const base::Descriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.good() || ::fsync(fd.get()) != 0)
    return base::fail_errno("cannot make '" + file.string() + "' durable");
  return {};
}

Status check_path(const fs::path& file) {
  if (file.string().find('"') == std::string::npos) return {};
  return fail(ErrorCode::invalid_argument,
              "the path '{}' holds a quotation mark; use another directory", file.string());
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
  if (auto checked = check_path(file); !checked) return std::unexpected(checked.error());
  if (auto made = create_private(file, 0); !made) return std::unexpected(made.error());
  std::unique_ptr<Database> database(new Database(file, sqlite_dialect()));
  if (auto connected = database->connect(Use::everything); !connected)
    return std::unexpected(connected.error());
  if (auto migrated = database->migrate(now, options); !migrated)
    return std::unexpected(migrated.error());
  database->owner_.release();
  return database;
}

Result<std::unique_ptr<Database>> Database::open_to_read(const fs::path& file) {
  if (auto checked = check_path(file); !checked) return std::unexpected(checked.error());
  std::error_code error;
  if (!fs::exists(file, error))
    return fail(ErrorCode::not_found, "there is no database '{}'", file.string());
  std::unique_ptr<Database> database(new Database(file, sqlite_dialect()));
  for (const auto step : {&Database::connect, &Database::read_schema})
    if (auto done = (database.get()->*step)(Use::reading); !done)
      return std::unexpected(done.error());
  database->owner_.release();
  return database;
}

int Database::newest_schema() {
  return static_cast<int>(migrations().size());
}

Status Database::connect(Use use) {
  try {
    if (use == Use::reading)
      dialect_.connect_to_read(*session_, file_);
    else
      dialect_.connect(*session_, file_);
    return {};
  } catch (const soci::soci_error& error) {
    return std::unexpected(dialect_.explain(error, "open the configuration", file_));
  }
}

/// An empty file is a database that is yet to be filled, and none to be read.
Status Database::read_schema(Use use) {
  return guarded(*this, "read the schema", [&](soci::session& sql) -> Status {
    if (!dialect_.has_table(sql, "schema_migrations")) {
      if (use == Use::everything && dialect_.is_empty(sql)) return {};
      return fail(ErrorCode::corrupt,
                  "'{}' is a database of another program; name another data directory",
                  file_.string());
    }
    soci::indicator none = soci::i_ok;
    sql << "SELECT max(number) FROM schema_migrations", soci::into(schema_, none);
    if (none == soci::i_null) schema_ = 0;
    return {};
  });
}

Status Database::check_schema(int newest) const {
  if (schema_ <= newest) return {};
  return fail(ErrorCode::conflict,
              "'{}' was written by a newer Tagwerk (schema {}, this one knows {}); install that "
              "version, or restore the copy it made in 'backup' before it migrated",
              file_.string(), schema_, newest);
}

Status Database::migrate(UtcTime now, const Options& options) {
  const auto all = migrations();
  const int newest = options.schema > 0 ? options.schema : newest_schema();
  if (auto read = read_schema(Use::everything); !read) return read;
  if (auto checked = check_schema(newest_schema()); !checked) return checked;
  if (schema_ >= newest) return {};
  if (schema_ > 0) {
    const fs::path directory = options.backup_directory.empty() ? file_.parent_path() / "backup"
                                                                : options.backup_directory;
    copy_before_ = directory / backup_name(schema_, now);
    if (auto copied = copy_to(copy_before_); !copied) return copied;
    base::logger("store")->info("schema {} becomes {}; the database before is kept as '{}'",
                                schema_, newest, copy_before_.string());
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

Status Database::copy_to(const fs::path& file, const std::stop_token& stop) {
  std::error_code failed;
  if (fs::create_directories(file.parent_path(), failed))
    fs::permissions(file.parent_path(), fs::perms::owner_all, failed);
  if (auto made = create_private(file, O_EXCL); !made) return made;
  Status copied = guarded(*this, "copy the configuration", [&](soci::session& sql) -> Status {
    dialect_.copy_to(sql, file, stop);
    return {};
  });
  if (copied) copied = sync_file(file);
  if (copied) copied = base::sync_directory(file.parent_path());
  if (!copied) fs::remove(file, failed);
  return copied;
}

Result<std::vector<std::string>> Database::faults(Look look) {
  return guarded(*this, "check the configuration",
                 [&](soci::session& sql) -> Result<std::vector<std::string>> {
                   return dialect_.faults(sql, look == Look::thorough);
                 });
}

}  // namespace tagwerk::store
