#include "app/remote.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <fstream>

#include "net/http_client.hpp"
#include "net/url.hpp"

namespace tagwerk::app {
namespace {

namespace json = boost::json;

std::string text_of(const json::value& object, std::string_view key) {
  const json::object* members = object.if_object();
  const json::value* value = members ? members->if_contains(key) : nullptr;
  if (value == nullptr) return {};
  return value->is_string() ? std::string(value->get_string()) : json::serialize(*value);
}

ErrorCode code_of(int status) {
  if (status == 401) return ErrorCode::unauthenticated;
  if (status == 403) return ErrorCode::permission_denied;
  if (status == 404) return ErrorCode::not_found;
  if (status == 409) return ErrorCode::conflict;
  return ErrorCode::invalid_argument;
}

/// The body of a good answer, or the server's own sentence as the error.
Result<json::value> body_of(Result<net::HttpAnswer> answer) {
  if (!answer) return std::unexpected(answer.error());
  boost::system::error_code error;
  json::value body = json::parse(answer->body, error);
  if (answer->status == 200) {
    if (error) return fail(ErrorCode::corrupt, "the server's answer is not JSON");
    return body;
  }
  if (answer->status == 422 && !error) return body;
  const std::string detail = error ? "" : text_of(body, "detail");
  return fail(code_of(answer->status), "the server answered {}: {}", answer->status,
              detail.empty() ? answer->body.substr(0, 200) : detail);
}

/// A large project takes its time on a small machine.
constexpr auto kPatience = std::chrono::minutes(10);

Result<net::HttpClient> connect(const RemoteOptions& options) {
  net::HttpClientOptions how;
  how.url = options.url;
  how.trust = options.trust;
  how.bearer = options.token;
  how.timeout = kPatience;
  net::HttpClient client(std::move(how));
  if (!options.token.empty()) return client;
  if (options.user.empty())
    return fail(ErrorCode::unauthenticated,
                "give --token, TAGWERK_TOKEN or --user with --password-file; or --data to work "
                "without a server");
  std::ifstream in(options.password_file);
  std::string password;
  if (!in || !std::getline(in, password))
    return fail(ErrorCode::invalid_argument, "cannot read a password from '{}'",
                options.password_file);
  const std::string login =
      json::serialize(json::object{{"username", options.user}, {"password", password}});
  auto answer = body_of(client.post("/login", login));
  if (!answer) return std::unexpected(answer.error());
  client.set_bearer(text_of(*answer, "access_token"));
  return client;
}

const json::array& list_in(const json::value& body, std::string_view key) {
  static const json::array kNone;
  const json::object* members = body.if_object();
  const json::value* list = members ? members->if_contains(key) : nullptr;
  return list != nullptr && list->is_array() ? list->get_array() : kNone;
}

int number_of(const json::value& object, std::string_view key) {
  return std::atoi(text_of(object, key).c_str());
}

std::vector<Error> faults_in(const json::value& body, std::string_view key) {
  std::vector<Error> out;
  for (const json::value& each : list_in(body, key)) {
    Error& error = out.emplace_back(
        Error{ErrorCode::invalid_argument, text_of(each, "message"), std::nullopt});
    base::SourceLocation where{text_of(each, "file"), number_of(each, "line"),
                               number_of(each, "column")};
    if (!where.file.empty() || where.line != 0) error.where = std::move(where);
  }
  return out;
}

model::ProjectChange::What what_of(std::string_view word) {
  using What = model::ProjectChange::What;
  if (word == "added") return What::added;
  return word == "removed" ? What::removed : What::changed;
}

access::ImportResult import_result_of(const json::value& body) {
  access::ImportResult out{
      .revision = std::strtoull(text_of(body, "revision").c_str(), nullptr, 10),
      .applied = text_of(body, "applied") == "true",
      .errors = faults_in(body, "errors"),
      .warnings = faults_in(body, "warnings")};
  for (const json::value& each : list_in(body, "changes"))
    out.changes.push_back({.what = what_of(text_of(each, "what")),
                           .kind = text_of(each, "kind"),
                           .name = text_of(each, "name"),
                           .detail = text_of(each, "detail"),
                           .before = {},
                           .after = {}});
  return out;
}

/// Posts something whose answer is that of an import.
Result<access::ImportResult> post(const RemoteOptions& options, const std::string& target,
                                  const std::string& text) {
  auto client = connect(options);
  if (!client) return std::unexpected(client.error());
  auto body = body_of(client->post(target, text));
  if (!body) return std::unexpected(body.error());
  access::ImportResult result = import_result_of(*body);
  // A refusal as a whole, without a list of faults.
  if (const std::string detail = text_of(*body, "detail"); !detail.empty() && result.errors.empty())
    return fail(ErrorCode::invalid_argument, "{}", detail);
  return result;
}

}  // namespace

void add_remote_options(CLI::App& command, RemoteOptions& options) {
  command.add_option("--url", options.url, "of the server: http://, https:// or unix:/PATH")
      ->envname("TAGWERK_URL")
      ->capture_default_str();
  command.add_option("--ca", options.trust.ca_file, "believe the certificates in this PEM file")
      ->envname("TAGWERK_CA");
  command.add_flag_callback(
      "--insecure-tls", [&options] { options.trust.verify_server = false; },
      "believe whoever answers; an attacker, too");
  command.add_option("--token", options.token, "access token")->envname("TAGWERK_TOKEN");
  command.add_option("--user", options.user, "log in as this user");
  command.add_option("--password-file", options.password_file, "file with the password");
}

Result<access::ImportResult> import_remotely(const RemoteOptions& options,
                                             const std::vector<model::ProjectText>& files,
                                             access::ImportOptions import) {
  json::array list;
  for (const model::ProjectText& file : files)
    list.push_back(json::object{{"name", file.name}, {"text", file.text}});
  return post(options,
              fmt::format("/api/project/import?dry_run={}&prune={}", import.dry_run, import.prune),
              json::serialize(json::object{{"files", std::move(list)}}));
}

Result<access::ImportResult> restore_remotely(const RemoteOptions& options, std::uint64_t revision,
                                              bool dry_run) {
  return post(options,
              fmt::format("/api/project/revisions/{}/restore?dry_run={}", revision, dry_run), "{}");
}

Result<std::string> export_remotely(const RemoteOptions& options,
                                    const access::ExportOptions& what) {
  auto client = connect(options);
  if (!client) return std::unexpected(client.error());
  const bool semicolon = what.csv && what.csv->separator == ';';
  auto answer = client->get(
      fmt::format("/api/project/export?format={}&separator={}&path={}", what.csv ? "csv" : "yaml",
                  semicolon ? "semicolon" : "comma", net::percent_encode(what.path)));
  if (!answer) return std::unexpected(answer.error());
  if (answer->status == 200) return std::move(answer->body);
  return std::unexpected(body_of(std::move(answer)).error());
}

}  // namespace tagwerk::app
