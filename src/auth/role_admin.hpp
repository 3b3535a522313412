#pragma once

#include "auth/account_rules.hpp"

namespace tagwerk::auth {

struct NewRole {
  std::string name{};
  std::vector<std::string> rights{};
};

/// The rules of roles that somebody makes, on top of their store.
/// Threads: the store's        Blocks: database calls
/// Limits:  200 roles
class RoleAdmin {
 public:
  explicit RoleAdmin(AccountStore& store, By by = nullptr) : store_(store), by_(std::move(by)) {}

  /// Fails: invalid_argument for the name, a right that does not exist or none at all;
  /// already_exists; conflict for too many; permission_denied for rights `by` lacks
  Result<Role> add(const NewRole& wanted);
  /// Holds at once for everybody who has it.
  /// Fails: as add; not_found; conflict for a built-in one
  Result<Role> change(const NewRole& wanted);
  /// Fails: not_found; conflict for a built-in one, and while a user or key has it, naming them
  Result<Role> remove(std::string_view name);

 private:
  Result<Role> prepared(const NewRole& wanted);
  Result<Role> made(std::string_view name);
  Status check_unused(std::string_view name);

  AccountStore& store_;
  const By by_;
};

}  // namespace tagwerk::auth
