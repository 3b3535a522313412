// /api/keys… and /api/secret/rotate.

#include "servers/http/administration.hpp"
#include "servers/http/grants_json.hpp"
#include "servers/http/http_api.hpp"
#include "servers/http/list_json.hpp"
#include "servers/http/routes.hpp"

namespace tagwerk::servers::http {
namespace {

using auth::ServiceKey;

void append_key(JsonWriter& json, const ServiceKey& key, std::optional<UtcTime> last_used) {
  json.member("id", key.id).member("name", key.name).member("description", key.description);
  append_grants(json, key.grants);
  json.member("created", key.created)
      .member_or_null("created_by", key.created_by)
      .member("expires", key.expires.value_or(kNever))
      .member("last_used", last_used.value_or(kNever))
      .member("revoked", key.revoked.value_or(kNever));
}

Result<auth::NewKey> read_key(const model::Node& body) {
  BodyFields fields(body);
  auth::NewKey key{.name = fields.text("name"),
                   .description = fields.optional_text("description").value_or("")};
  const auto expires = fields.optional_time("expires");
  const model::Node* grants = fields.list("grants");
  if (const Status whole = fields.finish(); !whole) return std::unexpected(whole.error());
  key.expires = expires;
  auto read = read_grants(*grants);
  if (!read) return std::unexpected(read.error());
  key.grants = std::move(*read);
  return key;
}

/// The only answer that has the key itself.
void reply_made(Call call, const auth::MadeKey& made) {
  std::string body;
  JsonWriter json(body);
  json.open_object();
  append_key(json, made.key, {});
  json.member("key", made.text).close_object();
  call.reply(
      net::Response(201, "application/json", std::move(body)).header("Cache-Control", "no-store"));
}

}  // namespace

void get_keys(Call call) {
  if (!may_administer(call)) return;
  const auto page = call.page();
  if (!page) return call.fail(page.error());
  const auto directory = call.api.authenticator().directory().load();
  call.json(page_json(*page, directory->keys(), [](JsonWriter& json, const auto& key) {
    json.open_object();
    append_key(json, key.record, key.use->last());
    json.close_object();
  }));
}

void post_keys(Call call) {
  if (!may_administer(call)) return;
  const auto body = call.json_body();
  if (!body) return;
  auto key = read_key(*body);
  if (!key) return call.fail(key.error());
  auth::Authenticator& authenticator = call.api.authenticator();
  auto by = call.principal;
  authenticator.add_key(
      std::move(by), std::move(*key), base::utc_now(),
      [call = std::move(call)](Result<auth::MadeKey> made) mutable {
        if (!made) return call.fail(made.error());
        std::string detail = describe_grants(made->key.grants);
        if (made->key.expires) detail += ", until " + base::to_rfc3339(*made->key.expires);
        Deed deed{"key.add", "key " + made->key.name, std::move(detail)};
        record(std::move(call), std::move(deed),
               [made = std::move(*made)](Call done) { reply_made(std::move(done), made); });
      });
}

void delete_key(Call call) {
  if (!may_administer(call)) return;
  const auto id = id_in_path(call, "key");
  if (!id) return;
  auth::Authenticator& authenticator = call.api.authenticator();
  authenticator.revoke_key(*id, base::utc_now(),
                           [call = std::move(call)](Result<ServiceKey> key) mutable {
                             if (!key) return call.fail(key.error());
                             record(std::move(call), {"key.revoke", "key " + key->name, ""},
                                    [](Call done) { done.no_content(); });
                           });
}

void post_secret_rotate(Call call) {
  if (!may_administer(call)) return;
  auth::Authenticator& authenticator = call.api.authenticator();
  authenticator.rotate_secret([call = std::move(call)](Status rotated) mutable {
    if (!rotated) return call.fail(rotated.error());
    record(std::move(call), {"secret.rotate", "secret", ""}, [](Call done) { done.no_content(); });
  });
}

}  // namespace tagwerk::servers::http
