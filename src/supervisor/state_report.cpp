#include "supervisor/state_report.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <limits>

namespace tagwerk::supervisor {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxDevices = 1000;
constexpr std::size_t kMaxText = 1000;

/// At most kMaxText bytes, cut at a character.
std::string shortened(std::string_view text) {
  if (text.size() <= kMaxText) return std::string(text);
  std::size_t end = kMaxText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
    --end;
  return std::string(text.substr(0, end));
}

const json::value* member(const json::value& object, std::string_view key) {
  const json::object* members = object.if_object();
  return members == nullptr ? nullptr : members->if_contains(key);
}

void take(const json::value& object, std::string_view key, std::string& out) {
  if (const json::value* value = member(object, key); value != nullptr && value->is_string())
    out = shortened(value->get_string());
}

double number_of(const json::value& object, std::string_view key) {
  const json::value* value = member(object, key);
  if (value == nullptr || !value->is_number()) return 0;
  return value->to_number<double>();
}

template <class T>
void take(const json::value& object, std::string_view key, T& out) {
  constexpr double kMost = std::min(static_cast<double>(std::numeric_limits<T>::max()), 9e15);
  const double number = number_of(object, key);
  if (number >= 0 && number <= kMost) out = static_cast<T>(number);
}

DeviceStatus device_of(std::string_view name, const json::value& report) {
  DeviceStatus device;
  device.name = shortened(name);
  take(report, "address", device.address);
  take(report, "state", device.state);
  take(report, "since", device.since);
  take(report, "last_data", device.last_data);
  take(report, "error", device.error);
  take(report, "bindings", device.bindings);
  take(report, "bad", device.bad);
  take(report, "polls", device.polls);
  take(report, "failed", device.failed);
  take(report, "overruns", device.overruns);
  take(report, "writes", device.writes);
  take(report, "writes_failed", device.writes_failed);
  take(report, "connects", device.connects);
  if (const json::value* latency = member(report, "latency_us")) {
    take(*latency, "p50", device.latency_p50_us);
    take(*latency, "p99", device.latency_p99_us);
  }
  return device;
}

}  // namespace

void add_state_report(const std::string& text, ConnectorStatus& status) {
  boost::system::error_code error;
  const json::value report = json::parse(text, error);
  if (error) return;
  take(report, "dropped", status.dropped);
  if (const json::value* buffered = member(report, "buffered"))
    take(*buffered, "samples", status.buffered);
  const json::value* devices = member(report, "devices");
  if (devices == nullptr || !devices->is_object()) return;
  for (const auto& [name, device] : devices->get_object()) {
    if (status.devices.size() == kMaxDevices) return;
    status.devices.push_back(device_of(name, device));
  }
}

}  // namespace tagwerk::supervisor
