#include "store/sqlite_file.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <tuple>
#include <unistd.h>

#include "base/descriptor.hpp"

namespace tagwerk::store {
namespace {

constexpr int kPatienceMs = 5'000;

ErrorCode code_of(int result) {
  switch (result & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorCode::corrupt;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorCode::unavailable;
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY:
      return ErrorCode::permission_denied;
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
      return ErrorCode::internal;
    default:
      return ErrorCode::io;
  }
}

}  // namespace

// --- statements ----------------------------------------------------------------------------------

void SqliteStatement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

SqliteStatement& SqliteStatement::bind(int parameter, std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), parameter, value);
  return *this;
}

SqliteStatement& SqliteStatement::bind(int parameter, std::string_view text) {
  sqlite3_bind_text64(statement_.get(), parameter, text.data(), text.size(), SQLITE_TRANSIENT,
                      SQLITE_UTF8);
  return *this;
}

SqliteStatement& SqliteStatement::bind(int parameter, base::ByteView bytes) {
  // Without a pointer it would be NULL.
  sqlite3_bind_blob64(statement_.get(), parameter,
                      bytes.empty() ? "" : static_cast<const void*>(bytes.data()), bytes.size(),
                      SQLITE_STATIC);
  return *this;
}

Result<bool> SqliteStatement::row() {
  const int result = sqlite3_step(statement_.get());
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) {
    reset();
    return false;
  }
  auto error =
      file_->failed(sqlite3_stmt_readonly(statement_.get()) != 0 ? "cannot read" : "cannot write");
  reset();
  return error;
}

Status SqliteStatement::run() {
  for (;;) {
    const auto more = row();
    if (!more) return std::unexpected(more.error());
    if (!*more) return {};
  }
}

void SqliteStatement::reset() {
  sqlite3_reset(statement_.get());
}

std::int64_t SqliteStatement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

base::ByteView SqliteStatement::bytes(int column) const {
  const void* data = sqlite3_column_blob(statement_.get(), column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return {static_cast<const std::byte*>(data), size};
}

// --- files ---------------------------------------------------------------------------------------

Result<std::unique_ptr<SqliteFile>> SqliteFile::open(const std::filesystem::path& path, Use use) {
  if (use == Use::write) {
    // SQLite would make it with the umask's mode; its WAL takes that of the file.
    const base::Descriptor made(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!made.good())
      return fail(errno == EACCES ? ErrorCode::permission_denied : ErrorCode::io,
                  "cannot open '{}': {}", path.string(), std::strerror(errno));
  } else if (!std::filesystem::exists(path)) {
    return fail(ErrorCode::not_found, "there is no '{}'", path.string());
  }
  sqlite3* database = nullptr;
  const int flags =
      SQLITE_OPEN_NOMUTEX | (use == Use::write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
  const int opened = sqlite3_open_v2(path.c_str(), &database, flags, nullptr);
  std::unique_ptr<SqliteFile> out(new SqliteFile(database, path));
  if (opened != SQLITE_OK) return out->failed("cannot open");
  sqlite3_busy_timeout(database, kPatienceMs);
  sqlite3_extended_result_codes(database, 1);
  return out;
}

SqliteFile::~SqliteFile() {
  sqlite3_close_v2(database_);
}

Status SqliteFile::run(const char* sql) {
  if (sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
    return failed("cannot use");
  return {};
}

Result<SqliteStatement> SqliteFile::prepare(std::string_view sql) const {
  sqlite3_stmt* statement = nullptr;
  const int result = sqlite3_prepare_v3(database_, sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (result != SQLITE_OK) return failed("cannot use");
  SqliteStatement out;
  out.file_ = this;
  out.statement_.reset(statement);
  return out;
}

Result<std::int64_t> SqliteFile::number(std::string_view sql) const {
  auto query = prepare(sql);
  if (!query) return std::unexpected(query.error());
  const auto found = query->row();
  if (!found) return std::unexpected(found.error());
  return *found ? query->integer(0) : 0;
}

std::int64_t SqliteFile::changes() const {
  return sqlite3_changes64(database_);
}

std::unexpected<Error> SqliteFile::failed(std::string_view what) const {
  return fail(code_of(sqlite3_extended_errcode(database_)), "{} '{}': {}", what, path_.string(),
              sqlite3_errmsg(database_));
}

// --- transactions --------------------------------------------------------------------------------

Result<SqliteTransaction> SqliteTransaction::begin(SqliteFile& file) {
  if (auto begun = file.run("BEGIN IMMEDIATE"); !begun) return std::unexpected(begun.error());
  return SqliteTransaction(file);
}

SqliteTransaction::~SqliteTransaction() {
  // A failed statement may have ended the transaction already.
  if (file_ != nullptr) std::ignore = file_->run("ROLLBACK");
}

Status SqliteTransaction::commit() {
  if (auto done = file_->run("COMMIT"); !done) return done;
  file_ = nullptr;
  return {};
}

}  // namespace tagwerk::store
