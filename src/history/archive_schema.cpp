#include "history/archive_schema.hpp"

namespace tagwerk::history {
namespace {

constexpr std::int64_t kApplication = 0x54574849;  // "TWHI"
constexpr std::int64_t kVersion = 1;

// secure_delete, on in Debian's build, would overwrite every journal row that leaves.
constexpr const char* kSettings =
    "PRAGMA page_size=8192;"
    "PRAGMA journal_mode=WAL;"
    "PRAGMA synchronous=FULL;"
    "PRAGMA secure_delete=OFF;"
    "PRAGMA cache_size=-16384;";

constexpr const char* kTables =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE journal(first INTEGER PRIMARY KEY, points INTEGER NOT NULL, data BLOB NOT NULL);"
    "CREATE TABLE piece(id INTEGER PRIMARY KEY, live INTEGER NOT NULL, sealed INTEGER NOT NULL,"
    "  tags BLOB NOT NULL, data BLOB NOT NULL);"
    "CREATE TABLE block(tag INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,"
    "  piece INTEGER NOT NULL, at INTEGER NOT NULL, bytes INTEGER NOT NULL,"
    "  PRIMARY KEY(tag, first)) WITHOUT ROWID;"
    "PRAGMA application_id=1415006281;"
    "PRAGMA user_version=1;"
    "COMMIT;";
static_assert(kApplication == 1415006281);

}  // namespace

Status check_archive(const store::SqliteFile& file) {
  const auto application = file.number("PRAGMA application_id");
  if (!application) return std::unexpected(application.error());
  if (*application != kApplication)
    return fail(ErrorCode::corrupt, "'{}' is a database of another program; move it away",
                file.path().string());
  const auto version = file.number("PRAGMA user_version");
  if (!version) return std::unexpected(version.error());
  if (*version > kVersion)
    return fail(ErrorCode::conflict,
                "'{}' has format {}, this Tagwerk knows up to {}; use the newer Tagwerk",
                file.path().string(), *version, kVersion);
  return {};
}

Status prepare_archive(store::SqliteFile& file) {
  if (auto set = file.run(kSettings); !set) return set;
  const auto tables = file.number("SELECT count(*) FROM sqlite_schema");
  if (!tables) return std::unexpected(tables.error());
  if (*tables == 0)
    if (auto made = file.run(kTables); !made) return made;
  return check_archive(file);
}

}  // namespace tagwerk::history
