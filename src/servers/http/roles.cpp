// /api/roles….

#include "servers/http/administration.hpp"
#include "servers/http/http_api.hpp"
#include "servers/http/json_body.hpp"
#include "servers/http/list_json.hpp"
#include "servers/http/routes.hpp"

namespace tagwerk::servers::http {
namespace {

using auth::Role;

constexpr std::size_t kMaxRights = 1'000;

void append_role(JsonWriter& json, const Role& role) {
  json.open_object().member("name", role.name).key("rights").open_array();
  for (const std::string& right : auth::right_names(role.rights, role.named))
    json.value(right);
  json.close_array()
      .member("built_in", auth::find_builtin_role(role.name) != nullptr)
      .close_object();
}

Result<std::vector<std::string>> read_rights(const model::Node& list) {
  if (list.items.size() > kMaxRights)
    return fail(ErrorCode::invalid_argument, "'rights' holds {} rights; at most {} are possible",
                list.items.size(), kMaxRights);
  std::vector<std::string> out;
  for (const model::Node& each : list.items) {
    if (!each.is_scalar() || !each.quoted)
      return fail(ErrorCode::invalid_argument, "'rights' must hold texts only");
    out.push_back(each.text);
  }
  return out;
}

/// `name` comes from the path when there is one. Answers the call when there is nothing to read.
std::optional<auth::NewRole> read_role(Call& call, std::optional<std::string> name) {
  const auto body = call.json_body();
  if (!body) return std::nullopt;
  BodyFields fields(*body);
  auth::NewRole role{.name = name ? *name : fields.text("name")};
  const model::Node* list = fields.list("rights");
  if (const Status whole = fields.finish(); !whole) {
    call.fail(whole.error());
    return std::nullopt;
  }
  auto rights = read_rights(*list);
  if (!rights) {
    call.fail(rights.error());
    return std::nullopt;
  }
  role.rights = std::move(*rights);
  return role;
}

/// Records what was done to a role, then answers.
auto finish(Call call, std::string action, int status) {
  return [call = std::move(call), action = std::move(action), status](Result<Role> role) mutable {
    if (!role) return call.fail(role.error());
    std::string rights;
    for (const std::string& right : auth::right_names(role->rights, role->named))
      rights += (rights.empty() ? "" : ", ") + right;
    Deed deed{std::move(action), "role " + role->name, std::move(rights)};
    record(std::move(call), std::move(deed), [status, role = std::move(*role)](Call done) {
      if (status == 204) return done.no_content();
      std::string body;
      JsonWriter json(body);
      append_role(json, role);
      done.json(status, std::move(body));
    });
  };
}

}  // namespace

void get_roles(Call call) {
  const auto directory = call.api.authenticator().directory().load();
  call.json(list_json(directory->roles(), append_role));
}

void post_roles(Call call) {
  if (!may_administer(call)) return;
  auto role = read_role(call, std::nullopt);
  if (!role) return;
  auth::Authenticator& authenticator = call.api.authenticator();
  auto by = call.principal;
  authenticator.add_role(std::move(by), std::move(*role), finish(std::move(call), "role.add", 201));
}

void put_role(Call call) {
  if (!may_administer(call)) return;
  auto role = read_role(call, call.parameter);
  if (!role) return;
  auth::Authenticator& authenticator = call.api.authenticator();
  auto by = call.principal;
  authenticator.change_role(std::move(by), std::move(*role),
                            finish(std::move(call), "role.change", 200));
}

void delete_role(Call call) {
  if (!may_administer(call)) return;
  auth::Authenticator& authenticator = call.api.authenticator();
  std::string name = call.parameter;
  authenticator.remove_role(std::move(name), finish(std::move(call), "role.remove", 204));
}

}  // namespace tagwerk::servers::http
