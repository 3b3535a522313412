// /login…, /logout and /api/setup: how clients come by tokens.

#include "servers/http/http_api.hpp"
#include "servers/http/json_body.hpp"
#include "servers/http/json_writer.hpp"
#include "servers/http/routes.hpp"

namespace tagwerk::servers::http {
namespace {

using Outcome = std::expected<auth::Tokens, auth::Refusal>;

struct Credentials {
  std::string name;
  std::string password;
};

std::string tokens_json(const auth::Tokens& tokens) {
  std::string body;
  JsonWriter(body)
      .open_object()
      .member("access_token", tokens.access)
      .member("token_type", "bearer")
      .member("expires_in", tokens.expires_in.count())
      .member("refresh_token", tokens.refresh)
      .close_object();
  return body;
}

void reply_tokens(Call& call, int status, const auth::Tokens& tokens) {
  net::Response response(status, "application/json", tokens_json(tokens));
  call.reply(std::move(response.header("Cache-Control", "no-store")));
}

/// The audit first, then the answer: a login that cannot be recorded is still a login, and the
/// status says that the audit is ill.
void record_login(Call call, std::string action, std::string user, Outcome outcome) {
  access::Access& access = call.api.access();
  access::AuditEntry entry{.at = base::utc_now(),
                           .who = user,
                           .origin = call.caller().origin,
                           .action = std::move(action),
                           .target = std::move(user),
                           .outcome = outcome ? "ok" : "refused",
                           .detail = outcome ? "" : outcome.error().error.message};
  access.record(std::move(entry),
                [call = std::move(call), outcome = std::move(outcome)](Status) mutable {
                  if (!outcome) return call.fail(outcome.error());
                  reply_tokens(call, 200, *outcome);
                });
}

Result<Credentials> from_form(const std::string& body) {
  const auto form = net::QueryParameters::parse(body);
  if (!form) return std::unexpected(form.error());
  const auto name = form->find("username");
  const auto password = form->find("password");
  if (!name || !password)
    return fail(ErrorCode::invalid_argument, "the form needs username and password");
  return Credentials{std::string(*name), std::string(*password)};
}

/// From a form or from JSON; answers the call when there is nothing to read.
std::optional<Credentials> read_credentials(Call& call) {
  Result<Credentials> read;
  if (net::equal_ignoring_case(media_type(call.request), "application/x-www-form-urlencoded")) {
    read = from_form(call.request.body());
  } else {
    const auto body = call.json_body();
    if (!body) return std::nullopt;
    BodyFields fields(*body);
    read = Credentials{fields.text("username"), fields.text("password")};
    if (const Status whole = fields.finish(); !whole) read = std::unexpected(whole.error());
  }
  if (read) return std::move(*read);
  call.fail(read.error());
  return std::nullopt;
}

/// The one text of a small body, or nothing when the call has been answered.
std::optional<std::string> read_refresh_token(Call& call) {
  const auto body = call.json_body();
  if (!body) return std::nullopt;
  BodyFields fields(*body);
  std::string token = fields.text("refresh_token");
  if (const Status whole = fields.finish(); !whole) {
    call.fail(whole.error());
    return std::nullopt;
  }
  return token;
}

}  // namespace

void post_login(Call call) {
  auto credentials = read_credentials(call);
  if (!credentials) return;
  auth::Authenticator& authenticator = call.api.authenticator();
  const std::string address = call.request.peer()->address;
  std::string name = credentials->name;
  authenticator.login(std::move(credentials->name), std::move(credentials->password), address,
                      auth::Now::read(), [call = std::move(call), name](Outcome outcome) mutable {
                        // Attempts over the limit are not recorded: they must stay cheap.
                        if (!outcome && outcome.error().error.code != ErrorCode::unauthenticated)
                          return call.fail(outcome.error());
                        record_login(std::move(call), "login", name, std::move(outcome));
                      });
}

void post_login_refresh(Call call) {
  auto token = read_refresh_token(call);
  if (!token) return;
  auth::Authenticator& authenticator = call.api.authenticator();
  authenticator.refresh(std::move(*token), base::utc_now(),
                        [call = std::move(call)](Outcome outcome) mutable {
                          if (!outcome) return call.fail(outcome.error());
                          reply_tokens(call, 200, *outcome);
                        });
}

void post_logout(Call call) {
  auto token = read_refresh_token(call);
  if (!token) return;
  auth::Authenticator& authenticator = call.api.authenticator();
  authenticator.logout(std::move(*token), base::utc_now(),
                       [call = std::move(call)](Status done) mutable {
                         if (!done) return call.fail(done.error());
                         call.no_content();
                       });
}

void get_setup(Call call) {
  call.json(call.api.authenticator().setup_needed() ? "{\"needed\":true}" : "{\"needed\":false}");
}

void post_setup(Call call) {
  const auto body = call.json_body();
  if (!body) return;
  BodyFields fields(*body);
  std::string token = fields.text("token");
  std::string name = fields.text("name");
  std::string password = fields.text("password");
  if (const Status whole = fields.finish(); !whole) return call.fail(whole.error());
  auth::Authenticator& authenticator = call.api.authenticator();
  const std::string address = call.request.peer()->address;
  authenticator.setup(std::move(token), name, std::move(password), address, auth::Now::read(),
                      [call = std::move(call), name](Outcome outcome) mutable {
                        if (!outcome) return call.fail(outcome.error());
                        access::Access& access = call.api.access();
                        access::AuditEntry entry{.at = base::utc_now(),
                                                 .who = name,
                                                 .origin = call.caller().origin,
                                                 .action = "setup",
                                                 .target = name,
                                                 .outcome = "ok",
                                                 .detail = "the first administrator was made"};
                        access.record(std::move(entry),
                                      [call = std::move(call), tokens = std::move(*outcome)](
                                          Status) mutable { reply_tokens(call, 201, tokens); });
                      });
}

}  // namespace tagwerk::servers::http
