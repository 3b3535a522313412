#include "app/table_commands.hpp"

#include <cstdio>
#include <memory>

#include "app/command_line.hpp"
#include "table/writer.hpp"

namespace tagwerk::app {

Result<std::string> choose_instance(const std::string& given) {
  if (!given.empty()) return given;
  const auto instances = table::list_instances();
  if (instances.size() == 1) return instances.front().instance;
  if (instances.empty())
    return fail(ErrorCode::not_found, "there is no table on this machine; start a server");
  return fail(ErrorCode::conflict, "there are {} tables; name one with --instance, see 'table ls'",
              instances.size());
}

std::string to_size(std::uint64_t bytes) {
  if (bytes < 10'240) return fmt::format("{} B", bytes);
  const double kib = static_cast<double>(bytes) / 1024;
  return kib < 1024 ? fmt::format("{:.0f} KiB", kib) : fmt::format("{:.1f} MiB", kib / 1024);
}

std::string to_age(std::int64_t ns) {
  return base::to_string(std::chrono::duration_cast<Duration>(
      std::chrono::ceil<std::chrono::milliseconds>(Duration(ns))));
}

std::string describe_writer(const tagwerk_table_information& information) {
  if (information.writer_pid == 0) return "nobody: closed properly";
  return fmt::format("process {} {}", information.writer_pid,
                     information.writer_alive != 0 ? "lives" : "is gone");
}

int remove_table(const TableArguments& arguments) {
  const auto removed = table::remove_table(arguments.instance);
  if (!removed) return report(removed.error());
  for (const std::string& name : *removed)
    std::printf("removed %s\n", name.c_str());
  return kExitGood;
}

void add_table_commands(CommandSpec& app) {
  auto arguments = std::make_shared<TableArguments>();
  CommandSpec parent = app.add_command("table", "Look into the shared current values");
  parent.needs_command();
  const auto add = [&](const char* name, const char* description, const char* instance_help,
                       int (*run)(const TableArguments&)) {
    CommandSpec command = parent.add_command(name, description);
    command.option("--instance", arguments->instance, instance_help);
    command.runs(arguments, run);
    return command;
  };
  const auto add_json = [&](CommandSpec command) {
    command.flag("--json", arguments->json, "for programs");
  };
  const auto add_values = [&](CommandSpec command) {
    command.option("paths", arguments->paths, "paths or patterns; default: all");
    command.option("--sysv-key", arguments->sysv_key,
                   "read the System V segment with this key instead");
    add_json(command);
  };
  add_json(add("ls", "Every table on this machine", "only this one", list_tables));
  add_values(add("get", "Values of tags", "needed when there are several", get_from_table));
  add_values(add("watch", "Values as they change", "needed when there are several", watch_table));
  add_json(add("check", "Whether tables are sound and written", "only this one", check_tables));
  CommandSpec rm = parent.add_command("rm", "Remove a table that nobody writes");
  rm.option("--instance", arguments->instance, "the one to remove").required();
  rm.runs(arguments, remove_table);
}

}  // namespace tagwerk::app
