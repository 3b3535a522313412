#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"

namespace tagwerk::store {

class Database;

using UserId = std::uint64_t;

struct User {
  UserId id = 0;  ///< never given to another user
  std::string name;
  std::string password_hash;  ///< as src/auth wrote it; the store does not look inside
  std::string full_name;
  std::string email;
  bool disabled = false;
  UtcTime created = kNever;
  bool operator==(const User&) const = default;
};

/// A role that a user has in a subtree ("" = everywhere).
struct Grant {
  UserId user = 0;
  std::string role;
  std::string subtree;
  bool operator==(const Grant&) const = default;
};

/// A role that somebody made; the built-in ones are not stored.
struct Role {
  std::string name;
  std::vector<std::string> rights;
  bool operator==(const Role&) const = default;
};

/// Who there is and what they may do: rows only. What a password or a right means is src/auth's.
/// Threads: the owner of the Database
/// Fails: every function: io, unavailable, corrupt as Database; nothing is changed then
class UserStore {
 public:
  explicit UserStore(Database& database) : database_(database) {}

  Result<std::vector<User>> users();  ///< by name
  Result<std::optional<User>> find(std::string_view name);
  /// Assigns the id. Fails: already_exists
  Result<User> add(const User& user);
  /// With the grants, in one transaction.
  Result<User> add(const User& user, const std::vector<Grant>& grants);
  /// The very first user, with his grants, when there is none yet; a setup token's hash is used up
  /// in the same transaction.
  /// Fails: conflict when there is a user already; unauthenticated when the token is unknown, used
  /// or past its time
  Result<User> add_first(const User& user, const std::vector<Grant>& grants,
                         const std::optional<std::string>& setup_token_hash, UtcTime now);
  /// Everything but id and created. Fails: not_found; already_exists when the name is taken
  Status update(const User& user);
  /// With all the grants, in one transaction.
  Status update(const User& user, const std::vector<Grant>& grants);
  /// With grants and tokens. Fails: not_found
  Status remove(UserId user);

  Result<std::vector<Grant>> grants();
  Result<std::vector<Grant>> grants_of(UserId user);
  /// Replaces all that the user had. Fails: not_found
  Status set_grants(UserId user, const std::vector<Grant>& grants);

  Result<std::vector<Role>> roles();  ///< by name
  Status set_role(const Role& role);
  /// Fails: not_found; conflict while a user, or a key that is not revoked, has it
  Status remove_role(std::string_view name);

 private:
  Database& database_;
};

}  // namespace tagwerk::store
