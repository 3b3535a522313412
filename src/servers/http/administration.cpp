#include "servers/http/administration.hpp"

#include <charconv>

#include "servers/http/http_api.hpp"

namespace tagwerk::servers::http {

bool may_administer(Call& call) {
  if (call.principal->can(auth::Right::users)) return true;
  call.fail(403, "the right 'users' is needed");
  return false;
}

std::optional<std::uint64_t> id_in_path(Call& call, std::string_view what) {
  std::uint64_t id = 0;
  const std::string& text = call.parameter;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error == std::errc{} && end == text.data() + text.size()) return id;
  call.fail(404, fmt::format("there is no {} {}", what, text));
  return std::nullopt;
}

void record(Call call, Deed deed, std::move_only_function<void(Call)> then) {
  access::Access& access = call.api.access();
  access::AuditEntry entry{.at = base::utc_now(),
                           .who = call.principal->name(),
                           .origin = call.caller().origin,
                           .action = std::move(deed.action),
                           .target = std::move(deed.target),
                           .outcome = "ok",
                           .detail = std::move(deed.detail)};
  access.record(std::move(entry), [call = std::move(call), then = std::move(then)](Status) mutable {
    then(std::move(call));
  });
}

}  // namespace tagwerk::servers::http
