#pragma once

#include "auth/account_rules.hpp"

namespace tagwerk::auth {

struct NewKey {
  std::string name{};
  std::string description{};
  std::vector<AccountGrant> grants{};
  std::optional<UtcTime> expires{};
};

/// A key just made, with the text that nobody sees again.
struct MadeKey {
  ServiceKey key;
  std::string text;
};

/// The rules of service keys on top of their store.
/// Threads: the store's        Blocks: database calls
/// Limits:  1,000 keys that are not revoked; 64 grants each
class KeyAdmin {
 public:
  explicit KeyAdmin(AccountStore& store, By by = nullptr) : store_(store), by_(std::move(by)) {}

  /// A key is not named like a user, for the audit knows both by their names.
  /// Fails: invalid_argument for the name, description, a grant, none at all, an expiry that is
  /// past; already_exists while the name is in use; permission_denied for rights `by` lacks;
  /// conflict for too many
  Result<MadeKey> add(const NewKey& wanted, UtcTime now);
  /// Once revoked it stays so, and its name is free.
  /// Fails: not_found
  Result<ServiceKey> revoke(KeyId key, UtcTime now);

 private:
  Result<ServiceKey> prepared(const NewKey& wanted, UtcTime now);
  Status check_free(std::string_view name);

  AccountStore& store_;
  const By by_;
};

}  // namespace tagwerk::auth
