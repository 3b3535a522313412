// GET /api/tree.

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

}  // namespace tagwerk::servers::http
