#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "store/user_store.hpp"

namespace tagwerk::store {

/// A long-lived token that buys short ones. All that came from one login are one family: when a
/// used one comes back, somebody has a copy, and the family ends.
struct RefreshToken {
  std::string id;
  UserId user = 0;
  std::string family;
  std::string hash;  ///< never the token itself
  UtcTime issued = kNever;
  UtcTime expires = kNever;
  std::optional<UtcTime> revoked;
  bool operator==(const RefreshToken&) const = default;
};

/// Tokens that can be taken back: refresh tokens and the one-time setup token. Rows only; making
/// and checking tokens is src/auth's.
/// Threads: the owner of the Database
/// Fails: every function: io, unavailable, corrupt as Database; nothing is changed then
class TokenStore {
 public:
  explicit TokenStore(Database& database) : database_(database) {}

  /// Fails: already_exists; not_found when there is no such user
  Status add(const RefreshToken& token);
  Result<std::optional<RefreshToken>> find(std::string_view id);
  /// In one transaction `used` is revoked and `next` added. False, and nothing done, when `used`
  /// was revoked before or does not exist: two at once cannot both win.
  Result<bool> rotate(std::string_view used, const RefreshToken& next, UtcTime now);
  Status revoke(std::string_view id, UtcTime now);
  Status revoke_family(std::string_view family, UtcTime now);
  Status revoke_all_of(UserId user, UtcTime now);
  /// Those that ended as a whole, not by rotation, at this time or later.
  Result<std::vector<std::string>> families_revoked_since(UtcTime since);
  /// Forgets what has expired before this time.
  Status remove_expired(UtcTime before);

  /// Replaces every setup token there was.
  Status set_setup_token(std::string_view hash, UtcTime expires);

 private:
  Database& database_;
};

}  // namespace tagwerk::store
