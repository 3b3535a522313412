#include <algorithm>
#include <cstdio>

#include "app/command_line.hpp"
#include "app/table_commands.hpp"
#include "app/table_json.hpp"

/// `tagwerk table ls`
namespace tagwerk::app {
namespace {

std::string state_of(const table::InstanceRecord& record) {
  if (!record.has_name) return "only the System V segment is left";
  return record.information->writer_alive != 0 ? "written" : "old: no writer";
}

void print(const table::InstanceRecord& record) {
  if (!record.information) {
    std::printf("%-16s %s\n", record.instance.c_str(), record.information.error().message.c_str());
    return;
  }
  const auto& information = *record.information;
  const std::string key = record.sysv_key != 0 ? table::to_string_of_key(record.sysv_key) : "-";
  std::printf("%-16s %8u %8u %10llu %8u %10s %10s  %s\n", record.instance.c_str(),
              information.tag_count, information.slot_capacity,
              static_cast<unsigned long long>(information.used_bytes / 1024),
              information.writer_pid, to_age(information.heartbeat_age_ns).c_str(), key.c_str(),
              state_of(record).c_str());
}

void write(JsonWriter& json, const table::InstanceRecord& record) {
  json.open_object().member("instance", record.instance);
  json.key("segment");
  record.has_name ? json.value(table::segment_path(record.instance)) : json.null();
  json.key("sysv_key");
  record.sysv_key != 0 ? json.value(table::to_string_of_key(record.sysv_key)) : json.null();
  if (record.information)
    write_information(json, *record.information);
  else
    json.member("error", record.information.error().message);
  json.close_object();
}

}  // namespace

int list_tables(const TableArguments& arguments) {
  auto records = table::list_instances();
  if (!arguments.instance.empty()) {
    std::erase_if(records, [&](const auto& each) { return each.instance != arguments.instance; });
    if (records.empty())
      return report(
          fail(ErrorCode::not_found, "there is no table '{}'", arguments.instance).error());
  }
  if (arguments.json) {
    std::string text;
    JsonWriter json(text);
    json.open_object().key("items").open_array();
    for (const auto& record : records)
      write(json, record);
    json.close_array().close_object();
    std::printf("%s\n", text.c_str());
    return kExitGood;
  }
  std::printf("%-16s %8s %8s %10s %8s %10s %10s  %s\n", "INSTANCE", "TAGS", "SLOTS", "KiB",
              "WRITER", "AGE", "SYSV KEY", "STATE");
  for (const auto& record : records)
    print(record);
  return kExitGood;
}

}  // namespace tagwerk::app
