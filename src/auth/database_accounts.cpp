#include "auth/database_accounts.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace tagwerk::auth {
namespace {

static_assert(std::is_same_v<UserId, store::UserId>);
static_assert(std::is_same_v<KeyId, store::KeyId>);

/// The store says "" for everywhere.
std::string to_row_subtree(const std::string& subtree) {
  return subtree == "/" ? "" : subtree;
}
std::string from_row_subtree(const std::string& subtree) {
  return subtree.empty() ? "/" : subtree;
}

store::User to_row(const Account& account) {
  return {.id = account.id,
          .name = account.name,
          .password_hash = account.password_hash,
          .full_name = account.full_name,
          .email = account.email,
          .disabled = account.disabled,
          .created = account.created};
}

std::vector<store::Grant> to_rows(const Account& account) {
  std::vector<store::Grant> out;
  for (const AccountGrant& grant : account.grants)
    out.push_back({account.id, grant.role, to_row_subtree(grant.subtree)});
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

store::ServiceKey to_row(const ServiceKey& key) {
  store::ServiceKey out{.id = key.id,
                        .name = key.name,
                        .description = key.description,
                        .hash = key.hash,
                        .created = key.created,
                        .created_by = key.created_by,
                        .expires = key.expires};
  for (const AccountGrant& grant : key.grants)
    out.grants.push_back({grant.role, to_row_subtree(grant.subtree)});
  return out;
}

ServiceKey from_row(store::ServiceKey&& row) {
  ServiceKey out{.id = row.id,
                 .name = std::move(row.name),
                 .description = std::move(row.description),
                 .hash = std::move(row.hash),
                 .created = row.created,
                 .created_by = std::move(row.created_by),
                 .expires = row.expires,
                 .last_used = row.last_used,
                 .revoked = row.revoked};
  for (const store::KeyGrant& grant : row.grants)
    out.grants.push_back({grant.role, from_row_subtree(grant.subtree)});
  return out;
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
      account.grants.push_back({grant.role, from_row_subtree(grant.subtree)});
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

Status DatabaseAccounts::set_role(const Role& role) {
  return users_.set_role({role.name, right_names(role.rights, role.named)});
}

Status DatabaseAccounts::remove_role(std::string_view name) {
  return users_.remove_role(name);
}

Result<std::vector<ServiceKey>> DatabaseAccounts::keys() {
  auto rows = keys_.keys();
  if (!rows) return std::unexpected(rows.error());
  std::vector<ServiceKey> out;
  for (store::ServiceKey& row : *rows)
    out.push_back(from_row(std::move(row)));
  return out;
}

Result<KeyId> DatabaseAccounts::add_key(const ServiceKey& key) {
  const auto added = keys_.add(to_row(key));
  if (!added) return std::unexpected(added.error());
  return added->id;
}

Status DatabaseAccounts::revoke_key(KeyId key, UtcTime now) {
  return keys_.revoke(key, now);
}

Status DatabaseAccounts::set_key_used(KeyId key, UtcTime at) {
  return keys_.set_last_used(key, at);
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

Result<std::vector<std::string>> DatabaseAccounts::families_ended_since(UtcTime since) {
  return tokens_.families_revoked_since(since);
}

Status DatabaseAccounts::remove_expired_refresh(UtcTime now) {
  return tokens_.remove_expired(now);
}

}  // namespace tagwerk::auth
