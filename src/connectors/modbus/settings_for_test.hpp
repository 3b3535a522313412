#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "connectors/modbus/schema.hpp"
#include "model/document.hpp"

namespace tagwerk::connectors::modbus {

/// The connector "plc" with settings in YAML.
inline model::ConnectorDefinition connector(std::string_view yaml) {
  model::ConnectorDefinition out;
  out.name = "plc";
  out.type = "modbus";
  out.settings = *model::parse_yaml(yaml, "plant.yaml");
  return out;
}

/// What is wrong with them.
inline std::vector<std::string> faults(std::string_view yaml) {
  std::vector<std::string> out;
  for (const Error& each : Schema().check_settings(connector(yaml), "plant.yaml"))
    out.push_back(each.to_string());
  return out;
}

}  // namespace tagwerk::connectors::modbus
