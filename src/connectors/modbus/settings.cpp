#include "connectors/modbus/settings.hpp"

#include <array>
#include <cmath>

#include "connectors/modbus/connection.hpp"
#include "model/nearest_name.hpp"
#include "model/node_reader.hpp"

namespace tagwerk::connectors::modbus {
namespace {

namespace codec = protocol::modbus;
using model::Faults;
using model::Node;
using model::NodeReader;

constexpr std::size_t kMaxDeviceName = 100;
constexpr std::size_t kMaxConnection = 1000;
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

/// What `connection` stands for; these keys are not given beside it.
void read_reach(NodeReader& in, DeviceSettings& out) {
  in.text("host", out.host, kMaxHost);
  whole(in, "port", out.port, 1, 65535);
  whole(in, "unit", out.unit, 0, 255);
  timeout(in, out);
  in.boolean("auto_open", out.auto_open);
  in.boolean("auto_close", out.auto_close);
}

/// `${NAME}` and `file:PATH` are known to the server only.
bool stands_elsewhere(std::string_view text) {
  return (text.starts_with("${") && text.ends_with('}')) || text.starts_with("file:");
}

void read_connection_line(NodeReader& in, DeviceSettings& out) {
  std::string line;
  in.text("connection", line, kMaxConnection);
  if (line.empty()) return read_reach(in, out);
  static constexpr std::array<std::string_view, 6> kReach{"host",    "port",      "unit",
                                                          "timeout", "auto_open", "auto_close"};
  for (const std::string_view key : kReach)
    if (const Node* node = in.take(key); node != nullptr)
      in.fault(*node, "'{}' is given beside 'connection', which says it too; remove one of them",
               key);
  if (stands_elsewhere(line)) {
    out.host = std::move(line);
    return;
  }
  if (const auto read = read_connection(line, out); !read)
    in.fault(*in.body().find("connection"), "{}", read.error().message);
}

/// The keys that a device and the top of the settings share.
void read_device(NodeReader& in, DeviceSettings& out) {
  read_connection_line(in, out);
  period(in, out);
  order(in, out);
  whole(in, "base", out.base, 0, 1);
  whole(in, "max_registers", out.max_registers, 1, codec::kMaxReadRegisters);
  whole(in, "hole", out.hole, 0, codec::kMaxReadRegisters);
  in.boolean("mask_write", out.mask_write);
}

void check_device(NodeReader& in, const DeviceSettings& device) {
  const Node* line = in.body().find("connection");
  const bool faulty_line = line != nullptr && !line->is_null();
  if (device.host.empty() && !faulty_line)
    in.fault(in.body(), "'host' is missing; add the device's address");
  if (device.auto_close && !device.auto_open)
    in.fault(
        in.body(),
        "auto_close without auto_open would read once and never again; set auto_close to false "
        "or auto_open to true");
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
    check_device(in, device);
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
    check_device(in, defaults);
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
  const auto place =
      codec::parse_place({address, dtype, order, tag_type}, {device.order, device.base});
  if (!place) return place;
  const codec::Table table = place->address.table;
  const std::uint16_t count = place->layout.count;
  if (!codec::is_bit_table(table) && count > device.max_registers)
    return fail(ErrorCode::invalid_argument, "'{}' takes {} registers; max_registers is {}",
                address, count, device.max_registers);
  if (!writable) return place;
  if (!codec::is_writable(table))
    return fail(ErrorCode::invalid_argument,
                "{} is a {}, which cannot be written; remove 'write' or use CO or HR",
                codec::to_string(place->address), codec::to_string(table));
  const std::uint16_t most =
      codec::is_bit_table(table) ? codec::kMaxWriteCoils : codec::kMaxWriteRegisters;
  if (count > most)
    return fail(ErrorCode::invalid_argument,
                "'{}' takes {} {}, one write request holds {}; remove 'write' or make two tags of "
                "it",
                address, count, codec::is_bit_table(table) ? "coils" : "registers", most);
  return place;
}

}  // namespace tagwerk::connectors::modbus
