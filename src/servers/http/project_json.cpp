#include "servers/http/project_json.hpp"

#include <charconv>

#include "model/path.hpp"
#include "servers/http/http_api.hpp"

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

void append_body(JsonWriter& json, std::string_view name, const model::Node& body) {
  json.key(name).raw(model::to_json(body));
}

void append_fault(JsonWriter& json, const Error& fault) {
  const base::SourceLocation where = fault.where.value_or(base::SourceLocation{});
  json.open_object()
      .member("file", where.file)
      .member("line", where.line)
      .member("column", where.column)
      .member("message", fault.message)
      .close_object();
}

void append_fault(JsonWriter& json, const model::ProjectFault& fault) {
  json.open_object()
      .member("kind", fault.kind)
      .member("name", fault.name)
      .member("key", fault.key)
      .member("message", fault.error.message)
      .close_object();
}

template <class Fault>
void append_faults(JsonWriter& json, std::string_view name, const std::vector<Fault>& faults) {
  json.key(name).open_array();
  for (const Fault& fault : faults)
    append_fault(json, fault);
  json.close_array();
}

template <class Fault>
std::string faults_json(std::string_view detail, const std::vector<Fault>& faults,
                        const std::vector<Fault>& warnings) {
  std::string body;
  JsonWriter json(body);
  json.open_object().member("detail", detail);
  append_faults(json, "errors", faults);
  append_faults(json, "warnings", warnings);
  json.close_object();
  return body;
}

template <class ChangeResult>
std::string changes_json(const ChangeResult& result) {
  std::string body;
  JsonWriter json(body);
  json.open_object().member("revision", result.revision).member("applied", result.applied);
  append_changes(json, result.changes);
  append_faults(json, "warnings", result.warnings);
  json.close_object();
  return body;
}

void reply_faults(Call& call, const access::EditResult& result) {
  const std::string& first = result.faults.front().error.message;
  const std::string detail = result.faults.size() == 1
                                 ? first
                                 : fmt::format("{} faults, nothing was applied; the first: {}",
                                               result.faults.size(), first);
  call.json(422, faults_json(detail, result.faults, result.warnings));
}

using MakeOfBody = Result<model::ProjectEdit> (*)(const model::Project& project,
                                                  const std::string& kind, const std::string& name,
                                                  model::Node body);

void set_definition(Call call, const DefinitionKind& kind, const std::string& name,
                    model::Node body, MakeOfBody make, int status) {
  run_edit(
      std::move(call),
      [make, kind = std::string(kind.kind), name,
       body = std::move(body)](const access::Configured& now) mutable {
        return make(now.project, kind, name, std::move(body));
      },
      {.subtrees = {kind.in_tree ? name : "/"}},
      [reply = kind.reply, status, name](Call answered, const access::EditResult&) {
        reply(answered, status, name);
      });
}

}  // namespace

void append_changes(JsonWriter& json, std::span<const model::ProjectChange> changes, bool bodies) {
  json.key("changes").open_array();
  for (const model::ProjectChange& change : changes) {
    json.open_object()
        .member("what", word(change.what))
        .member("kind", change.kind)
        .member("name", change.name)
        .member("detail", change.detail);
    if (bodies)
      append_body(json, "before", change.before), append_body(json, "after", change.after);
    json.close_object();
  }
  json.close_array();
}

void reply_import(Call& call, const access::ImportResult& result) {
  if (result.errors.empty()) return call.json(changes_json(result));
  const std::size_t count = result.errors.size();
  call.json(422, faults_json(fmt::format("the project has {} fault{}; nothing was applied", count,
                                         count == 1 ? "" : "s"),
                             result.errors, result.warnings));
}

void reply_edit(Call& call, const access::EditResult& result) {
  if (result.faults.empty())
    call.json(changes_json(result));
  else
    reply_faults(call, result);
}

Result<bool> flag(const net::QueryParameters& query, std::string_view name) {
  const std::string_view text = query.find(name).value_or("false");
  if (text == "true" || text == "1") return true;
  if (text == "false" || text == "0") return false;
  return fail(ErrorCode::invalid_argument, "'{}' must be true or false, not '{}'", name, text);
}

Result<std::optional<std::uint64_t>> number(const net::QueryParameters& query,
                                            std::string_view name) {
  const auto text = query.find(name);
  if (!text) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error == std::errc{} && end == text->data() + text->size()) return value;
  return fail(ErrorCode::invalid_argument, "'{}' must be a number, not '{}'", name, *text);
}

void run_edit(Call call, access::MakeEdit make, access::EditOptions options,
              std::move_only_function<void(Call, const access::EditResult&)> then) {
  const auto query = call.query();
  if (!query) return call.fail(query.error());
  const auto seen = number(*query, "revision");
  if (!seen) return call.fail(seen.error());
  if (*seen) options.revision = *seen;
  access::Access& access = call.api.access();
  access::Caller caller = call.caller();
  access.edit(
      std::move(caller), std::move(make), std::move(options),
      [call = std::move(call), then = std::move(then)](Result<access::EditResult> result) mutable {
        if (!result) return call.fail(result.error());
        if (!result->faults.empty()) return reply_faults(call, *result);
        then(std::move(call), *result);
      });
}

std::optional<std::string> take_text(Call& call, model::Node& body, std::string_view name) {
  const model::Node* found = body.find(name);
  if (found == nullptr || !found->is_scalar() || !found->quoted) {
    call.fail(422, fmt::format("'{}' must be there, as a text", name));
    return std::nullopt;
  }
  std::string text = found->text;
  std::erase_if(body.entries, [&](const auto& entry) { return entry.first == name; });
  return text;
}

void post_definition(Call call, const DefinitionKind& kind) {
  auto body = call.json_body();
  if (!body) return;
  const auto text = take_text(call, *body, kind.in_tree ? "path" : "name");
  if (!text) return;
  const auto name = kind.in_tree ? model::normalise_path(*text) : Result<std::string>(*text);
  if (!name) return call.fail(name.error());
  set_definition(std::move(call), kind, *name, std::move(*body), model::add_definition, 201);
}

void put_definition(Call call, const DefinitionKind& kind, const std::string& name) {
  auto body = call.json_body();
  if (!body) return;
  set_definition(std::move(call), kind, name, std::move(*body), model::change_definition, 200);
}

void delete_definition(Call call, access::MakeEdit make, std::string subtree) {
  run_edit(std::move(call), std::move(make), {.subtrees = {std::move(subtree)}},
           [](Call answered, const access::EditResult&) { answered.no_content(); });
}

}  // namespace tagwerk::servers::http
