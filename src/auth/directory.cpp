#include "auth/directory.hpp"

#include <algorithm>

#include "auth/crypto.hpp"
#include "auth/password.hpp"
#include "base/log.hpp"

namespace tagwerk::auth {
namespace {

/// Says nothing about the hash that could help to guess the password: the salt is not in it.
std::string stamp_of(const Account& account) {
  const Digest digest = sha256(account.password_hash);
  return encode_base64url(digest.data(), 6);
}

std::shared_ptr<const Principal> principal_of(const Account& account,
                                              const std::vector<Role>& roles) {
  std::vector<Grant> grants;
  for (const AccountGrant& grant : account.grants) {
    if (const auto role = std::ranges::find(roles, grant.role, &Role::name); role != roles.end())
      grants.push_back({*role, grant.subtree});
    else
      base::logger("auth")->warn("user '{}' has the unknown role '{}', which gives no rights",
                                 account.name, grant.role);
  }
  return std::make_shared<const Principal>(account.id, account.name, std::move(grants));
}

}  // namespace

DirectorySnapshot::DirectorySnapshot(std::vector<Account> accounts, std::vector<Role> roles) {
  roles_.assign(builtin_roles().begin(), builtin_roles().end());
  std::ranges::move(roles, std::back_inserter(roles_));
  std::ranges::sort(accounts, {}, &Account::name);
  for (Account& account : accounts) {
    legacy_about_ = legacy_about_ || is_legacy_hash(account.password_hash);
    by_id_.emplace(account.id, users_.size());
    auto principal = principal_of(account, roles_);
    auto stamp = stamp_of(account);
    users_.push_back({std::move(account), std::move(principal), std::move(stamp)});
  }
}

const DirectorySnapshot::User* DirectorySnapshot::find(UserId user) const {
  const auto at = by_id_.find(user);
  return at == by_id_.end() ? nullptr : &users_[at->second];
}

const DirectorySnapshot::User* DirectorySnapshot::find(std::string_view name) const {
  const auto by_name = [](const User& user) -> std::string_view { return user.account.name; };
  const auto at = std::ranges::lower_bound(users_, name, {}, by_name);
  return at == users_.end() || at->account.name != name ? nullptr : &*at;
}

Status Directory::reload(AccountStore& store) {
  auto accounts = store.accounts();
  if (!accounts) return std::unexpected(accounts.error());
  auto roles = store.roles();
  if (!roles) return std::unexpected(roles.error());
  users_.store(std::make_shared<const DirectorySnapshot>(std::move(*accounts), std::move(*roles)));
  generation_.fetch_add(1, std::memory_order_release);
  return {};
}

void Directory::revoke_session(std::string session, UtcTime until, UtcTime now) {
  auto next = std::make_shared<Revoked>(*revoked_.load());
  std::erase_if(*next, [&](const auto& each) { return each.second <= now; });
  next->insert_or_assign(std::move(session), until);
  revoked_.store(std::move(next));
  generation_.fetch_add(1, std::memory_order_release);
}

bool Directory::is_revoked(const std::string& session) const {
  return revoked_.load()->contains(session);
}

}  // namespace tagwerk::auth
