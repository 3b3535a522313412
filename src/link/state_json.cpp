#include "link/state_json.hpp"

#include <fmt/format.h>
#include <iterator>

namespace tagwerk::link {
namespace {

/// Keeps the whole below a frame however many devices there are.
constexpr std::size_t kMaxJson = 900'000;
constexpr std::size_t kMaxError = 300;

void append_device(std::string& out, const Device& device) {
  const DeviceCounters& counters = device.counters();
  model::append_json_string(out, device.name());
  out += R"(:{"address":)";
  model::append_json_string(out, device.address());
  fmt::format_to(std::back_inserter(out), R"(,"state":"{}","since":"{}","last_data":"{}","error":)",
                 to_string(device.state()), base::to_rfc3339(device.since()),
                 base::to_rfc3339(counters.last_data));
  model::append_json_string(out, std::string_view(device.error()).substr(0, kMaxError));
  fmt::format_to(
      std::back_inserter(out),
      R"(,"bindings":{},"polls":{},"failed":{},"overruns":{},"writes":{},"writes_failed":{},"connects":{},)"
      R"("latency_us":{{"p50":{},"p99":{},"last":{}}}}})",
      device.bindings(), counters.polls, counters.failed, counters.overruns, counters.writes,
      counters.writes_failed, counters.connects, device.latency().percentile_us(0.5),
      device.latency().percentile_us(0.99), device.latency().last_us());
}

}  // namespace

std::string make_state_json(
    const StateNumbers& numbers, const FrameBuffer& buffer,
    const std::map<std::string, std::shared_ptr<Device>, std::less<>>& devices) {
  std::string out =
      fmt::format(R"({{"state":"{}","revision":{},"bindings":{},"faults":{},)"
                  R"("buffered":{{"frames":{},"bytes":{},"samples":{}}},"dropped":{},"devices":{{)",
                  numbers.state, numbers.revision, numbers.bindings, numbers.faults,
                  buffer.frames(), buffer.bytes(), buffer.samples(), numbers.dropped);
  const char* separator = "";
  for (const auto& [name, device] : devices) {
    if (out.size() > kMaxJson) break;
    out += separator;
    append_device(out, *device);
    separator = ",";
  }
  out += "}}";
  return out;
}

}  // namespace tagwerk::link
