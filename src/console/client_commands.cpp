#include "console/command_spec.hpp"
#include "console/commands.hpp"

namespace tagwerk::console {

void add_client_commands(CommandSpec& app) {
  add_login_commands(app);
  add_tree_command(app);
  add_value_commands(app);
  add_watch_command(app);
  add_status_command(app);
  add_connector_commands(app);
  add_key_commands(app);
  add_audit_command(app);
  add_completion_command(app);
}

}  // namespace tagwerk::console
