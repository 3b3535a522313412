#include "app/command_line.hpp"

#include <csignal>

#include "app/version.hpp"
#include "base/log.hpp"
#include "console/commands.hpp"
#include "console/completion.hpp"

namespace tagwerk::app {

int run_command_line(int argc, char** argv) {
  console::CommandLine line(
      "Tagwerk stands between machines and everyone who wants to know or change something about "
      "them.",
      std::string("tagwerk ") + kVersion);
  CommandSpec root = line.root();
  std::string level = "info";
  root.option("--log", level, "debug, info, warn or error")
      .one_of({"debug", "info", "warn", "error"});
  add_server_commands(root);
  add_process_commands(root);
  add_project_commands(root);
  add_table_commands(root);
  add_user_commands(root);
  add_backup_commands(root);
  add_database_commands(root);
  console::add_client_commands(root);
  // A peer that went away is an error of write(), not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  if (console::is_completion(argc, argv)) return console::complete(line, argc, argv);
  if (const auto code = line.parse(argc, argv)) return *code;
  base::configure_logging(level, "");
  return line.run();
}

}  // namespace tagwerk::app
