// /api/user, /api/users… and /api/roles.

#include <charconv>

#include "servers/http/http_api.hpp"
#include "servers/http/json_body.hpp"
#include "servers/http/json_writer.hpp"
#include "servers/http/routes.hpp"

namespace tagwerk::servers::http {
namespace {

using auth::Account;
using auth::UserId;

void append_account(JsonWriter& json, const Account& account) {
  const auth::AccountGrant grant =
      account.grants.empty() ? auth::AccountGrant{"", "/"} : account.grants.front();
  json.member("id", account.id)
      .member("created", account.created)
      .member("username", account.name)
      .member("email", account.email)
      .member("full_name", account.full_name)
      .member("role", grant.role)
      .member("subtree", grant.subtree)
      .member("disabled", account.disabled);
}

std::string account_json(const Account& account) {
  std::string body;
  JsonWriter json(body);
  json.open_object();
  append_account(json, account);
  json.close_object();
  return body;
}

/// Answers the call when the caller may not administer users.
bool may_administer(Call& call) {
  if (call.principal->can(auth::Right::users)) return true;
  call.fail(403, "the right 'users' is needed");
  return false;
}

std::optional<UserId> user_in_path(Call& call) {
  UserId id = 0;
  const std::string& text = call.parameter;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error == std::errc{} && end == text.data() + text.size()) return id;
  call.fail(404, fmt::format("there is no user {}", text));
  return std::nullopt;
}

/// Records what was done to a user, then answers with the user.
void finish(Call call, std::string action, std::string detail, int status,
            Result<Account> account) {
  if (!account) return call.fail(account.error());
  access::Access& access = call.api.access();
  access::AuditEntry entry{.at = base::utc_now(),
                           .who = call.principal->name(),
                           .origin = call.caller().origin,
                           .action = std::move(action),
                           .target = "user " + account->name,
                           .outcome = "ok",
                           .detail = std::move(detail)};
  access.record(std::move(entry),
                [call = std::move(call), status, account = std::move(*account)](Status) mutable {
                  if (status == 204) return call.no_content();
                  call.json(status, account_json(account));
                });
}

std::string describe(const auth::UserChange& change) {
  std::string out;
  const auto add = [&](std::string_view name, const std::string& value) {
    out += fmt::format("{}{} = '{}'", out.empty() ? "" : ", ", name, value);
  };
  if (change.role) add("role", *change.role);
  if (change.subtree) add("subtree", *change.subtree);
  if (change.full_name) add("full_name", *change.full_name);
  if (change.email) add("email", *change.email);
  if (change.disabled) add("disabled", *change.disabled ? "true" : "false");
  return out;
}

}  // namespace

void get_own_user(Call call) {
  const auto directory = call.api.authenticator().directory().load();
  const auto* user = directory->find(call.principal->id());
  if (user == nullptr) return call.fail(401, auth::kBadToken);
  std::string body;
  JsonWriter json(body);
  json.open_object();
  append_account(json, user->account);
  json.key("rights").open_array();
  for (const auto& [right, subtree] : call.principal->listed_rights())
    json.open_object().member("right", right).member("subtree", subtree).close_object();
  json.close_array().close_object();
  call.json(std::move(body));
}

void get_users(Call call) {
  if (!may_administer(call)) return;
  const auto query = call.query();
  if (!query) return call.fail(query.error());
  const auto page = Page::from(*query);
  if (!page) return call.fail(page.error());
  const auto directory = call.api.authenticator().directory().load();
  const auto& users = directory->users();
  std::string body;
  JsonWriter json(body);
  json.open_object().key("items").open_array();
  for (std::size_t i = page->offset; i < page->end(users.size()); ++i) {
    json.open_object();
    append_account(json, users[i].account);
    json.close_object();
  }
  json.close_array().member_or_null("cursor", page->next(users.size())).close_object();
  call.json(std::move(body));
}

