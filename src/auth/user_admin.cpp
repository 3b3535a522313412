#include "auth/user_admin.hpp"

#include <algorithm>

#include "auth/password.hpp"

namespace tagwerk::auth {
namespace {

constexpr std::size_t kMaxNameBytes = 64;

bool is_administrator(const Account& account) {
  return !account.disabled && std::ranges::any_of(account.grants, [](const AccountGrant& grant) {
    return grant.role == "admin" && grant.subtree == "/";
  });
}

Status check_texts(const Account& account) {
  if (auto good = check_text("full name", account.full_name); !good) return good;
  if (auto good = check_text("email", account.email); !good) return good;
  return check_password_hash(account.password_hash);
}

std::vector<AccountGrant> wanted_grants(const NewUser& user) {
  if (user.grants) return *user.grants;
  return {{user.role, user.subtree}};
}

/// Nothing when the grants stay.
std::optional<std::vector<AccountGrant>> wanted_grants(const Account& account,
                                                       const UserChange& change) {
  if (change.grants) return change.grants;
  if (!change.role && !change.subtree) return std::nullopt;
  const auto old = account.grants.empty() ? AccountGrant{"viewer", "/"} : account.grants.front();
  return std::vector<AccountGrant>{
      {change.role.value_or(old.role), change.subtree.value_or(change.role ? "/" : old.subtree)}};
}

}  // namespace

Status check_user_name(std::string_view name) {
  return check_name("user name", name);
}

Result<Account> UserAdmin::get(UserId user) {
  auto all = store_.accounts();
  if (!all) return std::unexpected(all.error());
  const auto at = std::ranges::find(*all, user, &Account::id);
  if (at == all->end()) return fail(ErrorCode::not_found, "no user with the id {}", user);
  return std::move(*at);
}

Result<Account> UserAdmin::get(std::string_view name) {
  auto all = store_.accounts();
  if (!all) return std::unexpected(all.error());
  const auto at = std::ranges::find(*all, name, &Account::name);
  if (at == all->end())
    return fail(ErrorCode::not_found, "no user named '{}'", name.substr(0, kMaxNameBytes));
  return std::move(*at);
}

Status UserAdmin::check_free(std::string_view name) {
  const auto keys = store_.keys();
  if (!keys) return std::unexpected(keys.error());
  const bool taken = std::ranges::any_of(
      *keys, [&](const ServiceKey& key) { return key.name == name && !key.revoked; });
  if (!taken) return {};
  return fail(ErrorCode::already_exists, "there is a service key named '{}'; choose another name",
              name);
}

Result<Account> UserAdmin::prepared(const NewUser& user, UtcTime now) {
  if (auto good = check_user_name(user.name); !good) return std::unexpected(good.error());
  if (auto free = check_free(user.name); !free) return std::unexpected(free.error());
  const auto roles = every_role(store_);
  if (!roles) return std::unexpected(roles.error());
  auto grants = make_grants(*roles, wanted_grants(user));
  if (!grants) return std::unexpected(grants.error());
  if (auto may = may_give(by_, *roles, *grants); !may) return std::unexpected(may.error());
  Account account{.id = 0,
                  .name = user.name,
                  .password_hash = user.password_hash,
                  .full_name = user.full_name,
                  .email = user.email,
                  .disabled = false,
                  .created = std::chrono::floor<std::chrono::microseconds>(now),
                  .grants = std::move(*grants)};
  if (auto good = check_texts(account); !good) return std::unexpected(good.error());
  return account;
}

Result<Account> UserAdmin::changed(const Account& account, const UserChange& change) {
  const auto roles = every_role(store_);
  if (!roles) return std::unexpected(roles.error());
  if (auto may = may_give(by_, *roles, account.grants); !may) return std::unexpected(may.error());
  Account out = account;
  if (change.password_hash) out.password_hash = *change.password_hash;
  if (change.full_name) out.full_name = *change.full_name;
  if (change.email) out.email = *change.email;
  if (change.disabled) out.disabled = *change.disabled;
  if (const auto wanted = wanted_grants(account, change)) {
    auto grants = make_grants(*roles, *wanted);
    if (!grants) return std::unexpected(grants.error());
    if (auto may = may_give(by_, *roles, *grants); !may) return std::unexpected(may.error());
    out.grants = std::move(*grants);
  }
  if (auto good = check_texts(out); !good) return std::unexpected(good.error());
  return out;
}

Result<Account> UserAdmin::add(const NewUser& user, UtcTime now) {
  auto account = prepared(user, now);
  if (!account) return account;
  const auto id = store_.add(*account);
  if (!id) return std::unexpected(id.error());
  account->id = *id;
  return account;
}

Result<Account> UserAdmin::add_first(std::string name, std::string password_hash,
                                     const std::optional<std::string>& setup_token_hash,
                                     UtcTime now) {
  auto account = prepared({.name = std::move(name),
                           .password_hash = std::move(password_hash),
                           .role = "admin",
                           .subtree = "/"},
                          now);
  if (!account) return account;
  const auto id = store_.add_first(*account, setup_token_hash, now);
  if (!id) return std::unexpected(id.error());
  account->id = *id;
  return account;
}

Result<Account> UserAdmin::change(UserId user, const UserChange& change, UtcTime now) {
  const auto known = get(user);
  if (!known) return known;
  auto account = changed(*known, change);
  if (!account) return account;
  if (auto kept = keep_an_administrator(user, &*account); !kept)
    return std::unexpected(kept.error());
  // First, so that a crash in between logs a user out instead of leaving a stolen token good.
  if (change.password_hash || account->disabled)
    if (auto revoked = store_.revoke_user(user, now); !revoked)
      return std::unexpected(revoked.error());
  if (auto stored = store_.update(*account); !stored) return std::unexpected(stored.error());
  return account;
}

Status UserAdmin::remove(UserId user) {
  const auto account = get(user);
  if (!account) return std::unexpected(account.error());
  const auto roles = every_role(store_);
  if (!roles) return std::unexpected(roles.error());
  if (auto may = may_give(by_, *roles, account->grants); !may) return may;
  if (auto kept = keep_an_administrator(user, nullptr); !kept) return kept;
  return store_.remove(user);
}

Status UserAdmin::keep_an_administrator(UserId without, const Account* then) {
  if (then != nullptr && is_administrator(*then)) return {};
  const auto all = store_.accounts();
  if (!all) return std::unexpected(all.error());
  bool was = false;
  for (const Account& each : *all) {
    if (each.id == without)
      was = is_administrator(each);
    else if (is_administrator(each))
      return {};
  }
  if (!was) return {};
  return fail(ErrorCode::conflict,
              "this is the last enabled administrator; make another one before");
}

}  // namespace tagwerk::auth
