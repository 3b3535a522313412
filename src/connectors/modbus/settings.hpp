#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "model/document.hpp"
#include "model/faults.hpp"
#include "protocol/modbus/place.hpp"
#include "protocol/modbus/plan.hpp"

namespace tagwerk::connectors::modbus {

/// How one device is reached and read.
struct DeviceSettings {
  std::string host;
  std::uint16_t port = 502;
  std::uint8_t unit = 1;
  Duration timeout = std::chrono::seconds(1);
  std::optional<Duration> period;
  protocol::modbus::Order order = protocol::modbus::Order::abcd;
  std::uint16_t base = 0;  ///< the first number of each table in addresses: 0 or 1
  std::uint16_t max_registers = protocol::modbus::kMaxReadRegisters;
  std::uint16_t hole = 8;
  bool mask_write = true;   ///< write bits with function 22 unless the device does not know it
  bool auto_open = true;    ///< connect again when the connection is lost
  bool auto_close = false;  ///< disconnect when nothing is asked, after each poll

  /// "10.0.0.5:502, unit 1"
  std::string to_string() const;
  protocol::modbus::ReadLimits limits() const;
  bool operator==(const DeviceSettings&) const = default;
};

/// What `{type: modbus, …}` says. Keys at the top hold for every device that does not say
/// otherwise; without `devices` they are one device named "default".
struct Settings {
  std::map<std::string, DeviceSettings> devices;

  const DeviceSettings* find(const std::string& device) const;
};

inline constexpr Duration kDefaultPeriod = std::chrono::seconds(1);
inline constexpr Duration kMaxTimeout = std::chrono::minutes(1);
inline constexpr std::size_t kMaxHost = 255;

/// Reads a connector's settings; every fault goes to `faults` with its place.
Settings read_settings(const model::Node& body, std::string_view connector, model::Faults& faults);

/// Only this device, for callers that ask tag by tag; faults are not looked for.
std::optional<DeviceSettings> read_device_settings(const model::Node& body,
                                                   const std::string& device);
/// "no device 'plc7'; did you mean 'plc1'?"
Error unknown_device(const std::string& device, const model::Node& body);

using protocol::modbus::Place;

/// Where a tag lies in this device.
/// Fails: invalid_argument, saying what is allowed
Result<Place> read_place(std::string_view address, std::string_view dtype, std::string_view order,
                         model::Type tag_type, bool writable, const DeviceSettings& device);

}  // namespace tagwerk::connectors::modbus
