// /api/locks….

#include "servers/http/administration.hpp"
#include "servers/http/http_api.hpp"
#include "servers/http/json_body.hpp"
#include "servers/http/list_json.hpp"
#include "servers/http/lock_json.hpp"
#include "servers/http/routes.hpp"

namespace tagwerk::servers::http {

void get_locks(Call call) {
  call.json(list_json(call.api.access().locks(*call.principal), append_lock));
}

void post_locks(Call call) {
  const auto body = call.json_body();
  if (!body) return;
  BodyFields fields(*body);
  access::NewLock wanted{.path = fields.text("path"), .reason = fields.text("reason")};
  wanted.until = fields.optional_time("until");
  if (const Status whole = fields.finish(); !whole) return call.fail(whole.error());
  access::Access& access = call.api.access();
  access::Caller caller = call.caller();
  access.lock(std::move(caller), std::move(wanted),
              [call = std::move(call)](Result<access::Lock> lock) mutable {
                if (!lock) return call.fail(lock.error());
                std::string text;
                JsonWriter json(text);
                append_lock(json, *lock);
                call.json(201, std::move(text));
              });
}

void delete_lock(Call call) {
  const auto id = id_in_path(call, "lock");
  if (!id) return;
  access::Access& access = call.api.access();
  access::Caller caller = call.caller();
  access.unlock(std::move(caller), *id,
                [call = std::move(call)](Result<access::Lock> lock) mutable {
                  if (!lock) return call.fail(lock.error());
                  call.no_content();
                });
}

}  // namespace tagwerk::servers::http
