#include "auth/user_admin.hpp"

#include <algorithm>

#include "auth/password.hpp"
#include "auth/rights.hpp"
#include "model/path.hpp"

namespace tagwerk::auth {
namespace {

constexpr std::size_t kMaxNameBytes = 64;
constexpr std::size_t kMaxTextBytes = 200;

/// Length of the UTF-8 sequence at the front; 0 when it is none.  Source: RFC 3629 section 4
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xc0u) == 0x80u; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return tail(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const bool overlong = first == 0xe0 && byte(1) < 0xa0;
    const bool surrogate = first == 0xed && byte(1) > 0x9f;
    return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const bool overlong = first == 0xf0 && byte(1) < 0x90;
    const bool beyond = first == 0xf4 && byte(1) > 0x8f;
    return tail(1) && tail(2) && tail(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

bool is_printable_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const auto first = static_cast<unsigned char>(text[0]);
    if (length == 0 || first < 0x20 || first == 0x7f) return false;
    text.remove_prefix(length);
  }
  return true;
}

Status check_text(std::string_view what, std::string_view text) {
  if (text.size() <= kMaxTextBytes && is_printable_utf8(text)) return {};
  return fail(ErrorCode::invalid_argument,
              "the {} must be UTF-8 without control characters, at most {} bytes", what,
              kMaxTextBytes);
}

/// The role's own name: the bus's names become ours.
Result<std::string> known_role(AccountStore& store, std::string_view name) {
  if (const Role* builtin = find_builtin_role(name)) return builtin->name;
  const auto made = store.roles();
  if (!made) return std::unexpected(made.error());
  if (std::ranges::find(*made, name, &Role::name) != made->end()) return std::string(name);
  return std::unexpected(require_builtin_role(name).error());
}

Result<AccountGrant> make_grant(AccountStore& store, std::string_view role,
                                std::string_view subtree) {
  auto known = known_role(store, role);
  if (!known) return std::unexpected(known.error());
  if (subtree.empty() || subtree == "/") return AccountGrant{std::move(*known), "/"};
  auto path = model::normalise_path(subtree);
  if (!path) return std::unexpected(path.error());
  return AccountGrant{std::move(*known), std::move(*path)};
}

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

Result<Account> prepared(AccountStore& store, const NewUser& user, UtcTime now) {
  if (auto good = check_user_name(user.name); !good) return std::unexpected(good.error());
  auto grant = make_grant(store, user.role, user.subtree);
  if (!grant) return std::unexpected(grant.error());
  Account account{.id = 0,
                  .name = user.name,
                  .password_hash = user.password_hash,
                  .full_name = user.full_name,
                  .email = user.email,
                  .disabled = false,
                  .created = std::chrono::floor<std::chrono::microseconds>(now),
                  .grants = {std::move(*grant)}};
  if (auto good = check_texts(account); !good) return std::unexpected(good.error());
  return account;
}

Status apply(AccountStore& store, const UserChange& change, Account& account) {
  if (change.password_hash) account.password_hash = *change.password_hash;
  if (change.full_name) account.full_name = *change.full_name;
  if (change.email) account.email = *change.email;
  if (change.disabled) account.disabled = *change.disabled;
  if (change.role || change.subtree) {
    const auto old = account.grants.empty() ? AccountGrant{"viewer", "/"} : account.grants.front();
    auto grant = make_grant(store, change.role.value_or(old.role),
                            change.subtree.value_or(change.role ? "/" : old.subtree));
    if (!grant) return std::unexpected(grant.error());
    account.grants = {std::move(*grant)};
  }
  return check_texts(account);
}

}  // namespace

Status check_user_name(std::string_view name) {
  const auto bad = [&](std::string_view why) {
    return fail(ErrorCode::invalid_argument, "user name '{}' cannot be used: {}",
                is_printable_utf8(name) ? name.substr(0, 2 * kMaxNameBytes) : "?", why);
  };
  if (name.empty()) return bad("it is empty");
  if (name.size() > kMaxNameBytes) return bad("it is longer than 64 bytes");
  if (!is_printable_utf8(name)) return bad("it is not UTF-8 or holds a control character");
  if (name.find(':') != std::string_view::npos) return bad("it holds a ':'");
  if (name.front() == ' ' || name.back() == ' ') return bad("it begins or ends with a blank");
  return {};
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

Result<Account> UserAdmin::add(const NewUser& user, UtcTime now) {
  auto account = prepared(store_, user, now);
  if (!account) return account;
  const auto id = store_.add(*account);
  if (!id) return std::unexpected(id.error());
  account->id = *id;
  return account;
}

Result<Account> UserAdmin::add_first(std::string name, std::string password_hash,
                                     const std::optional<std::string>& setup_token_hash,
                                     UtcTime now) {
  auto account = prepared(store_,
                          {.name = std::move(name),
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
  auto account = get(user);
  if (!account) return account;
  if (auto good = apply(store_, change, *account); !good) return std::unexpected(good.error());
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
  if (const auto account = get(user); !account) return std::unexpected(account.error());
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
