#include "auth/rights.hpp"

#include <array>

namespace tagwerk::auth {
namespace {

struct Entry {
  Right right;
  std::string_view name;
};

constexpr std::array<Entry, kRightCount> kRights{{{Right::read, "read"},
                                                  {Right::write, "write"},
                                                  {Right::ack, "ack"},
                                                  {Right::history_write, "history.write"},
                                                  {Right::configure, "configure"},
                                                  {Right::control, "control"},
                                                  {Right::users, "users"},
                                                  {Right::audit, "audit"},
                                                  {Right::backup, "backup"},
                                                  {Right::redis, "redis"},
                                                  {Right::queue, "queue"},
                                                  {Right::route, "route"}}};

bool takes_name(Right right) {
  return right == Right::queue || right == Right::route;
}

const std::array<Role, 4>& roles() {
  static const std::array<Role, 4> all = [] {
    RightSet viewer{Right::read};
    RightSet operating = viewer;
    operating.add({Right::write, Right::ack, Right::queue});
    RightSet engineer = operating;
    engineer.add(
        {Right::history_write, Right::configure, Right::control, Right::audit, Right::route});
    RightSet admin = engineer;
    admin.add({Right::users, Right::backup, Right::redis});
    return std::array<Role, 4>{{{"viewer", Rank::viewer, viewer, {}},
                                {"operator", Rank::operator_, operating, {}},
                                {"engineer", Rank::engineer, engineer, {}},
                                {"admin", Rank::admin, admin, {}}}};
  }();
  return all;
}

}  // namespace

std::span<const Right, kRightCount> every_right() {
  static constexpr auto kAll = [] {
    std::array<Right, kRightCount> all{};
    for (std::size_t i = 0; i < kRightCount; ++i)
      all[i] = kRights[i].right;
    return all;
  }();
  return kAll;
}

std::string_view to_string(Right right) {
  return kRights[static_cast<std::size_t>(right)].name;
}

std::string to_string(const NamedRight& right) {
  return fmt::format("{}:{}", to_string(right.kind), right.name);
}

Status parse_right(std::string_view text, RightSet& set, std::vector<NamedRight>& named) {
  const auto colon = text.find(':');
  const auto kind = text.substr(0, colon);
  for (const Entry& entry : kRights) {
    if (entry.name != kind || takes_name(entry.right) != (colon != std::string_view::npos))
      continue;
    const auto name = takes_name(entry.right) ? text.substr(colon + 1) : std::string_view{};
    if (takes_name(entry.right) && name.empty()) break;
    if (takes_name(entry.right) && name != "*")
      named.push_back({entry.right, std::string(name)});
    else
      set.add(entry.right);
    return {};
  }
  return fail(ErrorCode::invalid_argument,
              "'{}' is not a right; there are read, write, ack, history.write, configure, control, "
              "users, audit, backup, redis, queue:NAME (or queue:*) and route:ID (or route:*)",
              text.substr(0, 100));
}

std::span<const Role> builtin_roles() {
  return roles();
}

const Role* find_builtin_role(std::string_view name) {
  if (name == "user") name = "operator";
  if (name == "restricted_user") name = "viewer";
  for (const Role& role : roles())
    if (role.name == name) return &role;
  return nullptr;
}

Result<const Role*> require_builtin_role(std::string_view name) {
  if (const Role* role = find_builtin_role(name)) return role;
  return fail(ErrorCode::invalid_argument,
              "'{}' is not a role; there are viewer, operator, engineer and admin",
              name.substr(0, 100));
}

Result<Role> make_role(std::string name, std::span<const std::string> rights) {
  if (name.empty() || name.size() > 64 || find_builtin_role(name) != nullptr)
    return fail(ErrorCode::invalid_argument,
                "a role cannot be named '{}': built-in names, none and more than 64 bytes are not "
                "possible",
                name.substr(0, 64));
  Role role{std::move(name), Rank::viewer, {}, {}};
  for (const auto& right : rights)
    if (auto parsed = parse_right(right, role.rights, role.named); !parsed)
      return std::unexpected(parsed.error());
  for (const Role& each : roles())
    if (role.rights.has_all(each.rights)) role.rank = each.rank;
  return role;
}

std::vector<std::string> right_names(const RightSet& set, std::span<const NamedRight> named) {
  std::vector<std::string> out;
  for (const Entry& entry : kRights)
    if (set.has(entry.right))
      out.push_back(std::string(entry.name) + (takes_name(entry.right) ? ":*" : ""));
  for (const NamedRight& right : named)
    if (!set.has(right.kind)) out.push_back(to_string(right));
  return out;
}

}  // namespace tagwerk::auth
