#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include "store/dialect.hpp"

namespace tagwerk::store {
namespace {

std::string sql_text(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

struct Explanation {
  ErrorCode code;
  std::string_view remedy;
};

Explanation explanation(int result) {
  switch (result & 0xff) {
    case SQLITE_FULL:
      return {ErrorCode::io, "; free space on the disk"};
    case SQLITE_INTERRUPT:
      return {ErrorCode::unavailable, "; it was broken off"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorCode::unavailable, "; another program uses it, try again"};
    case SQLITE_CORRUPT:
      return {ErrorCode::corrupt, "; the file is damaged, restore a backup"};
    case SQLITE_NOTADB:
      return {ErrorCode::corrupt, "; move the file away or name another data directory"};
    case SQLITE_CONSTRAINT:
      return {ErrorCode::already_exists, ""};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      return {ErrorCode::permission_denied, "; check the rights of the file and its directory"};
    case SQLITE_IOERR:
      return {ErrorCode::io, "; check the disk"};
    default:
      return {ErrorCode::internal, ""};
  }
}

/// Breaks off what runs on the connection once a stop is asked for.
class Interruption {
 public:
  Interruption(soci::session& sql, const std::stop_token& stop)
      : connection_(static_cast<soci::sqlite3_session_backend*>(sql.get_backend())->conn_),
        stop_(stop) {
    sqlite_api::sqlite3_progress_handler(connection_, kSteps, &Interruption::wanted, this);
  }
  ~Interruption() { sqlite_api::sqlite3_progress_handler(connection_, 0, nullptr, nullptr); }
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

 private:
  static constexpr int kSteps = 10'000;  ///< of SQLite's machine: well below a millisecond
  static int wanted(void* self) {
    return static_cast<const Interruption*>(self)->stop_.stop_requested() ? 1 : 0;
  }

  sqlite_api::sqlite3* connection_;
  std::stop_token stop_;
};

class SqliteDialect final : public Dialect {
 public:
  void connect(soci::session& sql, const std::filesystem::path& file) const override {
    sql.open(soci::sqlite3, "timeout=5 dbname=\"" + file.string() + "\"");
    std::string mode;
    sql << "PRAGMA journal_mode = WAL", soci::into(mode);
    if (mode != "wal") throw soci::soci_error("write-ahead log refused, journal mode is " + mode);
    sql << "PRAGMA synchronous = FULL";
    sql << "PRAGMA foreign_keys = ON";
    sql << "PRAGMA trusted_schema = OFF";
  }

  void connect_to_read(soci::session& sql, const std::filesystem::path& file) const override {
    sql.open(soci::sqlite3, "readonly=1 timeout=5 dbname=\"" + file.string() + "\"");
    sql << "PRAGMA trusted_schema = OFF";
    sql << "PRAGMA cell_size_check = ON";
  }

  bool has_table(soci::session& sql, const std::string& table) const override {
    int count = 0;
    sql << "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = :name",
        soci::use(table), soci::into(count);
    return count > 0;
  }

  bool is_empty(soci::session& sql) const override {
    int count = 0;
    sql << "SELECT count(*) FROM sqlite_master", soci::into(count);
    return count == 0;
  }

  void copy_to(soci::session& sql, const std::filesystem::path& file,
               const std::stop_token& stop) const override {
    const Interruption interruption(sql, stop);
    sql << "VACUUM INTO " << sql_text(file.string());
  }

  std::vector<std::string> faults(soci::session& sql, bool thorough) const override {
    const soci::rowset<std::string> rows =
        (sql.prepare << (thorough ? "PRAGMA integrity_check(10)" : "PRAGMA quick_check(10)"));
    std::vector<std::string> out(rows.begin(), rows.end());
    if (out == std::vector<std::string>{"ok"}) out.clear();
    return out;
  }

  std::string_view column_type(std::string_view placeholder) const override {
    return placeholder == "int" ? "INTEGER" : "TEXT";
  }

  Error explain(const soci::soci_error& error, std::string_view what,
                const std::filesystem::path& file) const override {
    const auto* own = dynamic_cast<const soci::sqlite3_soci_error*>(&error);
    const auto [code, remedy] = explanation(own == nullptr ? SQLITE_ERROR : own->result());
    return Error{code,
                 fmt::format("cannot {} in '{}': {}{}", what, file.string(),
                             error.get_error_message(), remedy),
                 {}};
  }
};

}  // namespace

const Dialect& sqlite_dialect() {
  static const SqliteDialect dialect;
  return dialect;
}

}  // namespace tagwerk::store
