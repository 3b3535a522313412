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

std::vector<Grant> grants_of(std::string_view who, std::span<const AccountGrant> wanted,
                             const std::vector<Role>& roles) {
  std::vector<Grant> grants;
  for (const AccountGrant& grant : wanted) {
    if (const auto role = std::ranges::find(roles, grant.role, &Role::name); role != roles.end())
      grants.push_back({*role, grant.subtree});
    else
      base::logger("auth")->warn("{} has the unknown role '{}', which gives no rights", who,
                                 grant.role);
  }
  return grants;
}

/// Connections see by the pointer whether somebody's rights changed.
std::shared_ptr<const Principal> keep_if_equal(std::shared_ptr<const Principal> before,
                                               Principal now) {
  if (before != nullptr && *before == now) return before;
  return std::make_shared<const Principal>(std::move(now));
}

std::shared_ptr<const Principal> principal_of(const Account& account,
                                              const std::vector<Role>& roles,
                                              const DirectorySnapshot::User* before) {
  auto grants = grants_of(fmt::format("user '{}'", account.name), account.grants, roles);
  return keep_if_equal(before == nullptr ? nullptr : before->principal,
                       {account.id, account.name, std::move(grants)});
}

std::shared_ptr<const Principal> principal_of(const ServiceKey& key, const std::vector<Role>& roles,
                                              const DirectorySnapshot::Key* before) {
  // The role of a revoked key may be gone.
  std::vector<Grant> grants;
  if (!key.revoked) grants = grants_of(fmt::format("key '{}'", key.name), key.grants, roles);
  return keep_if_equal(before == nullptr ? nullptr : before->principal,
                       {key.id, key.name, std::move(grants), PrincipalKind::key});
}

}  // namespace

DirectorySnapshot::DirectorySnapshot(Content content, const DirectorySnapshot& before) {
  roles_.assign(builtin_roles().begin(), builtin_roles().end());
  std::ranges::move(content.roles, std::back_inserter(roles_));
  std::ranges::sort(content.accounts, {}, &Account::name);
  for (Account& account : content.accounts) {
    legacy_about_ = legacy_about_ || is_legacy_hash(account.password_hash);
    by_id_.emplace(account.id, users_.size());
    auto principal = principal_of(account, roles_, before.find(account.id));
    auto stamp = stamp_of(account);
    users_.push_back({std::move(account), std::move(principal), std::move(stamp)});
  }
  std::ranges::sort(content.keys, {}, &ServiceKey::id);
  for (ServiceKey& key : content.keys) {
    by_hash_.emplace(key.hash, keys_.size());
    const Key* known = before.find_key(key.id);
    auto principal = principal_of(key, roles_, known);
    auto use = known == nullptr ? std::make_shared<KeyUse>(key.last_used) : known->use;
    keys_.push_back({std::move(key), std::move(principal), std::move(use)});
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

const DirectorySnapshot::Key* DirectorySnapshot::find_key(KeyId key) const {
  const auto by_id = [](const Key& each) { return each.record.id; };
  const auto at = std::ranges::lower_bound(keys_, key, {}, by_id);
  return at == keys_.end() || at->record.id != key ? nullptr : &*at;
}

const DirectorySnapshot::Key* DirectorySnapshot::find_key_by_hash(const std::string& hash) const {
  const auto at = by_hash_.find(hash);
  return at == by_hash_.end() ? nullptr : &keys_[at->second];
}

Status Directory::reload(AccountStore& store) {
  auto accounts = store.accounts();
  if (!accounts) return std::unexpected(accounts.error());
  auto roles = store.roles();
  if (!roles) return std::unexpected(roles.error());
  auto keys = store.keys();
  if (!keys) return std::unexpected(keys.error());
  const auto before = content_.load();
  content_.store(std::make_shared<const DirectorySnapshot>(
      DirectorySnapshot::Content{std::move(*accounts), std::move(*roles), std::move(*keys)},
      *before));
  generation_.fetch_add(1, std::memory_order_release);
  return {};
}

void Directory::revoke_sessions(std::span<const std::string> sessions, UtcTime until, UtcTime now) {
  auto next = std::make_shared<Revoked>(*revoked_.load());
  std::erase_if(*next, [&](const auto& each) { return each.second <= now; });
  for (const std::string& session : sessions)
    next->insert_or_assign(session, until);
  revoked_.store(std::move(next));
  generation_.fetch_add(1, std::memory_order_release);
}

bool Directory::is_revoked(const std::string& session) const {
  return revoked_.load()->contains(session);
}

}  // namespace tagwerk::auth
