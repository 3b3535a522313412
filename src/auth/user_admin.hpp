#pragma once

#include "auth/account_rules.hpp"

namespace tagwerk::auth {

struct NewUser {
  std::string name{};
  std::string password_hash{};
  std::string role = "viewer";
  std::string subtree = "/";
  std::string full_name{};
  std::string email{};
  std::optional<std::vector<AccountGrant>> grants{};  ///< instead of role and subtree
};

/// What is named is changed.
struct UserChange {
  std::optional<std::string> password_hash{};
  std::optional<std::string> role{};  ///< replaces all grants by this role in `subtree` or "/"
  std::optional<std::string> subtree{};
  std::optional<std::vector<AccountGrant>> grants{};  ///< instead of role and subtree
  std::optional<std::string> full_name{};
  std::optional<std::string> email{};
  std::optional<bool> disabled{};
};

/// The rules of users on top of their store: names, roles, subtrees, the last administrator; and
/// that nobody gives, or takes over with an account, rights that he does not have. Works without a
/// server: `tagwerk user add` uses it on the data directory.
/// Threads: the store's        Blocks: database calls, never hashing
class UserAdmin {
 public:
  explicit UserAdmin(AccountStore& store, By by = nullptr) : store_(store), by_(std::move(by)) {}

  Result<std::vector<Account>> list() { return store_.accounts(); }
  /// Fails: not_found
  Result<Account> get(UserId user);
  Result<Account> get(std::string_view name);
  /// Fails: invalid_argument for the name, role, subtree or hash; already_exists, also when a key
  /// has the name; permission_denied
  Result<Account> add(const NewUser& user, UtcTime now);
  /// The first user, an administrator.
  /// Fails: conflict when there is a user; unauthenticated for a setup token that is not good; as
  /// add
  Result<Account> add_first(std::string name, std::string password_hash,
                            const std::optional<std::string>& setup_token_hash, UtcTime now);
  /// A new password and `disabled` revoke the user's refresh tokens.
  /// Fails: not_found; invalid_argument; conflict for the last administrator; permission_denied
  Result<Account> change(UserId user, const UserChange& change, UtcTime now);
  /// Fails: not_found; conflict for the last administrator; permission_denied
  Status remove(UserId user);

 private:
  /// Fails: conflict when no enabled administrator is left once `without` is as `then` (or gone)
  Status keep_an_administrator(UserId without, const Account* then);
  Status check_free(std::string_view name);
  Result<Account> prepared(const NewUser& user, UtcTime now);
  /// The account as it is to be.
  Result<Account> changed(const Account& account, const UserChange& change);

  AccountStore& store_;
  const By by_;
};

/// 1 to 64 bytes of UTF-8 without control characters, `:` and blanks at the ends.
/// Fails: invalid_argument, saying what is wrong
Status check_user_name(std::string_view name);

}  // namespace tagwerk::auth
