// /api/project/…: import, export, revisions.

#include "servers/http/http_api.hpp"
#include "servers/http/json_writer.hpp"
#include "servers/http/routes.hpp"

namespace tagwerk::servers::http {
namespace {

std::string_view word(model::ProjectChange::What what) {
  switch (what) {
    case model::ProjectChange::What::added:
      return "added";
    case model::ProjectChange::What::changed:
      return "changed";
    case model::ProjectChange::What::removed:
      return "removed";
  }
  return "changed";
}

void append_faults(JsonWriter& json, std::string_view name, const std::vector<Error>& faults) {
  json.key(name).open_array();
  for (const Error& fault : faults) {
    const base::SourceLocation where = fault.where.value_or(base::SourceLocation{});
    json.open_object()
        .member("file", where.file)
        .member("line", where.line)
        .member("column", where.column)
        .member("message", fault.message)
        .close_object();
  }
  json.close_array();
}

std::string errors_json(const access::ImportResult& result) {
  std::string body;
  JsonWriter json(body);
  json.open_object().member(
      "detail", fmt::format("the project has {} fault{}; nothing was applied", result.errors.size(),
                            result.errors.size() == 1 ? "" : "s"));
  append_faults(json, "errors", result.errors);
  append_faults(json, "warnings", result.warnings);
  json.close_object();
  return body;
}

std::string import_json(const access::ImportResult& result) {
  std::string body;
  JsonWriter json(body);
  json.open_object().member("revision", result.revision).member("applied", result.applied);
  json.key("changes").open_array();
  for (const model::ProjectChange& change : result.changes)
    json.open_object()
        .member("what", word(change.what))
        .member("kind", change.kind)
        .member("name", change.name)
        .member("detail", change.detail)
        .close_object();
  json.close_array();
  append_faults(json, "warnings", result.warnings);
  json.close_object();
  return body;
}

void reply_import(Call& call, const access::ImportResult& result) {
  if (result.errors.empty())
    call.json(import_json(result));
  else
    call.json(422, errors_json(result));
}

Result<bool> flag(const net::QueryParameters& query, std::string_view name) {
  const std::string_view text = query.find(name).value_or("false");
  if (text == "true" || text == "1") return true;
  if (text == "false" || text == "0") return false;
  return fail(ErrorCode::invalid_argument, "'{}' must be true or false, not '{}'", name, text);
}

bool is_yaml(std::string_view type) {
  for (const std::string_view known : {"", "application/yaml", "application/x-yaml", "text/yaml",
                                       "text/x-yaml", "text/plain", "application/octet-stream"})
    if (net::equal_ignoring_case(type, known)) return true;
  return false;
}

}  // namespace

void post_import(Call call) {
  if (const auto type = media_type(call.request); !is_yaml(type))
    return call.fail(415, fmt::format("the body must be application/yaml, not '{}'", type));
  const auto query = call.query();
  if (!query) return call.fail(query.error());
  const auto dry_run = flag(*query, "dry_run");
  if (!dry_run) return call.fail(dry_run.error());
  const auto prune = flag(*query, "prune");
  if (!prune) return call.fail(prune.error());

  std::vector<model::ProjectText> files;
  files.push_back({std::string(query->find("name").value_or("body")), call.request.body()});
  access::Access& access = call.api.access();
  access::Caller caller = call.caller();
  access.import(std::move(caller), std::move(files), {.dry_run = *dry_run, .prune = *prune},
                [call = std::move(call)](Result<access::ImportResult> result) mutable {
                  if (!result) return call.fail(result.error());
                  reply_import(call, *result);
                });
}

void get_export(Call call) {
  const auto query = call.query();
  if (!query) return call.fail(query.error());
  if (const auto format = query->find("format").value_or("yaml"); format != "yaml")
    return call.fail(422, fmt::format("'format' must be yaml, not '{}'", format));
  access::Access& access = call.api.access();
  access::Caller caller = call.caller();
  access.export_yaml(std::move(caller), [call = std::move(call)](Result<std::string> text) mutable {
    if (!text) return call.fail(text.error());
    call.reply(net::Response(200, "application/yaml", std::move(*text)));
  });
}

void get_revisions(Call call) {
  access::Access& access = call.api.access();
  access::Caller caller = call.caller();
  access.revisions(std::move(caller), [call = std::move(call)](
                                          Result<std::vector<access::Revision>> revisions) mutable {
    if (!revisions) return call.fail(revisions.error());
    std::string body;
    JsonWriter json(body);
    json.open_object().key("items").open_array();
    for (const access::Revision& each : *revisions)
      json.open_object()
          .member("number", each.number)
          .member("time", each.at)
          .member("user", each.who)
          .member("source", each.source)
          .member("summary", each.summary)
          .member("changes", each.changes)
          .close_object();
    json.close_array().key("cursor").null().close_object();
    call.json(std::move(body));
  });
}

}  // namespace tagwerk::servers::http
