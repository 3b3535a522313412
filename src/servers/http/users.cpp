// /api/user and /api/users….

#include "servers/http/administration.hpp"
#include "servers/http/grants_json.hpp"
#include "servers/http/http_api.hpp"
#include "servers/http/list_json.hpp"
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
  append_grants(json, account.grants);
}

/// A key as if it were a user, for clients that only want to know who they are.
void append_key_as_user(JsonWriter& json, const auth::ServiceKey& key) {
  append_account(json, {.id = key.id,
                        .name = key.name,
                        .full_name = key.description,
                        .disabled = false,
                        .created = key.created,
                        .grants = key.grants});
}

std::string account_json(const Account& account) {
  std::string body;
  JsonWriter json(body);
  json.open_object();
  append_account(json, account);
  json.close_object();
  return body;
}

/// Records what was done to a user, then answers with the user.
void finish(Call call, std::string action, std::string detail, int status,
            Result<Account> account) {
  if (!account) return call.fail(account.error());
  Deed deed{std::move(action), "user " + account->name, std::move(detail)};
  record(std::move(call), std::move(deed), [status, account = std::move(*account)](Call done) {
    if (status == 204) return done.no_content();
    done.json(status, account_json(account));
  });
}

/// Either role and subtree or grants.
Status read_user_grants(BodyFields& fields, std::optional<std::vector<auth::AccountGrant>>& out) {
  const model::Node* list = fields.optional_list("grants");
  if (list == nullptr) return {};
  auto grants = read_grants(*list);
  if (!grants) return std::unexpected(grants.error());
  out = std::move(*grants);
  return {};
}

Status check_one_way(const std::optional<std::string>& role,
                     const std::optional<std::string>& subtree,
                     const std::optional<std::vector<auth::AccountGrant>>& grants) {
  if (!grants || (!role && !subtree)) return {};
  return fail(ErrorCode::invalid_argument,
              "'grants' says all that 'role' and 'subtree' say; give one or the other");
}

/// A key's id says nothing of users.
bool is_own(const Call& call, UserId id) {
  return call.principal->is_user() && call.principal->id() == id;
}

std::string describe(const auth::UserChange& change) {
  std::string out;
  const auto add = [&](std::string_view name, const std::string& value) {
    out += fmt::format("{}{} = '{}'", out.empty() ? "" : ", ", name, value);
  };
  if (change.role) add("role", *change.role);
  if (change.subtree) add("subtree", *change.subtree);
  if (change.grants) add("grants", describe_grants(*change.grants));
  if (change.full_name) add("full_name", *change.full_name);
  if (change.email) add("email", *change.email);
  if (change.disabled) add("disabled", *change.disabled ? "true" : "false");
  return out;
}

}  // namespace

void get_own_user(Call call) {
  const auth::Principal& principal = *call.principal;
  const auto directory = call.api.authenticator().directory().load();
  const auto* user = principal.is_user() ? directory->find(principal.id()) : nullptr;
  const auto* key = principal.is_user() ? nullptr : directory->find_key(principal.id());
  if (user == nullptr && key == nullptr) return call.fail(401, auth::kBadToken);
  std::string body;
  JsonWriter json(body);
  json.open_object().member("kind", auth::to_string(principal.kind()));
  if (user != nullptr)
    append_account(json, user->account);
  else
    append_key_as_user(json, key->record);
  json.member("expires", key == nullptr ? kNever : key->record.expires.value_or(kNever));
  json.key("rights").open_array();
  for (const auto& [right, subtree] : principal.listed_rights())
    json.open_object().member("right", right).member("subtree", subtree).close_object();
  json.close_array().close_object();
  call.json(std::move(body));
}

void get_users(Call call) {
  if (!may_administer(call)) return;
  const auto page = call.page();
  if (!page) return call.fail(page.error());
  const auto directory = call.api.authenticator().directory().load();
  call.json(page_json(*page, directory->users(), [](JsonWriter& json, const auto& user) {
    json.open_object();
    append_account(json, user.account);
    json.close_object();
  }));
}

