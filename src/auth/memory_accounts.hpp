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
  Status rotate_refresh(std::string_view old_hash, const RefreshToken& next, UtcTime) override {
    if (broken) return broken_answer();
    const auto at = tokens_.find(old_hash);
    if (at == tokens_.end() || at->second.revoked)
      return fail(ErrorCode::conflict, "the refresh token was used meanwhile");
    if (!accounts_.contains(next.user)) return fail(ErrorCode::not_found, "no such user");
    at->second.revoked = true;
    tokens_[next.hash] = next;
    return {};
  }
  Status revoke_family(std::string_view family, UtcTime) override {
    if (broken) return broken_answer();
    for (auto& [hash, token] : tokens_)
      token.revoked = token.revoked || token.family == family;
    return {};
  }
  Status revoke_user(UserId user, UtcTime) override {
    if (broken) return broken_answer();
    for (auto& [hash, token] : tokens_)
      token.revoked = token.revoked || token.user == user;
    return {};
  }
  Status remove_expired_refresh(UtcTime now) override {
    if (broken) return broken_answer();
    std::erase_if(tokens_, [&](const auto& each) { return each.second.expires <= now; });
    return {};
  }

  std::size_t token_count() const { return tokens_.size(); }
  std::vector<Role> made_roles;
  bool broken = false;  ///< every call fails, as with a full disk

 private:
  static std::unexpected<Error> broken_answer() {
    return fail(ErrorCode::io, "the disk is full; make room");
  }

  std::map<UserId, Account> accounts_;
  std::map<std::string, RefreshToken, std::less<>> tokens_;
  std::string setup_hash_;
  UtcTime setup_expires_{};
  UserId last_id_ = 0;
};

}  // namespace tagwerk::auth
