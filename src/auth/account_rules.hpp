#pragma once

#include <memory>
#include <span>

#include "auth/account.hpp"
#include "auth/principal.hpp"

namespace tagwerk::auth {

/// What users, keys and roles have in common when somebody makes or changes them.
/// Threads: the store's        Blocks: database calls

/// Who does it; null is the owner of the data directory, who may do everything.
using By = std::shared_ptr<const Principal>;

/// 1 to 64 bytes of UTF-8 without control characters, `:` and blanks at the ends. `what` it names:
/// "user name".
/// Fails: invalid_argument, saying what is wrong
Status check_name(std::string_view what, std::string_view name);
/// UTF-8 without control characters, at most 200 bytes.
/// Fails: invalid_argument
Status check_text(std::string_view what, std::string_view text);

/// The built-in roles and those that were made.
Result<std::vector<Role>> every_role(AccountStore& store);
/// The grant in canonical form: the bus's role names become ours.
/// Fails: invalid_argument for a role that does not exist or a bad path
Result<AccountGrant> make_grant(std::span<const Role> roles, const AccountGrant& wanted);
/// All of them, none twice.
/// Fails: as make_grant; invalid_argument for more than 64
Result<std::vector<AccountGrant>> make_grants(std::span<const Role> roles,
                                              std::span<const AccountGrant> wanted);

/// Nobody gives away what he does not have himself, so the right `users` alone is no way to all the
/// others.
/// Fails: permission_denied, naming the first right that is missing
Status may_give(const By& by, const Role& role, std::string_view subtree);
/// Roles that do not exist (any more) give nothing.
Status may_give(const By& by, std::span<const Role> roles, std::span<const AccountGrant> grants);

}  // namespace tagwerk::auth
