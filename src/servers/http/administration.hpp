#pragma once

#include <functional>
#include <string>

#include "servers/http/call.hpp"

namespace tagwerk::servers::http {

/// What the routes that change users, keys and roles have in common.

/// Needs the right `users`. Answers the call when it is missing.
bool may_administer(Call& call);

/// The number that stands for `{id}` in the route. Answers the call with 404 when it is none;
/// `what` it counts: "user".
std::optional<std::uint64_t> id_in_path(Call& call, std::string_view what);

/// What was done, for the audit.
struct Deed {
  std::string action;  ///< "key.add"
  std::string target;  ///< "key grafana"
  std::string detail;
};
/// Into the audit, then answers. An audit that cannot be written shows in the status.
void record(Call call, Deed deed, std::move_only_function<void(Call)> then);

}  // namespace tagwerk::servers::http
