#pragma once

#include <cstdint>

/// Who a process is, so that a reused pid is not taken for the one that was meant.
/// Threads: any
namespace tagwerk::table {

struct ProcessIdentity {
  std::uint32_t pid = 0;
  /// Clock ticks from boot to the process's start, field 22 of /proc/PID/stat.
  std::uint64_t start_ticks = 0;
  /// Inode of its pid namespace: in another one the pid says nothing.
  std::uint64_t pid_namespace = 0;

  bool operator==(const ProcessIdentity&) const = default;
};

ProcessIdentity this_process();

/// The process exists, is not a zombie and started when the identity says. Does not allocate.
bool is_alive(const ProcessIdentity& process);

}  // namespace tagwerk::table
