#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "console/saved_login.hpp"
#include "model/document.hpp"
#include "net/http_client.hpp"
#include "net/tls_context.hpp"

namespace tagwerk::console {

class CommandSpec;

/// Which server a command talks to and who asks; what is empty comes from the environment, then
/// from `tagwerk login`. See resolve.
struct RemoteOptions {
  std::string url;
  std::string token;  ///< access token or service key
  std::string user;
  std::string password_file;
  net::TlsTrust trust;  ///< for https:
};

/// --url, --ca, --insecure-tls, --token, --user, --password-file.
void add_remote_options(CommandSpec& command, RemoteOptions& options);

/// How long a command waits for one answer: a large project takes its time on a small machine.
inline constexpr Duration kPatience = std::chrono::minutes(10);

/// The password in options.password_file, else asked for on the terminal, unseen.
/// Fails: unauthenticated without a terminal; invalid_argument for the file
Result<std::string> password_of(const RemoteOptions& options, const std::string& user);

/// A running server as a command sees it: asks as somebody, reads JSON, turns refusals into errors.
/// Threads: one   Blocks: up to its patience for one answer
/// Fails: unavailable and timeout when no server answers, unauthenticated without a login, and what
/// the server refuses with, in its own words
class ServerSession {
 public:
  static Result<ServerSession> open(const RemoteOptions& options, Duration patience = kPatience);

  /// The answer's body; null for an empty one.
  Result<model::Node> get(std::string_view target) { return ask("GET", target, nullptr); }
  Result<model::Node> post(std::string_view target, const model::Node& body) {
    return ask("POST", target, &body);
  }
  Result<model::Node> put(std::string_view target, const model::Node& body) {
    return ask("PUT", target, &body);
  }
  Status remove(std::string_view target);
  /// As it came, with whatever status.
  Result<net::HttpAnswer> send(std::string_view method, std::string_view target,
                               std::string_view body = {});

  /// A large answer, piece by piece.
  Status download(std::string_view target, const net::BodySink& sink);

  /// Every item of a list, page after page; stops early when `take` says false. `target` is without
  /// limit and cursor.
  Status each(std::string_view target, const std::function<bool(const model::Node&)>& take);
  Result<std::vector<model::Node>> all(std::string_view target);

  /// A token that is good for a while: renews the login when it is about to end.
  Result<std::string> fresh_token();
  /// With the URL and the trust that count.
  const RemoteOptions& options() const { return options_; }
  /// What `tagwerk login` would keep.
  const SavedLogin& login() const { return login_; }

 private:
  ServerSession(RemoteOptions options, net::HttpClient client)
      : options_(std::move(options)), client_(std::move(client)) {}
  Result<model::Node> ask(std::string_view method, std::string_view target,
                          const model::Node* body);
  Status log_in();
  Status take_tokens(const model::Node& tokens);
  Status renew();
  Status renew_saved();

  RemoteOptions options_;  ///< resolved
  net::HttpClient client_;
  SavedLogin login_;             ///< of a user; empty when a token was given
  UtcTime good_until_ = kNever;  ///< of the access token; kNever: does not end by itself
};

/// What the given options leave open, filled from the environment (TAGWERK_URL, TAGWERK_CA,
/// TAGWERK_TOKEN) and from the saved login, which counts for its own URL only.
RemoteOptions resolve(RemoteOptions given, const SavedLogin& saved);

/// The error that an answer with such a status and body is.
Error refusal_of(int status, std::string_view body);

}  // namespace tagwerk::console
