#pragma once

#include <cstdint>

#include "base/error.hpp"
#include "base/time.hpp"

namespace tagwerk::store {

class Database;

/// What a configuration database holds, in numbers.
struct DatabaseSummary {
  std::uint64_t revision = 0;
  std::uint64_t users = 0;
  std::uint64_t tags = 0;  ///< those in use, types' tags included
  std::uint64_t audit_entries = 0;
};

/// Of a database of any schema, also an older one: what it does not know yet counts as none.
/// Threads: the owner of the Database
/// Fails: as Database
Result<DatabaseSummary> summarize(Database& database);
/// When it was made: its first migration ran. That goes along with every copy.
Result<UtcTime> made_at(Database& database);

}  // namespace tagwerk::store
