#include "connectors/modbus/schema.hpp"

#include "base/assert.hpp"
#include "connectors/modbus/connection.hpp"
#include "connectors/modbus/settings.hpp"

namespace tagwerk::connectors::modbus {
namespace {

std::unexpected<Error> no_device(const model::ConnectorDefinition& connector,
                                 const std::string& device) {
  Error error = unknown_device(device, connector.settings);
  error.message += fmt::format(" (connector '{}')", connector.name);
  return std::unexpected(std::move(error));
}

}  // namespace

std::vector<Error> Schema::check_settings(const model::ConnectorDefinition& connector,
                                          const std::string& file) const {
  model::Faults faults(file);
  read_settings(connector.settings, connector.name, faults);
  return faults.take();
}

Status Schema::check_source(const model::ConnectorDefinition& connector,
                            const model::TagDefinition& tag) const {
  TAGWERK_ASSERT(tag.source.has_value());
  const auto device = read_device_settings(connector.settings, tag.source->device);
  if (!device) return no_device(connector, tag.source->device);
  const auto place = read_place(tag.source->address, tag.source->dtype, tag.source->order, tag.type,
                                !tag.write.empty(), *device);
  if (!place) return std::unexpected(place.error());
  return {};
}

Duration Schema::default_period(const model::ConnectorDefinition& connector,
                                const model::SourceDefinition& source) const {
  const auto device = read_device_settings(connector.settings, source.device);
  return device && device->period ? *device->period : kDefaultPeriod;
}

Result<std::string> Schema::connection_string(const model::ConnectorDefinition& connector,
                                              const std::string& device) const {
  const auto found = read_device_settings(connector.settings, device);
  if (!found) return no_device(connector, device);
  return connection_of(*found);
}

}  // namespace tagwerk::connectors::modbus
