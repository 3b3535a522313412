#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"

namespace tagwerk::store {

class Database;

using KeyId = std::uint64_t;

/// A role that a key has in a subtree ("" = everywhere).
struct KeyGrant {
  std::string role;
  std::string subtree;
  bool operator==(const KeyGrant&) const = default;
};

/// What a program logs in with.
struct ServiceKey {
  KeyId id = 0;  ///< never given to another key
  std::string name;
  std::string description;
  std::string hash;  ///< never the key itself
  UtcTime created = kNever;
  std::string created_by;
  std::optional<UtcTime> expires;
  std::optional<UtcTime> last_used;
  std::optional<UtcTime> revoked;
  std::vector<KeyGrant> grants;
  bool operator==(const ServiceKey&) const = default;
};

/// Keys of services, revoked ones included: rows only. Making and checking keys is src/auth's.
/// Threads: the owner of the Database
/// Fails: every function: io, unavailable, corrupt as Database; nothing is changed then
class KeyStore {
 public:
  explicit KeyStore(Database& database) : database_(database) {}

  Result<std::vector<ServiceKey>> keys();  ///< by id
  /// Assigns the id. Fails: already_exists while a key of that name is not revoked
  Result<ServiceKey> add(const ServiceKey& key);
  /// One that was revoked before keeps its time. Fails: not_found
  Status revoke(KeyId key, UtcTime now);
  /// Unknown keys are fine.
  Status set_last_used(KeyId key, UtcTime at);

 private:
  Database& database_;
};

}  // namespace tagwerk::store
