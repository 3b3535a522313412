#pragma once

#include "access/subtree_locks.hpp"
#include "servers/http/json_writer.hpp"

namespace tagwerk::servers::http {

/// `{"id","path","who","reason","since","until"}`, as of /api/locks.
inline void append_lock(JsonWriter& json, const access::Lock& lock) {
  json.open_object()
      .member("id", lock.id)
      .member("path", lock.path)
      .member("who", lock.who)
      .member("reason", lock.reason)
      .member("since", lock.since)
      .member("until", lock.until.value_or(kNever))
      .close_object();
}

}  // namespace tagwerk::servers::http
