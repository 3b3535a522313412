#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/error.hpp"

struct sqlite3;
struct sqlite3_stmt;

/// SQLite as it is, for stores with too many rows for SOCI.
namespace tagwerk::store {

class SqliteFile;

/// One prepared statement; its file must outlive it.
/// Threads: that of its file
class SqliteStatement {
 public:
  SqliteStatement() = default;

  /// Parameters count from 1, columns from 0.
  SqliteStatement& bind(int parameter, std::int64_t value);
  SqliteStatement& bind(int parameter, std::string_view text);
  /// The bytes stay with the caller until run() or the next row().
  SqliteStatement& bind(int parameter, base::ByteView bytes);

  /// The next row; false at the end, and the statement can be bound anew.
  /// Fails: as SqliteFile::failed
  Result<bool> row();
  /// To the end, for statements without rows.
  Status run();
  /// Forgets the rest of the rows.
  void reset();

  std::int64_t integer(int column) const;
  /// Valid until the next row(), run() or reset().
  base::ByteView bytes(int column) const;

 private:
  friend class SqliteFile;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };

  const SqliteFile* file_ = nullptr;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// Threads: one thread
/// Owns:    the connection
class SqliteFile {
 public:
  enum class Use : std::uint8_t { write, read };

  /// Makes a file (mode 0600) that is not there, except to read. Others that hold a lock are waited
  /// for 5 s.
  /// Fails: not_found, permission_denied, io, corrupt when it is no SQLite database
  static Result<std::unique_ptr<SqliteFile>> open(const std::filesystem::path& path, Use use);
  ~SqliteFile();
  SqliteFile(const SqliteFile&) = delete;
  SqliteFile& operator=(const SqliteFile&) = delete;

  /// One or more statements, whose rows nobody wants.
  Status run(const char* sql);
  Result<SqliteStatement> prepare(std::string_view sql) const;
  /// The first column of the first row; 0 without rows.
  Result<std::int64_t> number(std::string_view sql) const;
  /// Rows that the last statement changed.
  std::int64_t changes() const;
  const std::filesystem::path& path() const { return path_; }

  /// What SQLite said last: corrupt, io (a full disk too), unavailable when another holds the file.
  std::unexpected<Error> failed(std::string_view what) const;

 private:
  SqliteFile(sqlite3* database, std::filesystem::path path)
      : database_(database), path_(std::move(path)) {}

  sqlite3* database_;
  std::filesystem::path path_;
};

/// Begins a transaction; without commit() it is undone.
class SqliteTransaction {
 public:
  static Result<SqliteTransaction> begin(SqliteFile& file);
  ~SqliteTransaction();
  SqliteTransaction(SqliteTransaction&& other) noexcept
      : file_(std::exchange(other.file_, nullptr)) {}
  SqliteTransaction& operator=(SqliteTransaction&&) = delete;

  /// Durable when it returns.
  Status commit();

 private:
  explicit SqliteTransaction(SqliteFile& file) : file_(&file) {}
  SqliteFile* file_;
};

}  // namespace tagwerk::store
