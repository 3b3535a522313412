#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/jwt.hpp"
#include "auth/rights.hpp"
#include "auth/service_key.hpp"
#include "base/error.hpp"
#include "base/time.hpp"

namespace tagwerk::auth {

/// A user as stored.
struct Account {
  UserId id = 0;
  std::string name{};
  std::string password_hash{};
  std::string full_name{};
  std::string email{};
  bool disabled = false;
  UtcTime created{};
  std::vector<AccountGrant> grants{};
  bool operator==(const Account&) const = default;
};

/// One refresh token. Those that follow one another from one login are a family.
struct RefreshToken {
  std::string hash{};    ///< SHA-256 of the token, hex: the token itself is never stored
  std::string family{};  ///< also the session in the access tokens' jti
  UserId user = 0;
  UtcTime issued{};
  UtcTime expires{};
  bool revoked = false;  ///< used up, or taken back with its whole family
  bool operator==(const RefreshToken&) const = default;
};

/// Where accounts are kept. Each call is one transaction.
/// Threads: the configuration store's thread, or any one thread offline
/// Blocks:  every call
/// Fails:   every call: io, unavailable as the database says
class AccountStore {
 public:
  virtual ~AccountStore() = default;

  virtual Result<std::vector<Account>> accounts() = 0;
  /// Those that somebody made; the built-in ones are not among them.
  virtual Result<std::vector<Role>> roles() = 0;
  /// Also in place of the one that has the name.
  virtual Status set_role(const Role& role) = 0;
  /// Fails: not_found; conflict while somebody has it
  virtual Status remove_role(std::string_view name) = 0;
  /// Fails: already_exists when the name is taken
  virtual Result<UserId> add(const Account& account) = 0;
  /// The very first user; the setup token's hash is used up with it.
  /// Fails: conflict when there is a user; unauthenticated when the token is not good (any more)
  virtual Result<UserId> add_first(const Account& account,
                                   const std::optional<std::string>& setup_token_hash,
                                   UtcTime now) = 0;
  /// Replaces the one there was.
  virtual Status set_setup_token(std::string_view hash, UtcTime expires) = 0;
  /// Replaces everything but id and created, grants included.
  /// Fails: not_found; already_exists when the name is taken
  virtual Status update(const Account& account) = 0;
  /// With grants and refresh tokens.  Fails: not_found
  virtual Status remove(UserId user) = 0;

  /// Revoked ones, too.
  virtual Result<std::vector<ServiceKey>> keys() = 0;
  /// Fails: already_exists while a key of that name is not revoked
  virtual Result<KeyId> add_key(const ServiceKey& key) = 0;
  /// Fails: not_found
  virtual Status revoke_key(KeyId key, UtcTime now) = 0;
  virtual Status set_key_used(KeyId key, UtcTime at) = 0;

  virtual Status add_refresh(const RefreshToken& token) = 0;
  virtual Result<std::optional<RefreshToken>> find_refresh(std::string_view hash) = 0;
  /// Revokes the old one and adds the next, both or neither.
  /// Fails: conflict when the old one was revoked before
  virtual Status rotate_refresh(std::string_view old_hash, const RefreshToken& next,
                                UtcTime now) = 0;
  virtual Status revoke_family(std::string_view family, UtcTime now) = 0;
  virtual Status revoke_user(UserId user, UtcTime now) = 0;
  /// Families that were revoked as a whole at this time or later.
  virtual Result<std::vector<std::string>> families_ended_since(UtcTime since) = 0;
  virtual Status remove_expired_refresh(UtcTime now) = 0;
};

}  // namespace tagwerk::auth
