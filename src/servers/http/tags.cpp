// /api/tags and /api/tags/{id}.

#include <algorithm>
#include <charconv>

#include "access/path_search.hpp"
#include "servers/http/http_api.hpp"
#include "servers/http/list_json.hpp"
#include "servers/http/lock_json.hpp"
#include "servers/http/project_json.hpp"
#include "servers/http/routes.hpp"
#include "servers/http/tag_json.hpp"

namespace tagwerk::servers::http {
namespace {

using model::PlantTag;

void append_source(JsonWriter& json, const PlantTag& tag) {
  json.key("source");
  if (!tag.definition.source) {
    json.null();
    return;
  }
  const model::SourceDefinition& source = *tag.definition.source;
  json.open_object()
      .member("connector", source.connector)
      .member("device", source.device)
      .member("address", source.address)
      .member_or_null("dtype", source.dtype)
      .member_or_null("order", source.order)
      .member("period", tag.period)
      .member("scale", source.scale)
      .member("offset", source.offset)
      .member("deadband", source.deadband)
      .member("read_back", source.read_back);
  json.key("clamp");
  if (source.clamp)
    json.open_array().value(source.clamp->low).value(source.clamp->high).close_array();
  else
    json.null();
  json.close_object();
}

void append_size(JsonWriter& json, const model::TagDefinition& tag) {
  json.key("size");
  if (tag.type < model::Type::string)
    json.null();
  else
    json.value(tag.size == 0 ? model::kDefaultSize : tag.size);
}

void append_tag(JsonWriter& json, const Call& call, const model::Plant& plant,
                const PlantTag& tag) {
  const model::TagDefinition& definition = tag.definition;
  json.member("id", tag.id).member("path", definition.path);
  append_value_range(json, definition);
  json.member("description", definition.description);
  append_source(json, tag);
  json.member_or_null("write", definition.write)
      .member("writable", call.api.access().may_write(*call.principal, tag))
      .member("confirm", definition.confirm)
      .member("stale_after", tag.stale_after);
  append_size(json, definition);
  json.member_or_null("object_type", tag.object_type)
      .member_or_null("from_type", tag.object_type)
      .member_or_null("object", tag.object());
  json.key("overridden").open_array();
  for (const std::string& key : tag.overridden)
    json.value(key);
  json.close_array().key("definition");
  if (tag.object_type.empty())
    json.raw(model::to_json(model::encode(definition)));
  else
    json.null();
  json.member("revision", plant.revision());
}

std::string tag_json(const Call& call, const model::Plant& plant, const PlantTag& tag) {
  std::string body;
  JsonWriter json(body);
  json.open_object();
  append_tag(json, call, plant, tag);
  json.close_object();
  return body;
}

/// After an edit: the tag as it is now.
void reply_tag(Call& call, int status, const PlantTag* tag, const model::Plant& plant) {
  if (tag == nullptr) return call.fail(404, "the tag is gone; somebody else removed it");
  call.json(status, tag_json(call, plant, *tag));
}

void reply_tag_at(Call& call, int status, const std::string& path) {
  const auto plant = call.api.access().plant();
  reply_tag(call, status, plant->find(path), *plant);
}

constexpr DefinitionKind kTag{.kind = "tag", .in_tree = true, .reply = reply_tag_at};

}  // namespace

const PlantTag* tag_by_id(const Call& call, const model::Plant& plant) {
  std::uint64_t id = 0;
  const std::string& text = call.parameter;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc{} || end != text.data() + text.size()) return nullptr;
  const PlantTag* tag = plant.by_id(id);
  const bool visible =
      tag != nullptr && call.principal->can(auth::Right::read, tag->definition.path);
  return visible ? tag : nullptr;
}

