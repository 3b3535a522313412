#pragma once

#include <string>

#include "connectors/modbus/settings.hpp"
#include "link/trace.hpp"

namespace tagwerk::connectors::modbus {

/// What last carried a tag: where it lies, the registers as they came, the raw value they mean, the
/// request and its answer. The reply's JSON: docs/formats/link.md "Requests".
std::string evidence_json(const link::TraceRing& ring, const std::string& device, std::uint8_t unit,
                          const Place& place);

}  // namespace tagwerk::connectors::modbus
