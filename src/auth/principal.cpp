#include "auth/principal.hpp"

#include <algorithm>

#include "model/path.hpp"

namespace tagwerk::auth {
namespace {

bool is_root(std::string_view path) {
  return path.empty() || path == "/";
}

/// is_within takes "" as the root in both places.
bool covers(const Grant& grant, std::string_view path) {
  if (is_root(grant.subtree)) return true;
  return !is_root(path) && model::is_within(path, grant.subtree);
}

bool ranks(const Grant& grant, const Role* least, std::string_view least_name) {
  if (least != nullptr) return grant.role.rank >= least->rank;
  return grant.role.name == least_name || grant.role.rank == Rank::admin;
}

}  // namespace

std::string_view to_string(PrincipalKind kind) {
  switch (kind) {
    case PrincipalKind::user:
      return "user";
    case PrincipalKind::key:
      return "key";
    case PrincipalKind::system:
      return "system";
  }
  return "?";
}

Principal::Principal(std::uint64_t id, std::string name, std::vector<Grant> grants,
                     PrincipalKind kind)
    : id_(id), kind_(kind), name_(std::move(name)), grants_(std::move(grants)) {
  for (const Grant& grant : grants_) {
    somewhere_.add(grant.role.rights);
    for (const NamedRight& right : grant.role.named)
      somewhere_.add(right.kind);
    if (is_root(grant.subtree)) everywhere_.add(grant.role.rights);
    if (role_.empty() || grant.role.rank > rank_) {
      rank_ = grant.role.rank;
      role_ = grant.role.name;
    }
  }
}

std::shared_ptr<const Principal> Principal::system(std::string name) {
  return std::make_shared<const Principal>(0, std::move(name),
                                           std::vector<Grant>{{*find_builtin_role("admin"), "/"}},
                                           PrincipalKind::system);
}

std::string Principal::identity() const {
  return fmt::format("{} {}", to_string(kind_), id_);
}

bool Principal::can(Right right, std::string_view path) const {
  if (everywhere_.has(right)) return true;
  if (!somewhere_.has(right)) return false;
  return std::ranges::any_of(grants_, [&](const Grant& grant) {
    return grant.role.rights.has(right) && covers(grant, path);
  });
}

bool Principal::can_use(Right kind, std::string_view name) const {
  if (everywhere_.has(kind)) return true;
  return std::ranges::any_of(grants_, [&](const Grant& grant) {
    return is_root(grant.subtree) &&
           std::ranges::any_of(grant.role.named, [&](const NamedRight& right) {
             return right.kind == kind && right.name == name;
           });
  });
}

bool Principal::can_write(std::string_view path, std::string_view least_role) const {
  if (least_role.empty()) return false;
  const Role* least = find_builtin_role(least_role);
  return std::ranges::any_of(grants_, [&](const Grant& grant) {
    return grant.role.rights.has(Right::write) && ranks(grant, least, least_role) &&
           covers(grant, path);
  });
}

bool Principal::can_see(std::string_view path) const {
  if (can(Right::read, path)) return true;
  return std::ranges::any_of(grants_, [&](const Grant& grant) {
    return grant.role.rights.has(Right::read) && model::is_within(grant.subtree, path);
  });
}

std::vector<Principal::Listed> Principal::listed_rights() const {
  std::vector<Listed> out;
  for (const Grant& grant : grants_) {
    const std::string subtree = is_root(grant.subtree) ? "/" : grant.subtree;
    for (auto& right : right_names(grant.role.rights, grant.role.named)) {
      Listed each{std::move(right), subtree};
      if (std::ranges::find(out, each) == out.end()) out.push_back(std::move(each));
    }
  }
  return out;
}

}  // namespace tagwerk::auth