void post_users(Call call) {
  if (!may_administer(call)) return;
  const auto body = call.json_body();
  if (!body) return;
  BodyFields fields(*body);
  auth::SignUp wanted;
  wanted.user.name = fields.text("username");
  wanted.password = fields.text("password");
  wanted.user.role = fields.text("role");
  wanted.user.subtree = fields.optional_text("subtree").value_or("/");
  wanted.user.full_name = fields.optional_text("full_name").value_or("");
  wanted.user.email = fields.optional_text("email").value_or("");
  if (const Status whole = fields.finish(); !whole) return call.fail(whole.error());
  std::string detail =
      fmt::format("role = '{}', subtree = '{}'", wanted.user.role, wanted.user.subtree);
  auth::Authenticator& authenticator = call.api.authenticator();
  authenticator.add_user(std::move(wanted), base::utc_now(),
                         [call = std::move(call), detail](Result<Account> account) mutable {
                           finish(std::move(call), "user.add", std::move(detail), 201,
                                  std::move(account));
                         });
}

void put_user(Call call) {
  if (!may_administer(call)) return;
  const auto id = user_in_path(call);
  if (!id) return;
  const auto body = call.json_body();
  if (!body) return;
  BodyFields fields(*body);
  auth::UserChange change{.role = fields.optional_text("role"),
                          .subtree = fields.optional_text("subtree"),
                          .full_name = fields.optional_text("full_name"),
                          .email = fields.optional_text("email"),
                          .disabled = fields.optional_bool("disabled")};
  if (const Status whole = fields.finish(); !whole) return call.fail(whole.error());
  std::string detail = describe(change);
  auth::Authenticator& authenticator = call.api.authenticator();
  authenticator.change_user(*id, std::move(change), base::utc_now(),
                            [call = std::move(call), detail](Result<Account> account) mutable {
                              finish(std::move(call), "user.change", std::move(detail), 200,
                                     std::move(account));
                            });
}

void delete_user(Call call) {
  if (!may_administer(call)) return;
  const auto id = user_in_path(call);
  if (!id) return;
  auth::Authenticator& authenticator = call.api.authenticator();
  const auto directory = authenticator.directory().load();
  const auto* user = directory->find(*id);
  if (user == nullptr) return call.fail(404, fmt::format("there is no user {}", *id));
  authenticator.remove_user(*id,
                            [call = std::move(call), account = user->account](Status done) mutable {
                              Result<Account> result = std::move(account);
                              if (!done) result = std::unexpected(done.error());
                              finish(std::move(call), "user.remove", "", 204, std::move(result));
                            });
}

void post_user_password(Call call) {
  const auto id = user_in_path(call);
  if (!id) return;
  const auto body = call.json_body();
  if (!body) return;
  BodyFields fields(*body);
  std::string password = fields.text("password");
  auto current = fields.optional_text("current");
  if (const Status whole = fields.finish(); !whole) return call.fail(whole.error());
  const bool own = *id == call.principal->id() && current.has_value();
  if (!own && !may_administer(call)) return;

  auth::Authenticator& authenticator = call.api.authenticator();
  const std::string address = call.request.peer()->address;
  auto done = [call = std::move(call)](Result<Account> account) mutable {
    finish(std::move(call), "user.password", "", 204, std::move(account));
  };
  if (own)
    authenticator.change_own_password(*id, std::move(*current), std::move(password), address,
                                      auth::Now::read(), std::move(done));
  else
    authenticator.set_password(*id, std::move(password), base::utc_now(), std::move(done));
}

void get_roles(Call call) {
  std::string body;
  JsonWriter json(body);
  json.open_object().key("items").open_array();
  for (const auth::Role& role : auth::builtin_roles()) {
    json.open_object().member("name", role.name).key("rights").open_array();
    for (const std::string& right : auth::right_names(role.rights, role.named))
      json.value(right);
    json.close_array().close_object();
  }
  json.close_array().key("cursor").null().close_object();
  call.json(std::move(body));
}

}  // namespace tagwerk::servers::http
