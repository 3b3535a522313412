#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"

namespace tagwerk::store {

class Database;

using LockId = std::uint64_t;

/// A part of the plant that nobody may write to for now.
struct Lock {
  LockId id = 0;  ///< never given to another lock
  std::string path;
  std::string who;    ///< name, for people
  std::string owner;  ///< "user 7", "key 3": for good, whoever gets the name later
  std::string reason;
  UtcTime since = kNever;
  std::optional<UtcTime> until;  ///< empty = until somebody takes it away
  bool operator==(const Lock&) const = default;
};

/// The locks that there are: rows only. What they keep from happening is src/access's.
/// Threads: the owner of the Database
/// Fails: every function: io, unavailable, corrupt as Database; nothing is changed then
class LockStore {
 public:
  explicit LockStore(Database& database) : database_(database) {}

  Result<std::vector<Lock>> locks();  ///< by id
  /// Assigns the id.
  Result<Lock> add(const Lock& lock);
  /// Fails: not_found
  Status remove(LockId lock);

 private:
  Database& database_;
};

}  // namespace tagwerk::store
