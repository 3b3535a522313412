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

constexpr DefinitionKind kConnector{
    .kind = "connector", .in_tree = false, .reply = reply_connector};

}  // namespace

void post_connectors(Call call) {
  post_definition(std::move(call), kConnector);
}

void put_connector(Call call) {
  const std::string name = call.parameter;
  put_definition(std::move(call), kConnector, name);
}

void delete_connector(Call call) {
  std::string name = call.parameter;
  delete_definition(std::move(call), [name = std::move(name)](const access::Configured& now) {
    return model::remove_connector(now.project, now.plant, name);
  });
}

}  // namespace tagwerk::servers::http
