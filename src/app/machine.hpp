#pragma once

#include <string>
#include <vector>

namespace tagwerk::app {

/// Under what others know this machine.
struct MachineNames {
  std::vector<std::string> names;      ///< host name first, "localhost" last; all fit a certificate
  std::vector<std::string> addresses;  ///< of all interfaces, loopback too, link-local not
};

/// Blocks: no; asks the kernel only, never a name server
MachineNames read_machine_names();

/// What the machine calls itself; empty when it does not say.
std::string host_name();

/// The address that others most likely reach this machine by: the one that packets to the world
/// would leave from, else the first that is not loopback, else 127.0.0.1.
std::string reachable_address();

}  // namespace tagwerk::app
