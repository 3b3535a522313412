#pragma once

#include <span>
#include <string>

#include "access/access.hpp"
#include "servers/http/json_writer.hpp"

namespace tagwerk::servers::http {

/// Appends the list of what became of each item, as PUT /api/values and the WebSocket answer.
/// True when all are good.
inline bool append_write_results(std::string& out,
                                 std::span<const access::WriteItemResult> results) {
  bool all_ok = true;
  JsonWriter json(out);
  json.open_array();
  for (const access::WriteItemResult& each : results) {
    all_ok &= each.ok;
    json.open_object()
        .member("path", each.path)
        .member("ok", each.ok)
        .member("status", model::name(each.status))
        .member("detail", each.detail)
        .member("value", each.value)
        .close_object();
  }
  json.close_array();
  return all_ok;
}

}  // namespace tagwerk::servers::http
