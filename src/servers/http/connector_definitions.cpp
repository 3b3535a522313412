// POST /api/connectors, PUT and DELETE /api/connectors/{name}.

#include <algorithm>

#include "servers/http/http_api.hpp"
#include "servers/http/project_json.hpp"
#include "servers/http/routes.hpp"
#include "servers/http/status_json.hpp"

namespace tagwerk::servers::http {
namespace {

using supervisor::ConnectorStatus;

/// As configured now; what runs may be a second behind.
void reply_connector(Call& call, int status, const std::string& name) {
  const auto plant = call.api.access().plant();
  const model::ConnectorDefinition* definition = plant->connector(name);
  if (definition == nullptr)
    return call.fail(404, "the connector is gone; somebody else removed it");
  const auto known = call.api.access().connectors(*call.principal);
  ConnectorStatus shown{.name = name, .detail = "it was configured just now"};
  if (known)
    if (const auto found = std::ranges::find(*known, name, &ConnectorStatus::name);
        found != known->end())
      shown = *found;
  shown.type = definition->type;
  shown.enabled = definition->enabled;
  std::string body;
  JsonWriter json(body);
  append_connector(json, shown, definition_members(call, *plant, name));
  call.json(status, std::move(body));
}

}  // namespace

void post_connectors(Call call) {
  auto body = call.json_body();
  if (!body) return;
  const auto name = take_text(call, *body, "name");
  if (!name) return;
  run_edit(
      std::move(call),
      [name = *name, body = std::move(*body)](const access::Configured& now) mutable {
        return model::add_definition(now.project, "connector", name, std::move(body));
      },
      {.subtrees = {"/"}},
      [name = *name](Call answered, const access::EditResult&) {
        reply_connector(answered, 201, name);
      });
}

void put_connector(Call call) {
  auto body = call.json_body();
  if (!body) return;
  const std::string name = call.parameter;
  run_edit(
      std::move(call),
      [name, body = std::move(*body)](const access::Configured& now) mutable {
        return model::change_definition(now.project, "connector", name, std::move(body));
      },
      {.subtrees = {"/"}},
      [name](Call answered, const access::EditResult&) { reply_connector(answered, 200, name); });
}

void delete_connector(Call call) {
  const std::string name = call.parameter;
  run_edit(
      std::move(call),
      [name](const access::Configured& now) {
        return model::remove_connector(now.project, now.plant, name);
      },
      {.subtrees = {"/"}}, [](Call answered, const access::EditResult&) { answered.no_content(); });
}

}  // namespace tagwerk::servers::http
