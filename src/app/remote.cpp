#include "app/remote.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <fstream>

#include "app/exit_code.hpp"
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

Result<net::HttpClient> connect(const RemoteOptions& options) {
  net::HttpClientOptions how;
  how.url = options.url;
  how.trust = options.trust;
  how.bearer = options.token;
  how.timeout = std::chrono::seconds(60);
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

void print_errors(const json::value& body) {
  const json::object* members = body.if_object();
  const json::value* errors = members ? members->if_contains("errors") : nullptr;
  if (errors != nullptr && errors->is_array()) {
    for (const json::value& error : errors->get_array())
      std::fprintf(stderr, "%s:%s:%s: %s\n", text_of(error, "file").c_str(),
                   text_of(error, "line").c_str(), text_of(error, "column").c_str(),
                   text_of(error, "message").c_str());
  }
  std::fprintf(stderr, "%s\n", text_of(body, "detail").c_str());
}

void print_changes(const json::value& body, bool dry_run) {
  std::size_t count = 0;
  const json::object* members = body.if_object();
  const json::value* changes = members ? members->if_contains("changes") : nullptr;
  if (changes != nullptr && changes->is_array()) {
    count = changes->get_array().size();
    for (const json::value& change : changes->get_array())
      std::printf("%s %s %s\n", text_of(change, "what").c_str(), text_of(change, "kind").c_str(),
                  text_of(change, "name").c_str());
  }
  std::printf(
      "%zu changes; %s\n", count,
      dry_run ? "dry run, nothing was applied" : ("revision " + text_of(body, "revision")).c_str());
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

int import_remotely(const RemoteOptions& options, const std::vector<model::ProjectText>& files,
                    access::ImportOptions import) {
  if (files.size() != 1)
    return report({ErrorCode::invalid_argument,
                   "a running server takes one project file at a time; give --data for several",
                   {}});
  auto client = connect(options);
  if (!client) return report(client.error());
  const std::string target =
      fmt::format("/api/project/import?dry_run={}&prune={}&name={}", import.dry_run, import.prune,
                  net::percent_encode(files.front().name));
  auto body = body_of(client->post(target, files.front().text, "application/yaml"));
  if (!body) return report(body.error());
  const json::object* members = body->if_object();
  if (members == nullptr || members->contains("detail")) {
    print_errors(*body);
    return kExitFailed;
  }
  print_changes(*body, import.dry_run);
  return kExitGood;
}

Result<std::string> export_remotely(const RemoteOptions& options) {
  auto client = connect(options);
  if (!client) return std::unexpected(client.error());
  auto answer = client->get("/api/project/export?format=yaml");
  if (!answer) return std::unexpected(answer.error());
  if (answer->status == 200) return std::move(answer->body);
  return std::unexpected(body_of(std::move(answer)).error());
}

}  // namespace tagwerk::app
