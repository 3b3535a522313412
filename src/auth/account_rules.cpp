#include "auth/account_rules.hpp"

#include <algorithm>
#include <fmt/ranges.h>
#include <ranges>

#include "model/path.hpp"

namespace tagwerk::auth {
namespace {

constexpr std::size_t kMaxNameBytes = 64;
constexpr std::size_t kMaxTextBytes = 200;
constexpr std::size_t kMaxGrants = 64;

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

}  // namespace

Status check_name(std::string_view what, std::string_view name) {
  const auto bad = [&](std::string_view why) {
    return fail(ErrorCode::invalid_argument, "{} '{}' cannot be used: {}", what,
                is_printable_utf8(name) ? name.substr(0, 2 * kMaxNameBytes) : "?", why);
  };
  if (name.empty()) return bad("it is empty");
  if (name.size() > kMaxNameBytes) return bad("it is longer than 64 bytes");
  if (!is_printable_utf8(name)) return bad("it is not UTF-8 or holds a control character");
  if (name.find(':') != std::string_view::npos) return bad("it holds a ':'");
  if (name.front() == ' ' || name.back() == ' ') return bad("it begins or ends with a blank");
  return {};
}

Status check_text(std::string_view what, std::string_view text) {
  if (text.size() <= kMaxTextBytes && is_printable_utf8(text)) return {};
  return fail(ErrorCode::invalid_argument,
              "the {} must be UTF-8 without control characters, at most {} bytes", what,
              kMaxTextBytes);
}

Result<std::vector<Role>> every_role(AccountStore& store) {
  auto made = store.roles();
  if (!made) return made;
  made->insert(made->begin(), builtin_roles().begin(), builtin_roles().end());
  return made;
}

Result<AccountGrant> make_grant(std::span<const Role> roles, const AccountGrant& wanted) {
  const Role* builtin = find_builtin_role(wanted.role);
  const std::string_view name = builtin == nullptr ? std::string_view(wanted.role) : builtin->name;
  if (std::ranges::find(roles, name, &Role::name) == roles.end())
    return fail(ErrorCode::invalid_argument, "'{}' is not a role; there are {}",
                wanted.role.substr(0, 100),
                fmt::join(roles | std::views::transform(&Role::name), ", "));
  if (wanted.subtree.empty() || wanted.subtree == "/") return AccountGrant{std::string(name), "/"};
  auto path = model::normalise_path(wanted.subtree);
  if (!path) return std::unexpected(path.error());
  return AccountGrant{std::string(name), std::move(*path)};
}

Result<std::vector<AccountGrant>> make_grants(std::span<const Role> roles,
                                              std::span<const AccountGrant> wanted) {
  if (wanted.size() > kMaxGrants)
    return fail(ErrorCode::invalid_argument, "{} grants; at most {} are possible", wanted.size(),
                kMaxGrants);
  std::vector<AccountGrant> out;
  for (const AccountGrant& each : wanted) {
    auto grant = make_grant(roles, each);
    if (!grant) return std::unexpected(grant.error());
    if (std::ranges::find(out, *grant) == out.end()) out.push_back(std::move(*grant));
  }
  return out;
}

Status may_give(const By& by, const Role& role, std::string_view subtree) {
  if (by == nullptr) return {};
  const auto missing = [&](std::string_view what) {
    return fail(ErrorCode::permission_denied,
                "'{}' cannot give the role '{}' in '{}': {} is missing there, and nobody gives "
                "more than he has",
                by->name(), role.name, subtree, what);
  };
  for (const Right right : every_right())
    if (role.rights.has(right) && !by->can(right, subtree))
      return missing(fmt::format("the right '{}'", to_string(right)));
  for (const NamedRight& right : role.named)
    if (!by->can_use(right.kind, right.name))
      return missing(fmt::format("the right '{}'", to_string(right)));
  const auto& rank = builtin_roles()[static_cast<std::size_t>(role.rank)].name;
  if (role.rights.has(Right::write) && !by->can_write(subtree, rank))
    return missing(fmt::format("writing as {}", rank));
  return {};
}

Status may_give(const By& by, std::span<const Role> roles, std::span<const AccountGrant> grants) {
  for (const AccountGrant& grant : grants) {
    const auto role = std::ranges::find(roles, grant.role, &Role::name);
    if (role == roles.end()) continue;
    if (auto may = may_give(by, *role, grant.subtree); !may) return may;
  }
  return {};
}

}  // namespace tagwerk::auth
