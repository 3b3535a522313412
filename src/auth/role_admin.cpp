#include "auth/role_admin.hpp"

#include <algorithm>
#include <fmt/ranges.h>

namespace tagwerk::auth {
namespace {

constexpr std::size_t kMaxRoles = 200;
constexpr std::size_t kMostNamed = 10;

bool has_role(std::span<const AccountGrant> grants, std::string_view role) {
  return std::ranges::find(grants, role, &AccountGrant::role) != grants.end();
}

}  // namespace

Result<Role> RoleAdmin::prepared(const NewRole& wanted) {
  if (auto good = check_name("role name", wanted.name); !good) return std::unexpected(good.error());
  if (wanted.name.find('/') != std::string::npos)
    return fail(ErrorCode::invalid_argument, "role name '{}' cannot be used: it holds a '/'",
                wanted.name);
  if (wanted.rights.empty())
    return fail(ErrorCode::invalid_argument, "role '{}' has no right; name at least one",
                wanted.name);
  auto role = make_role(wanted.name, wanted.rights);
  if (!role) return role;
  if (auto may = may_give(by_, *role, "/"); !may) return std::unexpected(may.error());
  return role;
}

Result<Role> RoleAdmin::made(std::string_view name) {
  if (find_builtin_role(name) != nullptr)
    return fail(ErrorCode::conflict, "role '{}' is built in and stays as it is; make another one",
                name);
  auto roles = store_.roles();
  if (!roles) return std::unexpected(roles.error());
  const auto at = std::ranges::find(*roles, name, &Role::name);
  if (at == roles->end())
    return fail(ErrorCode::not_found, "there is no role '{}'", name.substr(0, 100));
  return std::move(*at);
}

Result<Role> RoleAdmin::add(const NewRole& wanted) {
  if (find_builtin_role(wanted.name) != nullptr)
    return fail(ErrorCode::already_exists, "there is a built-in role '{}'; choose another name",
                wanted.name);
  auto role = prepared(wanted);
  if (!role) return role;
  const auto roles = store_.roles();
  if (!roles) return std::unexpected(roles.error());
  if (std::ranges::find(*roles, wanted.name, &Role::name) != roles->end())
    return fail(ErrorCode::already_exists, "there is a role '{}' already; choose another name",
                wanted.name);
  if (roles->size() >= kMaxRoles)
    return fail(ErrorCode::conflict, "there are {} roles; remove some first", roles->size());
  if (auto stored = store_.set_role(*role); !stored) return std::unexpected(stored.error());
  return role;
}

Result<Role> RoleAdmin::change(const NewRole& wanted) {
  if (auto known = made(wanted.name); !known) return known;
  auto role = prepared(wanted);
  if (!role) return role;
  if (auto stored = store_.set_role(*role); !stored) return std::unexpected(stored.error());
  return role;
}

Status RoleAdmin::check_unused(std::string_view name) {
  const auto users = store_.accounts();
  if (!users) return std::unexpected(users.error());
  const auto keys = store_.keys();
  if (!keys) return std::unexpected(keys.error());
  std::vector<std::string> holders;
  for (const Account& user : *users)
    if (has_role(user.grants, name)) holders.push_back(fmt::format("user '{}'", user.name));
  for (const ServiceKey& key : *keys)
    if (!key.revoked && has_role(key.grants, name))
      holders.push_back(fmt::format("key '{}'", key.name));
  if (holders.empty()) return {};
  const std::size_t more = holders.size() - std::min(holders.size(), kMostNamed);
  holders.resize(holders.size() - more);
  return fail(ErrorCode::conflict, "role '{}' is in use: {}{}; take it from them first", name,
              fmt::join(holders, ", "), more == 0 ? "" : fmt::format(" and {} more", more));
}

Result<Role> RoleAdmin::remove(std::string_view name) {
  auto role = made(name);
  if (!role) return role;
  if (auto unused = check_unused(name); !unused) return std::unexpected(unused.error());
  if (auto removed = store_.remove_role(name); !removed) return std::unexpected(removed.error());
  return role;
}

}  // namespace tagwerk::auth
