#include "connectors/modbus/connection.hpp"

#include <array>
#include <charconv>

#include "model/connection_string.hpp"
#include "model/nearest_name.hpp"

namespace tagwerk::connectors::modbus {
namespace {

constexpr std::array<std::string_view, 7> kKeys{"connector", "host",      "port",      "unit_id",
                                                "timeout",   "auto_open", "auto_close"};
constexpr Duration kTimeout = std::chrono::seconds(5);

template <class Number>
Status whole(std::string_view key, std::string_view text, int low, int high, Number& out) {
  int number = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end || number < low || number > high)
    return fail(ErrorCode::invalid_argument,
                "'{}' in the connection string must be a whole number from {} to {}, not '{}'", key,
                low, high, text.substr(0, 60));
  out = static_cast<Number>(number);
  return {};
}

Status flag(std::string_view key, std::string_view text, bool& out) {
  const auto value = model::connection_flag(key, text);
  if (!value) return std::unexpected(value.error());
  out = *value;
  return {};
}

Status timeout(std::string_view key, std::string_view text, Duration& out) {
  const auto value = model::connection_duration(key, text);
  if (!value) return std::unexpected(value.error());
  if (*value > kMaxTimeout)
    return fail(ErrorCode::invalid_argument, "'{}' must be at most 1m, not '{}'", key, text);
  out = *value;
  return {};
}

Status take(std::string_view key, const std::string& text, DeviceSettings& out) {
  if (key == "host") {
    if (text.size() > kMaxHost)
      return fail(ErrorCode::invalid_argument, "'host' has {} bytes; {} are allowed", text.size(),
                  kMaxHost);
    out.host = text;
    return {};
  }
  if (key == "port") return whole(key, text, 1, 65535, out.port);
  if (key == "unit_id") return whole(key, text, 0, 255, out.unit);
  if (key == "timeout") return timeout(key, text, out.timeout);
  if (key == "auto_open") return flag(key, text, out.auto_open);
  if (key == "auto_close") return flag(key, text, out.auto_close);
  return fail(ErrorCode::invalid_argument, "unknown key '{}' in the connection string{}",
              key.substr(0, 60), model::suggestion(key, kKeys));
}

}  // namespace

Status read_connection(std::string_view text, DeviceSettings& out) {
  const auto connection = model::parse_connection_string(text);
  if (!connection) return std::unexpected(connection.error());
  if (connection->connector != "modbus")
    return fail(ErrorCode::invalid_argument,
                "the connection string is for connector '{}', this one is of type modbus",
                connection->connector.substr(0, 60));
  const DeviceSettings fresh;
  DeviceSettings device = out;
  device.host = fresh.host;
  device.port = fresh.port;
  device.unit = fresh.unit;
  device.timeout = kTimeout;
  device.auto_open = device.auto_close = true;
  for (const auto& [key, value] : connection->entries)
    if (auto taken = take(key, value, device); !taken) return taken;
  if (device.host.empty())
    return fail(ErrorCode::invalid_argument,
                "'host' is missing in the connection string; add host=ADDRESS");
  out = std::move(device);
  return {};
}

std::string connection_of(const DeviceSettings& device) {
  const auto seconds = std::chrono::duration<double>(device.timeout).count();
  return model::to_string({"modbus",
                           {{"host", device.host},
                            {"port", std::to_string(device.port)},
                            {"unit_id", std::to_string(device.unit)},
                            {"timeout", fmt::format("{}", seconds)},
                            {"auto_open", device.auto_open ? "true" : "false"},
                            {"auto_close", device.auto_close ? "true" : "false"}}});
}

}  // namespace tagwerk::connectors::modbus
