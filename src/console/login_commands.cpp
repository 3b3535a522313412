#include <cstdio>
#include <filesystem>
#include <memory>

#include "console/answer.hpp"
#include "console/command_spec.hpp"
#include "console/commands.hpp"
#include "console/exit_code.hpp"
#include "console/server_session.hpp"

/// `tagwerk login` and `logout`
namespace tagwerk::console {
namespace {

int log_in(const RemoteOptions& options) {
  if (options.user.empty() && options.token.empty())
    return report({ErrorCode::invalid_argument, "give --user, or a service key with --token", {}});
  auto session = ServerSession::open(options);
  if (!session) return report(session.error());
  auto who = session->get("/api/user");
  if (!who) return report(who.error());
  SavedLogin login = session->login();
  if (login.empty())
    login = {.url = session->options().url,
             .ca_file = session->options().trust.ca_file,
             .insecure_tls = !session->options().trust.verify_server,
             .token = options.token};
  if (!login.ca_file.empty()) login.ca_file = std::filesystem::absolute(login.ca_file);
  const auto lock = RenewalLock::take();
  if (!lock) return report(lock.error());
  if (auto saved = write_saved_login(login); !saved) return report(saved.error());
  std::printf("logged in at %s as %s; kept in %s\n", login.url.c_str(),
              text_of(*who, "username").c_str(), saved_login_file().c_str());
  return kExitGood;
}

int log_out() {
  auto login = read_saved_login();
  if (!login) return report(login.error());
  if (login->empty()) {
    std::printf("nobody was logged in\n");
    return kExitGood;
  }
  if (auto removed = remove_saved_login(); !removed) return report(removed.error());
  if (!login->refresh_token.empty()) {
    RemoteOptions options{.url = login->url, .token = login->token};
    options.trust = {.ca_file = login->ca_file, .verify_server = !login->insecure_tls};
    model::Node body = model::Node::mapping();
    body.set("refresh_token", model::Node::text_of(login->refresh_token));
    auto session = ServerSession::open(options);
    auto ended = session ? session->post("/logout", body) : Result<model::Node>();
    if (!session || !ended)
      std::fprintf(stderr, "tagwerk: %s does not answer; the login there ends by itself\n",
                   login->url.c_str());
  }
  std::printf("logged out from %s\n", login->url.c_str());
  return kExitGood;
}

}  // namespace

void add_login_commands(CommandSpec& app) {
  auto options = std::make_shared<RemoteOptions>();
  CommandSpec login =
      app.add_command("login", "Remember a server and a login for the commands that ask it");
  add_remote_options(login, *options);
  login.runs(options, log_in);
  CommandSpec logout = app.add_command("logout", "Forget them, and end the login");
  logout.runs(log_out);
}

}  // namespace tagwerk::console
