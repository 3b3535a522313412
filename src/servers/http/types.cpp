// /api/types and /api/types/{name}.

#include <map>

#include "servers/http/http_api.hpp"
#include "servers/http/list_json.hpp"
#include "servers/http/project_json.hpp"
#include "servers/http/routes.hpp"

namespace tagwerk::servers::http {
namespace {

using model::TypeDefinition;

/// How many of the objects that the caller sees have each type.
std::map<std::string_view, std::size_t> count_objects(const Call& call, const model::Plant& plant) {
  std::map<std::string_view, std::size_t> out;
  for (const model::ObjectDefinition& object : plant.objects())
    if (!object.type.empty() && call.principal->can_see(object.path)) ++out[object.type];
  return out;
}

/// Types lie in no subtree. Who has to know them all sees them all, others those of their objects.
bool may_see(const Call& call, std::size_t objects) {
  return objects > 0 || call.principal->can(auth::Right::read) ||
         call.principal->can_somewhere(auth::Right::configure);
}

void append_type(JsonWriter& json, const model::Plant& plant, const TypeDefinition& type,
                 std::size_t objects) {
  json.open_object().member("name", type.name).member("description", type.description);
  json.key("parameters").open_object();
  for (const auto& [name, kind] : type.parameters)
    json.member(name, model::to_string(kind));
  json.close_object().key("tags").open_array();
  for (const auto& tag : type.tags)
    json.value(tag.first);
  json.close_array()
      .member("objects", objects)
      .key("definition")
      .raw(model::to_json(model::encode(type)))
      .member("revision", plant.revision())
      .close_object();
}

void reply_type(Call& call, int status, const std::string& name) {
  const auto plant = call.api.access().plant();
  if (plant == nullptr) return call.fail(503, "the server is starting; try again");
  const TypeDefinition* type = plant->type(name);
  const auto counts = count_objects(call, *plant);
  const auto count = counts.find(name);
  const std::size_t objects = count == counts.end() ? 0 : count->second;
  if (type == nullptr || !may_see(call, objects))
    return call.fail(404, fmt::format("there is no type '{}'", name));
  std::string body;
  JsonWriter json(body);
  append_type(json, *plant, *type, objects);
  call.json(status, std::move(body));
}

constexpr DefinitionKind kType{.kind = "type", .in_tree = false, .reply = reply_type};

}  // namespace

void get_types(Call call) {
  const auto plant = call.api.access().plant();
  if (plant == nullptr) return call.fail(503, "the server is starting; try again");
  const auto page = call.page();
  if (!page) return call.fail(page.error());
  const auto counts = count_objects(call, *plant);
  std::vector<std::pair<const TypeDefinition*, std::size_t>> types;
  for (const TypeDefinition& type : plant->types()) {
    const auto count = counts.find(type.name);
    const std::size_t objects = count == counts.end() ? 0 : count->second;
    if (may_see(call, objects)) types.emplace_back(&type, objects);
  }
  call.json(page_json(*page, types, [&](JsonWriter& json, const auto& each) {
    append_type(json, *plant, *each.first, each.second);
  }));
}

void get_type(Call call) {
  const std::string name = call.parameter;
  reply_type(call, 200, name);
}

void post_types(Call call) {
  post_definition(std::move(call), kType);
}

void put_type(Call call) {
  const std::string name = call.parameter;
  put_definition(std::move(call), kType, name);
}

void delete_type(Call call) {
  std::string name = call.parameter;
  delete_definition(std::move(call), [name = std::move(name)](const access::Configured& now) {
    return model::remove_type(now.project, name);
  });
}

}  // namespace tagwerk::servers::http
