#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace tagwerk::app {

/// Parses the arguments and runs the command they name.
/// Returns: the process's exit code, see exit_code.hpp
int run_command_line(int argc, char** argv);

/// What a command does once its arguments are read.
using Command = std::function<int()>;

/// Each adds its subcommands; the one that was given sets `chosen`.
void add_server_commands(CLI::App& app, Command& chosen);
void add_process_commands(CLI::App& app, Command& chosen);
void add_project_commands(CLI::App& app, Command& chosen);
void add_table_commands(CLI::App& app, Command& chosen);
void add_user_commands(CLI::App& app, Command& chosen);

}  // namespace tagwerk::app
