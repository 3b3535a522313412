#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace tagwerk::simulator {

struct Options {
  std::string host = "127.0.0.1";  ///< an IP address or "localhost"
  std::uint16_t port = 1502;       ///< 0 = any free one
  std::uint64_t seed = 1;          ///< of the pump station's noise
  double speed = 1;                ///< simulated seconds per second, 0.01 to 1000
  std::size_t max_clients = 64;
};

/// Called once, when clients can connect; `port` is the real one.
using OnListening = std::function<void(std::string_view host, std::uint16_t port)>;

/// Serves the pump station (docs/manual/pump-station.md) on unit 1, also as 0 and 255, until
/// stopped. Threads: the calling one, which it blocks; `stop` from any Fails:   invalid_argument:
/// host or speed; unavailable: the port is taken
Status run_pump_station(const Options& options, const OnListening& on_listening,
                        std::stop_token stop);

/// Serves 100,000 signals (docs/manual/signals.md) on units 1 to 4 until stopped. A step takes
/// 1 s / speed.
/// Threads, Fails: as run_pump_station
Status run_signals(const Options& options, const OnListening& on_listening, std::stop_token stop);

}  // namespace tagwerk::simulator
