// /api/project/import and /api/project/export.

#include "model/path.hpp"
#include "servers/http/http_api.hpp"
#include "servers/http/json_body.hpp"
#include "servers/http/project_json.hpp"
#include "servers/http/routes.hpp"

namespace tagwerk::servers::http {
namespace {

using model::ProjectText;

constexpr std::size_t kMaxFiles = 1000;

bool one_of(std::string_view type, std::initializer_list<std::string_view> known) {
  for (const std::string_view each : known)
    if (net::equal_ignoring_case(type, each)) return true;
  return false;
}

/// How the body's one file is written; nothing when the type is not understood.
std::optional<ProjectText::Form> form_of(std::string_view type) {
  if (one_of(type, {"text/csv", "application/csv"})) return ProjectText::Form::csv;
  if (one_of(type, {"application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"}))
    return ProjectText::Form::yaml;
  if (one_of(type, {"", "text/plain", "application/octet-stream"}))
    return ProjectText::Form::by_name;
  return std::nullopt;
}

Result<std::vector<ProjectText>> files_of(const model::Node& body) {
  BodyFields fields(body);
  const model::Node* list = fields.list("files");
  if (auto whole = fields.finish(); !whole) return std::unexpected(whole.error());
  if (list->items.empty() || list->items.size() > kMaxFiles)
    return fail(ErrorCode::invalid_argument, "'files' must hold 1 to {} files, not {}", kMaxFiles,
                list->items.size());
  std::vector<ProjectText> out;
  for (const model::Node& each : list->items) {
    BodyFields file(each);
    ProjectText text{file.text("name"), file.text("text")};
    if (auto whole = file.finish(); !whole)
      return fail(ErrorCode::invalid_argument, "file {}: {}", out.size() + 1,
                  whole.error().message);
    out.push_back(std::move(text));
  }
  return out;
}

/// The files of the request. When there are none the call has been answered.
std::optional<std::vector<ProjectText>> read_files(Call& call, const net::QueryParameters& query) {
  const auto type = media_type(call.request);
  if (net::equal_ignoring_case(type, "application/json")) {
    const auto body = call.json_body();
    if (!body) return std::nullopt;
    auto files = files_of(*body);
    if (files) return std::move(*files);
    call.fail(files.error());
    return std::nullopt;
  }
  const auto form = form_of(type);
  if (form)
    return std::vector<ProjectText>{
        {std::string(query.find("name").value_or("body")), call.request.body(), *form}};
  call.fail(415, fmt::format("the body must be application/yaml, text/csv or application/json, not "
                             "'{}'",
                             type));
  return std::nullopt;
}

Result<access::ExportOptions> export_options(const net::QueryParameters& query) {
  const auto format = query.find("format").value_or("yaml");
  const auto separator = query.find("separator").value_or("comma");
  access::ExportOptions out;
  if (format != "yaml" && format != "csv")
    return fail(ErrorCode::invalid_argument, "'format' must be yaml or csv, not '{}'", format);
  if (separator != "comma" && separator != "semicolon")
    return fail(ErrorCode::invalid_argument, "'separator' must be comma or semicolon, not '{}'",
                separator);
  if (format == "csv")
    out.csv = separator == "comma" ? model::CsvForm{} : model::CsvForm::semicolon();
  if (const auto path = query.find("path"); path && *path != "/") {
    auto subtree = model::normalise_path(*path);
    if (!subtree) return std::unexpected(subtree.error());
    out.path = std::move(*subtree);
  }
  return out;
}

}  // namespace

void post_import(Call call) {
  const auto query = call.query();
  if (!query) return call.fail(query.error());
  const auto dry_run = flag(*query, "dry_run");
  if (!dry_run) return call.fail(dry_run.error());
  const auto prune = flag(*query, "prune");
  if (!prune) return call.fail(prune.error());
  auto files = read_files(call, *query);
  if (!files) return;
  access::Access& access = call.api.access();
  access::Caller caller = call.caller();
  access.import(std::move(caller), std::move(*files), {.dry_run = *dry_run, .prune = *prune},
                [call = std::move(call)](Result<access::ImportResult> result) mutable {
                  if (!result) return call.fail(result.error());
                  reply_import(call, *result);
                });
}

void get_export(Call call) {
  const auto query = call.query();
  if (!query) return call.fail(query.error());
  auto options = export_options(*query);
  if (!options) return call.fail(options.error());
  const char* type = options->csv ? "text/csv; charset=utf-8" : "application/yaml";
  access::Access& access = call.api.access();
  access::Caller caller = call.caller();
  access.export_project(std::move(caller), std::move(*options),
                        [call = std::move(call), type](Result<std::string> text) mutable {
                          if (!text) return call.fail(text.error());
                          call.reply(net::Response(200, type, std::move(*text)));
                        });
}

}  // namespace tagwerk::servers::http
