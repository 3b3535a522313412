#include "app/remote.hpp"

#include "console/answer.hpp"
#include "console/progress.hpp"
#include "net/url.hpp"

namespace tagwerk::app {
namespace {

using console::integer_of;
using console::items_of;
using console::ServerSession;
using console::text_of;
using model::Node;

std::vector<Error> faults_in(const Node& body, std::string_view key) {
  std::vector<Error> out;
  for (const Node& each : items_of(body, key)) {
    Error& error = out.emplace_back(
        Error{ErrorCode::invalid_argument, text_of(each, "message"), std::nullopt});
    base::SourceLocation where{text_of(each, "file"), static_cast<int>(integer_of(each, "line")),
                               static_cast<int>(integer_of(each, "column"))};
    if (!where.file.empty() || where.line != 0) error.where = std::move(where);
  }
  return out;
}

model::ProjectChange::What what_of(std::string_view word) {
  using What = model::ProjectChange::What;
  if (word == "added") return What::added;
  return word == "removed" ? What::removed : What::changed;
}

access::ImportResult import_result_of(const Node& body) {
  access::ImportResult out{.revision = static_cast<std::uint64_t>(integer_of(body, "revision")),
                           .applied = console::is_true(body, "applied"),
                           .errors = faults_in(body, "errors"),
                           .warnings = faults_in(body, "warnings")};
  for (const Node& each : items_of(body, "changes"))
    out.changes.push_back({.what = what_of(text_of(each, "what")),
                           .kind = text_of(each, "kind"),
                           .name = text_of(each, "name"),
                           .detail = text_of(each, "detail"),
                           .before = {},
                           .after = {}});
  return out;
}

/// Posts something whose answer is that of an import, also when it is refused with 422.
Result<access::ImportResult> post(const RemoteOptions& options, const std::string& target,
                                  const std::string& text) {
  auto session = ServerSession::open(options);
  if (!session) return std::unexpected(session.error());
  // Not before: a password may have been asked for.
  const console::Waiting waiting("import");
  auto answer = session->send("POST", target, text);
  if (!answer) return std::unexpected(answer.error());
  auto body = model::parse_json(answer->body, "the server's answer");
  const bool whole = body && (answer->status == 200 || answer->status == 422);
  if (!whole) return std::unexpected(console::refusal_of(answer->status, answer->body));
  access::ImportResult result = import_result_of(*body);
  if (answer->status == 422 && result.errors.empty())  // a refusal as a whole
    return std::unexpected(console::refusal_of(answer->status, answer->body));
  return result;
}

}  // namespace

Result<access::ImportResult> import_remotely(const RemoteOptions& options,
                                             const std::vector<model::ProjectText>& files,
                                             access::ImportOptions import) {
  Node list = Node::sequence();
  for (const model::ProjectText& file : files) {
    Node& each = list.items.emplace_back(Node::mapping());
    each.set("name", Node::text_of(file.name));
    each.set("text", Node::text_of(file.text));
  }
  Node body = Node::mapping();
  body.set("files", std::move(list));
  return post(options,
              fmt::format("/api/project/import?dry_run={}&prune={}", import.dry_run, import.prune),
              model::to_json(body));
}

Result<access::ImportResult> restore_remotely(const RemoteOptions& options, std::uint64_t revision,
                                              bool dry_run) {
  return post(options,
              fmt::format("/api/project/revisions/{}/restore?dry_run={}", revision, dry_run), "{}");
}

Result<std::string> export_remotely(const RemoteOptions& options,
                                    const access::ExportOptions& what) {
  auto session = ServerSession::open(options);
  if (!session) return std::unexpected(session.error());
  const bool semicolon = what.csv && what.csv->separator == ';';
  auto answer =
      session->send("GET", fmt::format("/api/project/export?format={}&separator={}&path={}",
                                       what.csv ? "csv" : "yaml", semicolon ? "semicolon" : "comma",
                                       net::percent_encode(what.path)));
  if (!answer) return std::unexpected(answer.error());
  if (answer->status == 200) return std::move(answer->body);
  return std::unexpected(console::refusal_of(answer->status, answer->body));
}

}  // namespace tagwerk::app