namespace {

/// The tag in the path of a request that changes it.
struct OwnTag {
  model::TagId id;
  std::string subtree;  ///< where the caller needs the right: its object's when it has it by a type
};

/// When there is none the call has been answered.
std::optional<OwnTag> own_tag(Call& call) {
  const auto plant = call.api.access().plant();
  const PlantTag* tag = plant == nullptr ? nullptr : tag_by_id(call, *plant);
  if (tag != nullptr)
    return OwnTag{tag->id,
                  tag->object_type.empty() ? tag->definition.path : std::string(tag->object())};
  call.fail(plant == nullptr ? 503 : 404, plant == nullptr
                                              ? "the server is starting; try again"
                                              : fmt::format("there is no tag {}", call.parameter));
  return std::nullopt;
}

}  // namespace

void append_value_range(JsonWriter& json, const model::TagDefinition& tag) {
  json.member("type", model::to_string(tag.type)).member("unit", tag.unit);
  json.key("range");
  if (tag.range)
    json.open_array().value(tag.range->low).value(tag.range->high).close_array();
  else
    json.null();
  json.key("states");
  if (tag.states.empty()) {
    json.null();
    return;
  }
  json.open_object();
  for (const auto& [number, name] : tag.states)
    json.member(std::to_string(number), name);
  json.close_object();
}

void get_tags(Call call) {
  const auto query = call.query();
  if (!query) return call.fail(query.error());
  const auto page = Page::from(*query);
  if (!page) return call.fail(page.error());
  std::vector<std::string> patterns;
  for (const std::string_view pattern : query->all("path"))
    patterns.emplace_back(pattern);
  auto selection = call.api.access().select(*call.principal, patterns);
  if (!selection) return call.fail(selection.error());

  auto& tags = selection->tags;
  if (const auto text = query->find("match")) {
    const access::PathSearch search(*text);
    std::erase_if(tags, [&](const PlantTag* tag) { return !search.matches(tag->definition.path); });
  }
  call.json(page_json(*page, tags, [&](JsonWriter& json, const PlantTag* tag) {
    json.open_object();
    append_tag(json, call, *selection->plant, *tag);
    json.close_object();
  }));
}

void get_tag(Call call) {
  const auto plant = call.api.access().plant();
  if (plant == nullptr) return call.fail(503, "the server is starting; try again");
  const PlantTag* tag = tag_by_id(call, *plant);
  if (tag == nullptr) return call.fail(404, fmt::format("there is no tag {}", call.parameter));
  std::string body;
  JsonWriter json(body);
  json.open_object();
  append_tag(json, call, *plant, *tag);
  json.key("current");
  call.loop.texts.append(body, plant, *tag, call.api.access().current(*tag),
                         ItemTexts::Form::whole);
  json.key("lock");
  if (const auto lock = call.api.access().lock_of(tag->definition.path))
    append_lock(json, *lock);
  else
    json.null();
  json.close_object();
  call.json(std::move(body));
}

void post_tags(Call call) {
  post_definition(std::move(call), kTag);
}

void put_tag(Call call) {
  const auto found = own_tag(call);
  if (!found) return;
  auto body = call.json_body();
  if (!body) return;
  run_edit(
      std::move(call),
      [id = found->id, body = std::move(*body)](const access::Configured& now) mutable {
        // It may have been renamed since.
        const PlantTag* tag = now.plant.by_id(id);
        return model::edit_tag(now.project, tag == nullptr ? "" : tag->definition.path,
                               std::move(body));
      },
      {.subtrees = {found->subtree}},
      [id = found->id](Call answered, const access::EditResult&) {
        const auto plant = answered.api.access().plant();
        reply_tag(answered, 200, plant->by_id(id), *plant);
      });
}

void delete_tag(Call call) {
  const auto found = own_tag(call);
  if (!found) return;
  delete_definition(
      std::move(call),
      [id = found->id](const access::Configured& now) {
        const PlantTag* tag = now.plant.by_id(id);
        return model::remove_tag(now.project, tag == nullptr ? "" : tag->definition.path);
      },
      found->subtree);
}

}  // namespace tagwerk::servers::http
