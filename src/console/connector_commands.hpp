#pragma once

#include <cstdint>
#include <string>

#include "console/server_session.hpp"

/// `tagwerk connectors`: one function per subcommand. Returns: exit code
namespace tagwerk::console {

struct ConnectorArguments {
  RemoteOptions remote;
  std::string name;
  std::string device;  ///< trace: only this one's frames
  std::string pcapng;  ///< trace: file to write; "-" is standard output
  std::uint64_t lines = 200;
  bool follow = false;
  bool no_wait = false;  ///< start, stop, restart: do not wait for the state
  bool json = false;
};

int list_connectors(const ConnectorArguments& arguments);
int start_connector(const ConnectorArguments& arguments);
int stop_connector(const ConnectorArguments& arguments);
int restart_connector(const ConnectorArguments& arguments);
int show_connector_log(const ConnectorArguments& arguments);
int trace_connector(const ConnectorArguments& arguments);

/// "/api/connectors/NAME"
std::string target_of_connector(const std::string& name);

}  // namespace tagwerk::console