void post_users(Call call) {
  if (!may_administer(call)) return;
  const auto body = call.json_body();
  if (!body) return;
  BodyFields fields(*body);
  auth::SignUp wanted;
  wanted.user.name = fields.text("username");
  wanted.password = fields.text("password");
  auto& grants = wanted.user.grants;
  const Status read = read_user_grants(fields, grants);
  const auto role = grants ? fields.optional_text("role") : fields.text("role");
  const auto subtree = fields.optional_text("subtree");
  wanted.user.full_name = fields.optional_text("full_name").value_or("");
  wanted.user.email = fields.optional_text("email").value_or("");
  for (const Status& good : {fields.finish(), read, check_one_way(role, subtree, grants)})
    if (!good) return call.fail(good.error());
  if (!grants) grants = {{role.value_or(""), subtree.value_or("/")}};
  std::string detail = describe_grants(*grants);
  auth::Authenticator& authenticator = call.api.authenticator();
  auto by = call.principal;
  authenticator.add_user(std::move(by), std::move(wanted), base::utc_now(),
                         [call = std::move(call), detail](Result<Account> account) mutable {
                           finish(std::move(call), "user.add", std::move(detail), 201,
                                  std::move(account));
                         });
}

void put_user(Call call) {
  if (!may_administer(call)) return;
  const auto id = id_in_path(call, "user");
  if (!id) return;
  const auto body = call.json_body();
  if (!body) return;
  BodyFields fields(*body);
  auth::UserChange change{.role = fields.optional_text("role"),
                          .subtree = fields.optional_text("subtree"),
                          .full_name = fields.optional_text("full_name"),
                          .email = fields.optional_text("email"),
                          .disabled = fields.optional_bool("disabled")};
  const Status read = read_user_grants(fields, change.grants);
  for (const Status& good :
       {fields.finish(), read, check_one_way(change.role, change.subtree, change.grants)})
    if (!good) return call.fail(good.error());
  std::string detail = describe(change);
  auth::Authenticator& authenticator = call.api.authenticator();
  auto by = call.principal;
  authenticator.change_user(std::move(by), *id, std::move(change), base::utc_now(),
                            [call = std::move(call), detail](Result<Account> account) mutable {
                              finish(std::move(call), "user.change", std::move(detail), 200,
                                     std::move(account));
                            });
}

void delete_user(Call call) {
  if (!may_administer(call)) return;
  const auto id = id_in_path(call, "user");
  if (!id) return;
  auth::Authenticator& authenticator = call.api.authenticator();
  const auto directory = authenticator.directory().load();
  const auto* user = directory->find(*id);
  if (user == nullptr) return call.fail(404, fmt::format("there is no user {}", *id));
  auto by = call.principal;
  authenticator.remove_user(std::move(by), *id,
                            [call = std::move(call), account = user->account](Status done) mutable {
                              Result<Account> result = std::move(account);
                              if (!done) result = std::unexpected(done.error());
                              finish(std::move(call), "user.remove", "", 204, std::move(result));
                            });
}

void post_user_password(Call call) {
  const auto id = id_in_path(call, "user");
  if (!id) return;
  const auto body = call.json_body();
  if (!body) return;
  BodyFields fields(*body);
  std::string password = fields.text("password");
  auto current = fields.optional_text("current");
  if (const Status whole = fields.finish(); !whole) return call.fail(whole.error());
  const bool own = is_own(call, *id) && current.has_value();
  if (!own && !may_administer(call)) return;

  auth::Authenticator& authenticator = call.api.authenticator();
  const std::string address = call.request.peer()->address;
  if (own)
    return authenticator.change_own_password(
        *id, std::move(*current), std::move(password), address, auth::Now::read(),
        [call = std::move(call)](std::expected<Account, auth::Refusal> account) mutable {
          if (!account) return call.fail(account.error());
          finish(std::move(call), "user.password", "", 204, std::move(*account));
        });
  auto by = call.principal;
  authenticator.set_password(std::move(by), *id, std::move(password), base::utc_now(),
                             [call = std::move(call)](Result<Account> account) mutable {
                               finish(std::move(call), "user.password", "", 204,
                                      std::move(account));
                             });
}

void delete_user_sessions(Call call) {
  const auto id = id_in_path(call, "user");
  if (!id) return;
  if (!is_own(call, *id) && !may_administer(call)) return;
  auth::Authenticator& authenticator = call.api.authenticator();
  authenticator.end_sessions(
      *id, base::utc_now(), [call = std::move(call)](Result<Account> account) mutable {
        finish(std::move(call), "user.sessions", "all sessions ended", 204, std::move(account));
      });
}

}  // namespace tagwerk::servers::http
