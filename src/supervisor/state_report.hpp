#pragma once

#include <string>

#include "supervisor/connector_status.hpp"

namespace tagwerk::supervisor {

/// Fills in what a connector's `state` frame says: devices, buffer, drops. What is missing or of
/// another type stays as it is: the text comes from another process.
/// Limits:  1,000 devices, texts of 1,000 bytes
/// On disk: docs/formats/link.md "State"
void add_state_report(const std::string& json, ConnectorStatus& status);

}  // namespace tagwerk::supervisor
