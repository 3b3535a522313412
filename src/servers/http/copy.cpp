// POST /api/objects/copy.

#include <algorithm>

#include "model/path.hpp"
#include "servers/http/http_api.hpp"
#include "servers/http/json_body.hpp"
#include "servers/http/project_json.hpp"
#include "servers/http/routes.hpp"

namespace tagwerk::servers::http {
namespace {

struct CopyBody {
  std::string from, to;
  std::vector<model::Replacement> replacements;
};

Status read_replacements(const model::Node& list, std::vector<model::Replacement>& out) {
  for (const model::Node& each : list.items) {
    BodyFields fields(each);
    out.push_back({fields.text("in"), fields.text("find"), fields.text("with")});
    if (auto whole = fields.finish(); !whole)
      return fail(ErrorCode::invalid_argument, "replacement {}: {}", out.size(),
                  whole.error().message);
  }
  return {};
}

Result<CopyBody> read_body(const model::Node& node) {
  BodyFields fields(node);
  const std::string from = fields.text("from"), to = fields.text("to");
  const model::Node* list = node.find("replace") == nullptr ? nullptr : fields.list("replace");
  if (auto whole = fields.finish(); !whole) return std::unexpected(whole.error());
  auto source = model::normalise_path(from), target = model::normalise_path(to);
  for (const auto* path : {&source, &target})
    if (!*path) return std::unexpected(path->error());
  CopyBody out{std::move(*source), std::move(*target), {}};
  if (list == nullptr) return out;
  if (auto read = read_replacements(*list, out.replacements); !read)
    return std::unexpected(read.error());
  return out;
}

void reply(Call& call, const std::string& path, bool dry_run, const access::EditResult& result) {
  const auto count = [&](std::string_view kind) {
    return std::ranges::count(result.changes, kind, &model::ProjectChange::kind);
  };
  std::string body;
  JsonWriter json(body);
  json.open_object()
      .member("path", path)
      .member("objects", count("object"))
      .member("tags", count("tag"))
      .member("revision", result.revision)
      .member("applied", result.applied)
      .close_object();
  call.json(dry_run ? 200 : 201, std::move(body));
}

}  // namespace

void post_objects_copy(Call call) {
  const auto query = call.query();
  if (!query) return call.fail(query.error());
  const auto dry_run = flag(*query, "dry_run");
  if (!dry_run) return call.fail(dry_run.error());
  const auto node = call.json_body();
  if (!node) return;
  auto body = read_body(*node);
  if (!body) return call.fail(body.error());
  // Who may not read all of it does not learn what is there.
  if (!call.principal->can(auth::Right::read, body->from))
    return call.fail(404, fmt::format("there is nothing at '{}' to copy", body->from));
  run_edit(
      std::move(call),
      [body = *body](const access::Configured& now) {
        return model::copy_subtree(now.project, body.from, body.to, body.replacements);
      },
      {.dry_run = *dry_run, .subtrees = {body->to}},
      [to = body->to, dry_run = *dry_run](Call answered, const access::EditResult& result) {
        reply(answered, to, dry_run, result);
      });
}

}  // namespace tagwerk::servers::http
