#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "app/command_line.hpp"
#include "app/exit_code.hpp"
#include "model/path.hpp"
#include "table/reader.hpp"

namespace tagwerk::app {
namespace {

struct TableArguments {
  std::string instance;
  std::vector<std::string> paths;
};

/// The instance named, or the only one there is.
Result<std::string> choose_instance(const std::string& given) {
  if (!given.empty()) return given;
  const auto instances = table::list_instances();
  if (instances.size() == 1) return instances.front().instance;
  if (instances.empty())
    return fail(ErrorCode::not_found, "there is no table on this machine; start a server");
  return fail(ErrorCode::conflict, "there are {} tables; name one with --instance, see 'table ls'",
              instances.size());
}

int list(const TableArguments&) {
  std::printf("%-16s %8s %8s %10s %8s %10s  %s\n", "INSTANCE", "TAGS", "SLOTS", "KiB", "WRITER",
              "AGE", "STATE");
  for (const table::InstanceRecord& each : table::list_instances()) {
    if (!each.information) {
      std::printf("%-16s %s\n", each.instance.c_str(), each.information.error().message.c_str());
      continue;
    }
    const auto& information = *each.information;
    const std::string age = base::to_string(std::chrono::duration_cast<Duration>(
        std::chrono::ceil<std::chrono::milliseconds>(Duration(information.heartbeat_age_ns))));
    std::printf("%-16s %8u %8u %10llu %8u %10s  %s\n", each.instance.c_str(), information.tag_count,
                information.slot_capacity,
                static_cast<unsigned long long>(information.used_bytes / 1024),
                information.writer_pid, age.c_str(),
                information.writer_alive != 0 ? "written" : "old: no writer");
  }
  return kExitGood;
}

/// Tags by path or pattern; every tag when nothing is named.
Result<std::vector<table::TagRecord>> choose_tags(const table::Reader& reader,
                                                  const std::vector<std::string>& names) {
  const auto all = reader.tags();
  if (names.empty()) return all;
  std::vector<table::TagRecord> out;
  for (const std::string& name : names) {
    auto pattern = model::PathPattern::parse(name);
    if (!pattern) return std::unexpected(pattern.error());
    const auto before = out.size();
    for (const table::TagRecord& tag : all)
      if (pattern->matches(tag.path)) out.push_back(tag);
    if (out.size() == before)
      return fail(ErrorCode::not_found, "there is no tag '{}' in the table", name);
  }
  return out;
}

void print_value(const table::TagRecord& tag, const table::TableValue& value) {
  std::printf("%-48s %-24s %-28s %s\n", tag.path.c_str(), value.value.to_json().c_str(),
              std::string(model::name(value.quality)).c_str(),
              base::to_rfc3339(value.source_time).c_str());
}

int get(const TableArguments& arguments) {
  auto instance = choose_instance(arguments.instance);
  if (!instance) return report(instance.error());
  auto reader = table::Reader::open(*instance);
  if (!reader) return report(reader.error());
  auto tags = choose_tags(*reader, arguments.paths);
  if (!tags) return report(tags.error());
  for (const table::TagRecord& tag : *tags)
    print_value(tag, reader->read(tag.slot));
  return kExitGood;
}

int watch(const TableArguments& arguments) {
  auto instance = choose_instance(arguments.instance);
  if (!instance) return report(instance.error());
  auto reader = table::Reader::open(*instance);
  if (!reader) return report(reader.error());
  auto tags = choose_tags(*reader, arguments.paths);
  if (!tags) return report(tags.error());
  std::vector<std::uint64_t> shown(tags->size(), 0);
  std::uint64_t seen = 0;
  constexpr int kLookMilliseconds = 1000;
  while (reader->information().replaced == 0) {
    if (!reader->wait_changed(seen, kLookMilliseconds)) continue;
    for (std::size_t i = 0; i < tags->size(); ++i) {
      const table::TableValue value = reader->read((*tags)[i].slot);
      if (value.number == std::exchange(shown[i], value.number)) continue;
      print_value((*tags)[i], value);
    }
    std::fflush(stdout);
  }
  return report({ErrorCode::unavailable, "the table was replaced by a new one; start again", {}});
}

}  // namespace

void add_table_commands(CLI::App& app, Command& chosen) {
  auto arguments = std::make_shared<TableArguments>();
  CLI::App* parent = app.add_subcommand("table", "Look into the shared current values");
  parent->require_subcommand(1);
  const auto add = [&](const char* name, const char* description,
                       int (*run)(const TableArguments&)) {
    CLI::App* command = parent->add_subcommand(name, description);
    command->add_option("--instance", arguments->instance, "needed when there are several");
    command->callback(
        [&chosen, arguments, run] { chosen = [arguments, run] { return run(*arguments); }; });
    return command;
  };
  add("ls", "Every table on this machine", list);
  add("get", "Values of tags", get)
      ->add_option("paths", arguments->paths, "paths or patterns; default: all");
  add("watch", "Values as they change", watch)
      ->add_option("paths", arguments->paths, "paths or patterns; default: all");
}

}  // namespace tagwerk::app
