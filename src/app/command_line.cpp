#include "app/command_line.hpp"

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>

#include "app/exit_code.hpp"
#include "app/version.hpp"
#include "base/log.hpp"

namespace tagwerk::app {

int run_command_line(int argc, char** argv) {
  CLI::App app{
      "Tagwerk stands between machines and everyone who wants to know or change something about "
      "them."};
  app.set_version_flag("--version", std::string("tagwerk ") + kVersion);
  app.require_subcommand(1);
  std::string level = "info";
  app.add_option("--log", level, "debug, info, warn or error")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}));

  Command chosen;
  add_server_commands(app, chosen);
  add_process_commands(app, chosen);
  add_project_commands(app, chosen);
  add_table_commands(app, chosen);
  add_user_commands(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::RequiredError& error) {
    // CLI11 misses the subcommand before it looks at the word that stands in its place.
    if (argc < 2 || argv[1][0] == '-') return app.exit(error) == 0 ? kExitGood : kExitUsage;
    std::fprintf(stderr, "tagwerk: unknown or incomplete command '%s'; see tagwerk --help\n",
                 argv[1]);
    return kExitUsage;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitGood : kExitUsage;
  }
  // A peer that went away is an error of write(), not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  base::configure_logging(level, "");
  return chosen();
}

}  // namespace tagwerk::app
