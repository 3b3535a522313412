#include "connectors/modbus/settings.hpp"

#include <cmath>

#include "model/nearest_name.hpp"
#include "model/node_reader.hpp"

namespace tagwerk::connectors::modbus {
namespace {

namespace codec = protocol::modbus;
using model::Faults;
using model::Node;
using model::NodeReader;

constexpr std::size_t kMaxHost = 255;
constexpr std::size_t kMaxDeviceName = 100;
constexpr Duration kMaxTimeout = std::chrono::minutes(1);
constexpr Duration kMinPeriod = std::chrono::milliseconds(1);

template <class Number>
void whole(NodeReader& in, std::string_view key, Number& out, double low, double high) {
  double number = out;
  in.number(key, number);
  if (number >= low && number <= high && number == std::trunc(number)) {
    out = static_cast<Number>(number);
    return;
  }
  in.fault(*in.body().find(key), "'{}' must be a whole number from {} to {}, not {}", key, low,
           high, number);
}

void period(NodeReader& in, DeviceSettings& out) {
  in.duration("period", out.period);
  if (out.period && *out.period < kMinPeriod)
    in.fault(*in.body().find("period"), "'period' must be at least 1ms");
}

void timeout(NodeReader& in, DeviceSettings& out) {
  std::optional<Duration> timeout;
  in.duration("timeout", timeout);
  if (!timeout) return;
  if (*timeout > kMaxTimeout)
    in.fault(*in.body().find("timeout"), "'timeout' must be at most 1m");
  else
    out.timeout = *timeout;
}

void order(NodeReader& in, DeviceSettings& out) {
  std::string text;
  in.text("order", text, 16);
  if (text.empty()) return;
  if (const auto parsed = codec::parse_order(text))
    out.order = *parsed;
  else
    in.fault(*in.body().find("order"), "{}", parsed.error().message);
}

/// The keys that a device and the top of the settings share.
void read_device(NodeReader& in, DeviceSettings& out) {
  in.text("host", out.host, kMaxHost);
  whole(in, "port", out.port, 1, 65535);
  whole(in, "unit", out.unit, 0, 255);
  timeout(in, out);
  period(in, out);
  order(in, out);
  whole(in, "max_registers", out.max_registers, 1, codec::kMaxReadRegisters);
  whole(in, "hole", out.hole, 0, codec::kMaxReadRegisters);
}

void require_host(NodeReader& in, const DeviceSettings& device) {
  if (device.host.empty()) in.fault(in.body(), "'host' is missing; add the device's address");
}

bool valid_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxDeviceName &&
         name.find_first_of("/{}\"\\") == std::string_view::npos;
}

void read_devices(NodeReader& top, const Node& devices, const DeviceSettings& defaults,
                  Settings& out) {
  if (!devices.is_mapping() || devices.entries.empty())
    return top.fault(devices, "'devices' must be a mapping of names to {{host: …}}");
  for (const auto& [name, body] : devices.entries) {
    if (!valid_name(name))
      top.fault(body, "device name '{}' must have 1 to {} characters, none of / {{ }} \" \\", name,
                kMaxDeviceName);
    DeviceSettings device = defaults;
    NodeReader in(body, {"device", name}, top.faults());
    read_device(in, device);
    in.finish();
    require_host(in, device);
    out.devices[name] = device;
  }
}

}  // namespace

std::string DeviceSettings::to_string() const {
  return fmt::format("{}:{}, unit {}", host, port, unit);
}

codec::ReadLimits DeviceSettings::limits() const {
  codec::ReadLimits limits;
  limits.registers = max_registers;
  limits.hole_registers = hole;
  return limits;
}

const DeviceSettings* Settings::find(const std::string& device) const {
  const auto found = devices.find(device);
  return found == devices.end() ? nullptr : &found->second;
}

Settings read_settings(const Node& body, std::string_view connector, Faults& faults) {
  Settings out;
  NodeReader in(body, {"connector", connector}, faults);
  DeviceSettings defaults;
  read_device(in, defaults);
  const Node* devices = in.take("devices");
  in.finish();
  if (devices != nullptr) {
    read_devices(in, *devices, defaults, out);
  } else {
    require_host(in, defaults);
    out.devices["default"] = defaults;
  }
  return out;
}

std::optional<DeviceSettings> read_device_settings(const Node& body, const std::string& device) {
  Faults ignored("");
  DeviceSettings out;
  NodeReader top(body, {"connector", ""}, ignored);
  read_device(top, out);
  const Node* devices = body.find("devices");
  if (devices == nullptr || devices->is_null())
    return device == "default" ? std::optional(out) : std::nullopt;
  const Node* own = devices->find(device);
  if (own == nullptr) return std::nullopt;
  NodeReader in(*own, {"device", device}, ignored);
  read_device(in, out);
  return out;
}

Error unknown_device(const std::string& device, const Node& body) {
  std::vector<std::string> names;
  if (const Node* devices = body.find("devices"); devices != nullptr)
    for (const auto& [name, each] : devices->entries)
      names.push_back(name);
  if (names.empty()) names.emplace_back("default");
  return Error{ErrorCode::not_found,
               fmt::format("no device '{}'{}", device, model::suggestion(device, names)),
               {}};
}

Result<Place> read_place(std::string_view address, std::string_view dtype, std::string_view order,
                         model::Type tag_type, bool writable, const DeviceSettings& device) {
  if (tag_type >= model::Type::string)
    return fail(ErrorCode::invalid_argument,
                "a Modbus address gives bool, int or float; the tag's type is {}",
                model::to_string(tag_type));
  const auto where = codec::parse_address(address);
  if (!where) return std::unexpected(where.error());
  Place place{*where, codec::default_type(where->table, tag_type), device.order};
  if (!dtype.empty()) {
    const auto type = codec::parse_data_type(dtype);
    if (!type) return std::unexpected(type.error());
    place.type = *type;
  }
  if (!order.empty()) {
    const auto parsed = codec::parse_order(order);
    if (!parsed) return std::unexpected(parsed.error());
    place.order = *parsed;
  }
  if (auto checked = codec::check_place(*where, place.type); !checked)
    return std::unexpected(checked.error());
  if (codec::width_of(place.type) > device.max_registers)
    return fail(ErrorCode::invalid_argument, "a {} takes {} registers; max_registers is {}",
                codec::to_string(place.type), codec::width_of(place.type), device.max_registers);
  if (writable && !codec::is_writable(where->table))
    return fail(ErrorCode::invalid_argument,
                "{} is a {}, which cannot be written; remove 'write' or use CO or HR",
                codec::to_string(*where), codec::to_string(where->table));
  return place;
}

}  // namespace tagwerk::connectors::modbus
