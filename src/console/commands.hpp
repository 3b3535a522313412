#pragma once

namespace tagwerk::console {

class CommandSpec;

/// The commands that ask a running server: login, logout, tree, get, set, watch, status,
/// connectors, key, audit, completion.
void add_client_commands(CommandSpec& app);

// Each adds its own.
void add_login_commands(CommandSpec& app);
void add_tree_command(CommandSpec& app);
void add_value_commands(CommandSpec& app);
void add_watch_command(CommandSpec& app);
void add_status_command(CommandSpec& app);
void add_connector_commands(CommandSpec& app);
void add_key_commands(CommandSpec& app);
void add_audit_command(CommandSpec& app);
void add_completion_command(CommandSpec& app);

}  // namespace tagwerk::console
