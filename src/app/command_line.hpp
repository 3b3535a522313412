#pragma once

#include "console/command_spec.hpp"
#include "console/exit_code.hpp"

namespace tagwerk::app {

using console::CommandSpec;
using console::kExitFailed;
using console::kExitGood;
using console::Offer;
using console::OptionSpec;
using console::report;

/// Parses the arguments and runs the command they name.
/// Returns: the process's exit code, see exit_code.hpp
int run_command_line(int argc, char** argv);

// Each adds its commands.
void add_server_commands(CommandSpec& app);
void add_process_commands(CommandSpec& app);
void add_project_commands(CommandSpec& app);
void add_table_commands(CommandSpec& app);
void add_user_commands(CommandSpec& app);
void add_backup_commands(CommandSpec& app);
void add_database_commands(CommandSpec& app);

}  // namespace tagwerk::app
