#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace tagwerk::supervisor {

/// Where a connector's process is.
enum class ConnectorState : std::uint8_t {
  stopped,              ///< not wanted: disabled or stopped by a person
  starting,             ///< process started or awaited, no session yet
  running,              ///< session up, configuration accepted
  backoff,              ///< ended unasked; comes back after a pause
  configuration_error,  ///< refused its configuration; waits for a change
  stopping,
};
std::string_view to_string(ConnectorState state);

struct DeviceStatus {
  std::string name;
  std::string address;    ///< "127.0.0.1:1502"
  std::string state;      ///< idle, connecting, connected, unreachable
  std::string since;      ///< RFC 3339
  std::string last_data;  ///< RFC 3339; empty when none of its polls was answered yet
  std::string error;      ///< last one; empty when there was none
  std::uint64_t polls = 0, failed = 0, overruns = 0, writes = 0, writes_failed = 0, connects = 0;
  std::uint32_t bindings = 0, bad = 0;
  double latency_p50_us = 0, latency_p99_us = 0;
};

/// A copy for status pages; at most a second old.
struct ConnectorStatus {
  std::string name;
  std::string type;
  bool enabled = true;
  ConnectorState state = ConnectorState::stopped;
  std::string detail;  ///< a sentence for a person: why it is not running, what it does about it
  int pid = 0;         ///< 0 = no process
  std::uint32_t restarts = 0;
  UtcTime since = kNever;  ///< of the state
  std::uint32_t tags = 0;
  std::uint64_t samples = 0;     ///< taken by the engine since the server started
  std::uint64_t dropped = 0;     ///< lost in the connector's full buffer
  std::uint64_t buffered = 0;    ///< samples waiting for acknowledgement in the connector
  std::uint64_t duplicates = 0;  ///< frames sent again that were already there
  UtcTime last_data = kNever;
  std::vector<DeviceStatus> devices;
  std::vector<std::string> faults;  ///< bindings it cannot serve
};

struct LogLine {
  UtcTime time = kNever;
  std::string level;  ///< debug, info, warn, error
  std::string text;
};

}  // namespace tagwerk::supervisor
