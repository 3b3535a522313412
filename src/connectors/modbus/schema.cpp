#include "connectors/modbus/schema.hpp"

#include "base/assert.hpp"
#include "connectors/modbus/settings.hpp"

namespace tagwerk::connectors::modbus {

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
  if (!device) {
    Error error = unknown_device(tag.source->device, connector.settings);
    error.message += fmt::format(" (connector '{}')", connector.name);
    return std::unexpected(std::move(error));
  }
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

}  // namespace tagwerk::connectors::modbus
