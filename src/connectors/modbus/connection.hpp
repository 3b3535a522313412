#pragma once

#include <string>
#include <string_view>

#include "connectors/modbus/settings.hpp"

namespace tagwerk::connectors::modbus {

/// Reads `connector=modbus; host=10.0.0.5; port=502; unit_id=1; timeout=5; auto_open=true;
/// auto_close=true` into the keys it stands for. What it does not name has the defaults of that
/// form, not those of the settings: 502, 1, 5 s, true, true. Fails: invalid_argument: another
/// connector, an unknown key (named), a value that is not allowed;
///        `out` stays as it was
Status read_connection(std::string_view text, DeviceSettings& out);

/// The line that read_connection reads back; what it has no keys for is left out.
std::string connection_of(const DeviceSettings& device);

}  // namespace tagwerk::connectors::modbus
