#include "supervisor/connector_status.hpp"

namespace tagwerk::supervisor {

std::string_view to_string(ConnectorState state) {
  switch (state) {
    case ConnectorState::stopped:
      return "stopped";
    case ConnectorState::starting:
      return "starting";
    case ConnectorState::running:
      return "running";
    case ConnectorState::backoff:
      return "backoff";
    case ConnectorState::configuration_error:
      return "configuration_error";
    case ConnectorState::stopping:
      return "stopping";
  }
  return "stopped";
}

}  // namespace tagwerk::supervisor
