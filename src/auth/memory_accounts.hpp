#pragma once

#include <algorithm>
#include <map>

#include "auth/account.hpp"

namespace tagwerk::auth {

/// Accounts in memory, for tests and fuzzing: the plain model that the database is compared with.
/// Threads: one
class MemoryAccounts : public AccountStore {
 public:
  Result<std::vector<Account>> accounts() override {
    if (broken) return broken_answer();
    std::vector<Account> out;
    out.reserve(accounts_.size());
    for (const auto& [id, account] : accounts_)
      out.push_back(account);
    return out;
  }
  Result<UserId> add(const Account& account) override {
    if (broken) return broken_answer();
    for (const auto& [id, each] : accounts_)
      if (each.name == account.name)
        return fail(ErrorCode::already_exists, "there is a user named '{}'", account.name);
    const UserId id = ++last_id_;
    accounts_[id] = account;
    accounts_[id].id = id;
    return id;
  }
  Result<std::vector<Role>> roles() override {
    if (broken) return broken_answer();
    return made_roles;
  }
  Status set_role(const Role& role) override {
    if (broken) return broken_answer();
    std::erase_if(made_roles, [&](const Role& each) { return each.name == role.name; });
    made_roles.push_back(role);
    return {};
  }
  Status remove_role(std::string_view name) override {
    if (broken) return broken_answer();
    if (std::erase_if(made_roles, [&](const Role& each) { return each.name == name; }) == 0)
      return fail(ErrorCode::not_found, "no role {}", name);
    return {};
  }
  Result<std::vector<ServiceKey>> keys() override {
    if (broken) return broken_answer();
    return keys_;
  }
  Result<KeyId> add_key(const ServiceKey& key) override {
    if (broken) return broken_answer();
    for (const ServiceKey& each : keys_)
      if (each.name == key.name && !each.revoked)
        return fail(ErrorCode::already_exists, "there is a key named '{}'", key.name);
    keys_.push_back(key);
    keys_.back().id = keys_.size();
    std::ranges::sort(keys_.back().grants, {}, [](const AccountGrant& grant) {
      return std::pair(grant.role, grant.subtree);
    });
    return keys_.size();
  }
  Status revoke_key(KeyId key, UtcTime now) override {
    if (broken) return broken_answer();
    if (key == 0 || key > keys_.size()) return fail(ErrorCode::not_found, "no key {}", key);
    if (!keys_[key - 1].revoked) keys_[key - 1].revoked = now;
    return {};
  }
  Status set_key_used(KeyId key, UtcTime at) override {
    if (broken) return broken_answer();
    ++uses_written;
    if (key != 0 && key <= keys_.size()) keys_[key - 1].last_used = at;
    return {};
  }
  Result<UserId> add_first(const Account& account, const std::optional<std::string>& setup_hash,
                           UtcTime now) override {
    if (broken) return broken_answer();
    if (!accounts_.empty()) return fail(ErrorCode::conflict, "there is a user already");
    if (setup_hash && (setup_hash_ != *setup_hash || setup_expires_ <= now))
      return fail(ErrorCode::unauthenticated, "the setup link is not valid any more");
    setup_hash_.clear();
    return add(account);
  }
  Status set_setup_token(std::string_view hash, UtcTime expires) override {
    if (broken) return broken_answer();
    setup_hash_ = hash;
    setup_expires_ = expires;
    return {};
  }
  Status update(const Account& account) override {
    if (broken) return broken_answer();
    const auto at = accounts_.find(account.id);
    if (at == accounts_.end()) return fail(ErrorCode::not_found, "no user {}", account.id);
    const auto created = at->second.created;
    for (const auto& [id, each] : accounts_)
      if (id != account.id && each.name == account.name)
        return fail(ErrorCode::already_exists, "there is a user named '{}'", account.name);
    at->second = account;
    at->second.created = created;
    return {};
  }
  Status remove(UserId user) override {
    if (broken) return broken_answer();
    if (accounts_.erase(user) == 0) return fail(ErrorCode::not_found, "no user {}", user);
    std::erase_if(tokens_, [&](const auto& each) { return each.second.user == user; });
    return {};
  }
  Status add_refresh(const RefreshToken& token) override {
    if (broken) return broken_answer();
    if (!accounts_.contains(token.user)) return fail(ErrorCode::not_found, "no such user");
    tokens_[token.hash] = token;
    return {};
  }
  Result<std::optional<RefreshToken>> find_refresh(std::string_view hash) override {
    if (broken) return broken_answer();
    const auto at = tokens_.find(hash);
    return at == tokens_.end() ? std::nullopt : std::optional(at->second);
  }
  Status rotate_refresh(std::string_view old_hash, const RefreshToken& next, UtcTime now) override {
    if (broken) return broken_answer();
    const auto at = tokens_.find(old_hash);
    if (at == tokens_.end() || at->second.revoked)
      return fail(ErrorCode::conflict, "the refresh token was used meanwhile");
    if (!accounts_.contains(next.user)) return fail(ErrorCode::not_found, "no such user");
    revoke(at->second, now);
    tokens_[next.hash] = next;
    return {};
  }
  Status revoke_family(std::string_view family, UtcTime now) override {
    if (broken) return broken_answer();
    for (auto& [hash, token] : tokens_)
      if (token.family == family) revoke(token, now);
    return {};
  }
  Status revoke_user(UserId user, UtcTime now) override {
    if (broken) return broken_answer();
    for (auto& [hash, token] : tokens_)
      if (token.user == user) revoke(token, now);
    return {};
  }
  Result<std::vector<std::string>> families_ended_since(UtcTime since) override {
    if (broken) return broken_answer();
    std::map<std::string, bool> ended;
    for (const auto& [hash, token] : tokens_)
      ended.try_emplace(token.family, true).first->second &= token.revoked;
    std::vector<std::string> out;
    for (const auto& [family, whole] : ended)
      if (whole && revoked_at_[family] >= since) out.push_back(family);
    return out;
  }
  Status remove_expired_refresh(UtcTime now) override {
    if (broken) return broken_answer();
    std::erase_if(tokens_, [&](const auto& each) { return each.second.expires <= now; });
    return {};
  }

  std::size_t token_count() const { return tokens_.size(); }
  std::vector<Role> made_roles;
  int uses_written = 0;
  bool broken = false;  ///< every call fails, as with a full disk

 private:
  static std::unexpected<Error> broken_answer() {
    return fail(ErrorCode::io, "the disk is full; make room");
  }

  void revoke(RefreshToken& token, UtcTime now) {
    if (token.revoked) return;
    token.revoked = true;
    revoked_at_[token.family] = now;
  }

  std::map<UserId, Account> accounts_;
  std::vector<ServiceKey> keys_;
  std::map<std::string, UtcTime> revoked_at_;  ///< by family, the latest
  std::map<std::string, RefreshToken, std::less<>> tokens_;
  std::string setup_hash_;
  UtcTime setup_expires_{};
  UserId last_id_ = 0;
};

}  // namespace tagwerk::auth
