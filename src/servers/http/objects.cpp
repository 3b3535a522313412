// /api/objects.

#include <algorithm>

#include "model/path.hpp"
#include "servers/http/http_api.hpp"
#include "servers/http/list_json.hpp"
#include "servers/http/project_json.hpp"
#include "servers/http/routes.hpp"

namespace tagwerk::servers::http {
namespace {

void append_object(JsonWriter& json, const model::Plant& plant,
                   const model::ObjectDefinition& object) {
  json.open_object()
      .member("path", object.path)
      .member("name", model::leaf_name(object.path))
      .member_or_null("type", object.type)
      .member("description", object.description);
  json.key("with").raw(object.with.is_null() ? "{}" : model::to_json(object.with));
  json.key("override")
      .raw(object.override_tags.is_null() ? "{}" : model::to_json(object.override_tags));
  json.key("definition");
  if (plant.is_declared(object))
    json.raw(model::to_json(model::encode(object)));
  else
    json.null();
  json.member("revision", plant.revision()).close_object();
}

/// After an edit: the object as it is now.
void reply_object(Call& call, int status, const std::string& path) {
  const auto plant = call.api.access().plant();
  const model::ObjectDefinition* object = plant->object(path);
  if (object == nullptr) return call.fail(404, "the object is gone; somebody else removed it");
  std::string body;
  JsonWriter json(body);
  append_object(json, *plant, *object);
  call.json(status, std::move(body));
}

constexpr DefinitionKind kObject{.kind = "object", .in_tree = true, .reply = reply_object};

/// The object in the query of a request that changes it. When there is none the call has been
/// answered.
std::optional<std::string> object_in_query(Call& call) {
  const auto query = call.query();
  auto path = !query ? Result<std::string>(std::unexpected(query.error()))
                     : model::normalise_path(query->find("path").value_or(""));
  if (!path) {
    call.fail(path.error());
    return std::nullopt;
  }
  const auto plant = call.api.access().plant();
  if (plant != nullptr && plant->object(*path) != nullptr && call.principal->can_see(*path))
    return std::move(*path);
  call.fail(plant == nullptr ? 503 : 404, plant == nullptr
                                              ? "the server is starting; try again"
                                              : fmt::format("there is no object '{}'", *path));
  return std::nullopt;
}

/// Objects that match one of the patterns (all without any) and that the caller may see.
Result<std::vector<const model::ObjectDefinition*>> select_objects(
    const Call& call, const model::Plant& plant, const std::vector<std::string_view>& texts) {
  std::vector<model::PathPattern> patterns;
  for (const std::string_view text : texts) {
    auto pattern = model::PathPattern::parse(text);
    if (!pattern) return std::unexpected(pattern.error());
    if (pattern->exact() &&
        (plant.object(pattern->text()) == nullptr || !call.principal->can_see(pattern->text())))
      return fail(ErrorCode::not_found, "there is no object '{}'", pattern->text());
    patterns.push_back(std::move(*pattern));
  }
  std::vector<const model::ObjectDefinition*> out;
  for (const model::ObjectDefinition& object : plant.objects()) {
    const auto matches = [&](const auto& pattern) { return pattern.matches(object.path); };
    const bool wanted = patterns.empty() || std::ranges::any_of(patterns, matches);
    if (wanted && call.principal->can_see(object.path)) out.push_back(&object);
  }
  return out;
}

}  // namespace

void get_objects(Call call) {
  const auto plant = call.api.access().plant();
  if (plant == nullptr) return call.fail(503, "the server is starting; try again");
  const auto query = call.query();
  if (!query) return call.fail(query.error());
  const auto page = Page::from(*query);
  if (!page) return call.fail(page.error());
  const auto objects = select_objects(call, *plant, query->all("path"));
  if (!objects) return call.fail(objects.error());
  call.json(page_json(*page, *objects, [&](JsonWriter& json, const auto* object) {
    append_object(json, *plant, *object);
  }));
}

void post_objects(Call call) {
  post_definition(std::move(call), kObject);
}

void put_objects(Call call) {
  const auto path = object_in_query(call);
  if (!path) return;
  put_definition(std::move(call), kObject, *path);
}

void delete_objects(Call call) {
  const auto path = object_in_query(call);
  if (!path) return;
  const auto recursive = flag(*call.query(), "recursive");
  if (!recursive) return call.fail(recursive.error());
  delete_definition(
      std::move(call),
      [path = *path, recursive = *recursive](const access::Configured& now) {
        return model::remove_object(now.project, path, recursive);
      },
      *path);
}

}  // namespace tagwerk::servers::http
