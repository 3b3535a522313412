#include "auth/database_accounts.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace tagwerk::auth {
namespace {

static_assert(std::is_same_v<UserId, store::UserId>);

store::User to_row(const Account& account) {
  return {.id = account.id,
          .name = account.name,
          .password_hash = account.password_hash,
          .full_name = account.full_name,
          .email = account.email,
          .disabled = account.disabled,
          .created = account.created};
}

/// The store says "" for everywhere.
std::vector<store::Grant> to_rows(const Account& account) {
  std::vector<store::Grant> out;
  for (const AccountGrant& grant : account.grants)
    out.push_back({account.id, grant.role, grant.subtree == "/" ? "" : grant.subtree});
  return out;
}

Account from_row(store::User& row) {
  return {.id = row.id,
          .name = std::move(row.name),
          .password_hash = std::move(row.password_hash),
          .full_name = std::move(row.full_name),
          .email = std::move(row.email),
          .disabled = row.disabled,
          .created = row.created,
          .grants = {}};
}

/// A token is found by its hash: who reads the database learns nothing to log in with.
store::RefreshToken to_row(const RefreshToken& token) {
  return {.id = token.hash,
          .user = token.user,
          .family = token.family,
          .hash = token.hash,
          .issued = token.issued,
          .expires = token.expires,
          .revoked = {}};
}

}  // namespace

Result<std::vector<Account>> DatabaseAccounts::accounts() {
  auto rows = users_.users();
  if (!rows) return std::unexpected(rows.error());
  const auto grants = users_.grants();
  if (!grants) return std::unexpected(grants.error());
  std::vector<Account> out;
  for (store::User& row : *rows) {
    Account& account = out.emplace_back(from_row(row));
    for (const auto& grant : std::ranges::equal_range(*grants, account.id, {}, &store::Grant::user))
      account.grants.push_back({grant.role, grant.subtree.empty() ? "/" : grant.subtree});
  }
  return out;
}

Result<std::vector<Role>> DatabaseAccounts::roles() {
  const auto rows = users_.roles();
  if (!rows) return std::unexpected(rows.error());
  std::vector<Role> out;
  for (const store::Role& row : *rows) {
    if (auto role = make_role(row.name, row.rights))
      out.push_back(std::move(*role));
    else
      base::logger("auth")->warn("role '{}' gives no rights: {}", row.name, role.error().message);
  }
  return out;
}

Result<UserId> DatabaseAccounts::add(const Account& account) {
  const auto added = users_.add(to_row(account), to_rows(account));
  if (!added) return std::unexpected(added.error());
  return added->id;
}

Result<UserId> DatabaseAccounts::add_first(const Account& account,
                                           const std::optional<std::string>& setup_token_hash,
                                           UtcTime now) {
  const auto added = users_.add_first(to_row(account), to_rows(account), setup_token_hash, now);
  if (!added) return std::unexpected(added.error());
  return added->id;
}

Status DatabaseAccounts::set_setup_token(std::string_view hash, UtcTime expires) {
  return tokens_.set_setup_token(hash, expires);
}

Status DatabaseAccounts::update(const Account& account) {
  return users_.update(to_row(account), to_rows(account));
}

Status DatabaseAccounts::remove(UserId user) {
  return users_.remove(user);
}

Status DatabaseAccounts::add_refresh(const RefreshToken& token) {
  return tokens_.add(to_row(token));
}

Result<std::optional<RefreshToken>> DatabaseAccounts::find_refresh(std::string_view hash) {
  auto row = tokens_.find(hash);
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  return RefreshToken{.hash = std::move((*row)->hash),
                      .family = std::move((*row)->family),
                      .user = (*row)->user,
                      .issued = (*row)->issued,
                      .expires = (*row)->expires,
                      .revoked = (*row)->revoked.has_value()};
}

Status DatabaseAccounts::rotate_refresh(std::string_view old_hash, const RefreshToken& next,
                                        UtcTime now) {
  const auto rotated = tokens_.rotate(old_hash, to_row(next), now);
  if (!rotated) return std::unexpected(rotated.error());
  if (*rotated) return {};
  return fail(ErrorCode::conflict, "the refresh token was used meanwhile; log in again");
}

Status DatabaseAccounts::revoke_family(std::string_view family, UtcTime now) {
  return tokens_.revoke_family(family, now);
}

Status DatabaseAccounts::revoke_user(UserId user, UtcTime now) {
  return tokens_.revoke_all_of(user, now);
}

Status DatabaseAccounts::remove_expired_refresh(UtcTime now) {
  return tokens_.remove_expired(now);
}

}  // namespace tagwerk::auth
