#include "console/server_session.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <termios.h>
#include <unistd.h>

#include "console/answer.hpp"
#include "console/command_spec.hpp"
#include "net/url.hpp"

namespace tagwerk::console {
namespace {

using model::Node;

/// An access token is renewed when it has less than this left.
constexpr auto kRenewBefore = std::chrono::seconds(30);
constexpr std::string_view kDefaultUrl = "http://127.0.0.1:8080";
constexpr int kPageItems = 10'000;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

ErrorCode code_of(int status) {
  switch (status) {
    case 401:
      return ErrorCode::unauthenticated;
    case 403:
      return ErrorCode::permission_denied;
    case 404:
      return ErrorCode::not_found;
    case 409:
      return ErrorCode::conflict;
    case 429:
      return ErrorCode::limit_exceeded;
    case 502:
    case 503:
    case 504:
      return ErrorCode::unavailable;
    default:
      return status >= 500 ? ErrorCode::internal : ErrorCode::invalid_argument;
  }
}

/// Asked for on the terminal, unseen.
Result<std::string> typed_password(const std::string& user) {
  termios before{};
  if (::isatty(STDIN_FILENO) == 0 || ::tcgetattr(STDIN_FILENO, &before) != 0)
    return fail(ErrorCode::unauthenticated,
                "there is no terminal to ask for the password of '{}'; give --password-file", user);
  std::fprintf(stderr, "Password of %s: ", user.c_str());
  termios silent = before;
  silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  std::string password;
  std::getline(std::cin, password);
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
  std::fputc('\n', stderr);
  return password;
}

Result<Node> parse_body(std::string_view body) {
  if (body.empty()) return Node();
  auto parsed = model::parse_json(body, "the server's answer");
  if (!parsed)
    return fail(ErrorCode::corrupt, "the server's answer is not JSON: {}", parsed.error().message);
  return parsed;
}

UtcTime end_of(const Node& tokens) {
  return base::utc_now() + std::chrono::seconds(integer_of(tokens, "expires_in"));
}

}  // namespace

void add_remote_options(CommandSpec& command, RemoteOptions& options) {
  command.option("--url", options.url,
                 "of the server: http://, https:// or unix:/PATH; or TAGWERK_URL");
  command
      .option("--ca", options.trust.ca_file,
              "believe the certificates in this PEM file; or TAGWERK_CA")
      .offers(Offer::files);
  command.flag("--insecure-tls", options.trust.verify_server,
               "believe whoever answers; an attacker, too", false);
  command.option("--token", options.token, "service key or access token; or TAGWERK_TOKEN");
  command.option("--user", options.user, "log in as this user");
  command.option("--password-file", options.password_file, "file with the password")
      .offers(Offer::files);
}

Result<std::string> password_of(const RemoteOptions& options, const std::string& user) {
  if (options.password_file.empty()) return typed_password(user);
  std::ifstream in(options.password_file);
  std::string password;
  if (!in || !std::getline(in, password))
    return fail(ErrorCode::invalid_argument, "cannot read a password from '{}'",
                options.password_file);
  return password;
}

RemoteOptions resolve(RemoteOptions given, const SavedLogin& saved) {
  if (given.url.empty()) given.url = environment("TAGWERK_URL");
  if (given.trust.ca_file.empty()) given.trust.ca_file = environment("TAGWERK_CA");
  if (given.token.empty() && given.user.empty()) given.token = environment("TAGWERK_TOKEN");
  if (given.url.empty()) given.url = saved.empty() ? kDefaultUrl : saved.url;
  if (given.url == saved.url && given.trust.ca_file.empty()) given.trust.ca_file = saved.ca_file;
  if (given.url == saved.url && saved.insecure_tls) given.trust.verify_server = false;
  return given;
}

Result<ServerSession> ServerSession::open(const RemoteOptions& given, Duration patience) {
  auto saved = read_saved_login();
  if (!saved) return std::unexpected(saved.error());
  RemoteOptions options = resolve(given, *saved);
  net::HttpClientOptions how;
  how.url = options.url;
  how.trust = options.trust;
  how.timeout = patience;
  ServerSession session(options, net::HttpClient(std::move(how)));
  if (!options.token.empty()) {
    session.client_.set_bearer(options.token);
    return session;
  }
  if (!options.user.empty()) {
    if (auto done = session.log_in(); !done) return std::unexpected(done.error());
    return session;
  }
  if (saved->url != options.url || saved->empty())
    return fail(ErrorCode::unauthenticated,
                "log in first: tagwerk login --url {} --user NAME; or give --token, TAGWERK_TOKEN, "
                "or --user with --password-file",
                options.url);
  session.login_ = std::move(*saved);
  session.good_until_ = session.login_.good_until;
  session.options_.token = session.login_.token;
  session.client_.set_bearer(session.login_.token);
  if (auto token = session.fresh_token(); !token) return std::unexpected(token.error());
  return session;
}

Status ServerSession::log_in() {
  auto password = password_of(options_, options_.user);
  if (!password) return std::unexpected(password.error());
  Node body = Node::mapping();
  body.set("username", Node::text_of(options_.user));
  body.set("password", Node::text_of(*password));
  auto tokens = post("/login", body);
  if (!tokens) return std::unexpected(tokens.error());
  return take_tokens(*tokens);
}

Status ServerSession::take_tokens(const Node& tokens) {
  login_.url = options_.url;
  login_.ca_file = options_.trust.ca_file;
  login_.insecure_tls = !options_.trust.verify_server;
  if (!options_.user.empty()) login_.user = options_.user;
  login_.token = text_of(tokens, "access_token");
  login_.refresh_token = text_of(tokens, "refresh_token");
  login_.good_until = good_until_ = end_of(tokens);
  options_.token = login_.token;
  client_.set_bearer(login_.token);
  return {};
}

Result<std::string> ServerSession::fresh_token() {
  if (good_until_ == kNever || base::utc_now() + kRenewBefore < good_until_) return options_.token;
  // A login of this command alone; the password is asked for once only.
  const bool kept = options_.user.empty();
  if (auto done = kept ? renew_saved() : renew(); !done) return std::unexpected(done.error());
  return options_.token;
}

Status ServerSession::renew() {
  Node body = Node::mapping();
  body.set("refresh_token", Node::text_of(login_.refresh_token));
  auto tokens = post("/login/refresh", body);
  if (tokens) return take_tokens(*tokens);
  if (tokens.error().code != ErrorCode::unauthenticated) return std::unexpected(tokens.error());
  return fail(ErrorCode::unauthenticated, "the login at {} has ended; log in again: tagwerk login",
              options_.url);
}

Status ServerSession::renew_saved() {
  auto lock = RenewalLock::take();
  if (!lock) return std::unexpected(lock.error());
  auto now = read_saved_login();
  if (!now) return std::unexpected(now.error());
  if (now->url == login_.url && now->good_until > good_until_) {  // somebody else was first
    login_ = std::move(*now);
    good_until_ = login_.good_until;
    options_.token = login_.token;
    client_.set_bearer(login_.token);
    return {};
  }
  if (auto done = renew(); !done) return done;
  return write_saved_login(login_);
}

Result<net::HttpAnswer> ServerSession::send(std::string_view method, std::string_view target,
                                            std::string_view body) {
  return client_.request(method, target, body, body.empty() ? "" : "application/json");
}

Status ServerSession::download(std::string_view target, const net::BodySink& sink) {
  auto answer = client_.download(target, sink);
  if (!answer) return std::unexpected(answer.error());
  if (answer->status == 200) return {};
  return std::unexpected(refusal_of(answer->status, answer->body));
}

Result<Node> ServerSession::ask(std::string_view method, std::string_view target,
                                const Node* body) {
  auto answer = send(method, target, body == nullptr ? "" : model::to_json(*body));
  if (!answer) return std::unexpected(answer.error());
  if (answer->status < 200 || answer->status > 299)
    return std::unexpected(refusal_of(answer->status, answer->body));
  return parse_body(answer->body);
}

Status ServerSession::remove(std::string_view target) {
  auto done = ask("DELETE", target, nullptr);
  if (!done) return std::unexpected(done.error());
  return {};
}

Status ServerSession::each(std::string_view target, const std::function<bool(const Node&)>& take) {
  const char mark = target.find('?') == std::string_view::npos ? '?' : '&';
  std::string cursor;
  do {
    auto page = get(fmt::format("{}{}limit={}{}", target, mark, kPageItems,
                                cursor.empty() ? "" : "&cursor=" + net::percent_encode(cursor)));
    if (!page) return std::unexpected(page.error());
    for (const Node& item : items_of(*page, "items"))
      if (!take(item)) return {};
    cursor = text_of(*page, "cursor");
  } while (!cursor.empty());
  return {};
}

Result<std::vector<Node>> ServerSession::all(std::string_view target) {
  std::vector<Node> items;
  const auto done = each(target, [&items](const Node& item) {
    items.push_back(item);
    return true;
  });
  if (!done) return std::unexpected(done.error());
  return items;
}

Error refusal_of(int status, std::string_view body) {
  const auto parsed = model::parse_json(body, "answer");
  const Node* detail = parsed ? parsed->find("detail") : nullptr;
  std::string sentence;
  if (detail != nullptr)
    sentence = detail->is_scalar() ? detail->text : model::to_json(*detail);
  else
    sentence = body.substr(0, 200);
  return {code_of(status),
          sentence.empty() ? fmt::format("the server answered {}", status)
                           : fmt::format("the server answered {}: {}", status, sentence),
          {}};
}

}  // namespace tagwerk::console
