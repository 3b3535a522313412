// GET /api/tree and /api/objects.

#include <algorithm>
#include <charconv>

#include "servers/http/http_api.hpp"
#include "servers/http/json_writer.hpp"
#include "servers/http/routes.hpp"
#include "servers/http/tag_json.hpp"

namespace tagwerk::servers::http {
namespace {

constexpr std::size_t kMaxDepth = 32;
constexpr std::size_t kMaxNodes = 10'000;

struct TreeQuery {
  std::string path = "/";
  std::size_t depth = 1;
  std::size_t offset = 0;
  std::size_t limit = kMaxNodes;
};

Status read_number(const net::QueryParameters& query, std::string_view name, std::size_t most,
                   std::size_t& out) {
  const auto text = query.find(name);
  if (!text) return {};
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), out);
  if (error == std::errc{} && end == text->data() + text->size() && out <= most) return {};
  return fail(ErrorCode::invalid_argument, "'{}' must be a number from 0 to {}, not '{}'", name,
              most, *text);
}

Result<TreeQuery> read_query(const Call& call) {
  const auto query = call.query();
  if (!query) return std::unexpected(query.error());
  TreeQuery out;
  if (const auto path = query->find("path")) out.path = *path;
  for (auto read : {read_number(*query, "depth", kMaxDepth, out.depth),
                    read_number(*query, "offset", SIZE_MAX, out.offset),
                    read_number(*query, "limit", kMaxNodes, out.limit)})
    if (!read) return std::unexpected(read.error());
  return out;
}

/// Everything between the braces of a node.
void append_members(JsonWriter& json, const Call& call, const access::TreeNode& node) {
  json.member("path", node.path)
      .member("name", node.name)
      .member("kind", node.is_tag ? "tag" : "object")
      .member("type", node.type)
      .member("description", node.description)
      .member("child_count", node.child_count);
  if (node.is_tag) {
    json.key("tag").open_object().member("id", node.tag->id);
    append_value_range(json, node.tag->definition);
    json.member("writable", call.api.access().may_write(*call.principal, *node.tag))
        .member("confirm", node.tag->definition.confirm)
        .close_object();
  }
  json.key("children").open_array();
  for (const access::TreeNode& child : node.children) {
    json.open_object();
    append_members(json, call, child);
    json.close_object();
  }
  json.close_array();
}

void append_object(JsonWriter& json, const model::ObjectDefinition& object) {
  json.open_object()
      .member("path", object.path)
      .member("name", model::leaf_name(object.path))
      .member_or_null("type", object.type)
      .member("description", object.description);
  json.key("with").raw(object.with.is_null() ? "{}" : model::to_json(object.with));
  json.key("override")
      .raw(object.override_tags.is_null() ? "{}" : model::to_json(object.override_tags));
  json.close_object();
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

void get_tree(Call call) {
  const auto wanted = read_query(call);
  if (!wanted) return call.fail(wanted.error());
  const auto tree =
      call.api.access().tree(*call.principal, wanted->path, static_cast<int>(wanted->depth),
                             wanted->offset, wanted->limit);
  if (!tree) return call.fail(tree.error());
  std::string body;
  JsonWriter json(body);
  json.open_object();
  append_members(json, call, tree->root);
  json.member("truncated", tree->truncated).close_object();
  call.json(std::move(body));
}

void get_objects(Call call) {
  const auto plant = call.api.access().plant();
  if (plant == nullptr) return call.fail(503, "the server is starting; try again");
  const auto query = call.query();
  if (!query) return call.fail(query.error());
  const auto page = Page::from(*query);
  if (!page) return call.fail(page.error());
  const auto objects = select_objects(call, *plant, query->all("path"));
  if (!objects) return call.fail(objects.error());

  std::string body;
  JsonWriter json(body);
  json.open_object().key("items").open_array();
  for (std::size_t i = page->offset; i < page->end(objects->size()); ++i)
    append_object(json, *(*objects)[i]);
  json.close_array().member_or_null("cursor", page->next(objects->size())).close_object();
  call.json(std::move(body));
}

}  // namespace tagwerk::servers::http
