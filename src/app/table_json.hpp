#pragma once

#include "servers/http/json_writer.hpp"
#include "table/reader.hpp"

namespace tagwerk::app {

using servers::http::JsonWriter;

/// What `table ls` and `table check` say of a segment: members of an open object. Ages in seconds,
/// as everywhere in JSON.
inline void write_information(JsonWriter& json, const tagwerk_table_information& information) {
  json.member("layout_version", information.layout_version)
      .member("segment_bytes", information.segment_bytes)
      .member("used_bytes", information.used_bytes)
      .member("mode", fmt::format("{:04o}", information.mode))
      .member("owner_uid", information.owner_uid)
      .member("slot_capacity", information.slot_capacity)
      .member("tags", information.tag_count)
      .member("writer_pid", information.writer_pid)
      .member("writer_alive", information.writer_alive != 0)
      .member("heartbeat", UtcTime{Duration{information.heartbeat_utc_ns}})
      .member("heartbeat_age", Duration{information.heartbeat_age_ns})
      .member("generation", information.generation)
      .member("directory", information.directory)
      .member("publish", information.publish);
}

}  // namespace tagwerk::app
