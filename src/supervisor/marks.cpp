#include "supervisor/marks.hpp"

#include <sqlite3.h>

namespace tagwerk::supervisor {
namespace {

struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

Statement prepare(sqlite3* database, const char* sql) {
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(database, sql, -1, &statement, nullptr);
  return Statement(statement);
}

}  // namespace

Result<std::unique_ptr<MarkStore>> MarkStore::open(const std::string& file) {
  sqlite3* database = nullptr;
  const int opened = sqlite3_open(file.c_str(), &database);
  std::unique_ptr<MarkStore> store(new MarkStore(database, file));
  if (opened != SQLITE_OK) return store->failed("cannot open");
  sqlite3_busy_timeout(database, 2000);
  for (const char* sql :
       {"PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL",
        "CREATE TABLE IF NOT EXISTS mark(producer TEXT PRIMARY KEY, epoch INTEGER NOT NULL, "
        "sequence INTEGER NOT NULL)"})
    if (auto done = store->run(sql); !done) return std::unexpected(done.error());
  return store;
}

MarkStore::~MarkStore() {
  sqlite3_close(database_);
}

std::unexpected<Error> MarkStore::failed(std::string_view what) const {
  const int code = sqlite3_errcode(database_);
  const bool corrupt = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
  return fail(corrupt ? ErrorCode::corrupt : ErrorCode::io, "{} '{}': {}{}", what, file_,
              sqlite3_errmsg(database_),
              corrupt ? "; move the file away, producers then send what they still hold" : "");
}

Status MarkStore::run(const char* sql) {
  if (sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
    return failed("cannot use");
  return {};
}

Result<Marks> MarkStore::load() {
  const Statement query = prepare(database_, "SELECT producer, epoch, sequence FROM mark");
  if (!query) return failed("cannot read");
  Marks marks;
  int step = 0;
  while ((step = sqlite3_step(query.get())) == SQLITE_ROW) {
    const auto* name = reinterpret_cast<const char*>(sqlite3_column_text(query.get(), 0));
    marks[name == nullptr ? "" : name] = {
        static_cast<std::uint64_t>(sqlite3_column_int64(query.get(), 1)),
        static_cast<std::uint64_t>(sqlite3_column_int64(query.get(), 2))};
  }
  if (step != SQLITE_DONE) return failed("cannot read");
  return marks;
}

Status MarkStore::save(const Marks& marks) {
  if (auto begun = run("BEGIN IMMEDIATE"); !begun) return begun;
  const Statement insert =
      prepare(database_, "INSERT OR REPLACE INTO mark(producer, epoch, sequence) VALUES(?, ?, ?)");
  bool good = insert != nullptr;
  for (const auto& [name, mark] : marks) {
    if (!good) break;
    sqlite3_bind_text(insert.get(), 1, name.c_str(), -1, SQLITE_TRANSIENT);
    sqlite3_bind_int64(insert.get(), 2, static_cast<std::int64_t>(mark.epoch));
    sqlite3_bind_int64(insert.get(), 3, static_cast<std::int64_t>(mark.sequence));
    good = sqlite3_step(insert.get()) == SQLITE_DONE;
    sqlite3_reset(insert.get());
  }
  if (!good) {
    const auto error = failed("cannot write");
    sqlite3_exec(database_, "ROLLBACK", nullptr, nullptr, nullptr);
    return error;
  }
  if (auto committed = run("COMMIT"); !committed) {
    sqlite3_exec(database_, "ROLLBACK", nullptr, nullptr, nullptr);
    return committed;
  }
  return {};
}

}  // namespace tagwerk::supervisor
