#include "table/process.hpp"

#include <charconv>
#include <cstdio>
#include <fcntl.h>
#include <optional>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace tagwerk::table {
namespace {

/// The field counted from 3 (the state, first after the name, which may hold blanks and brackets).
std::string_view field(std::string_view stat, int number) {
  const auto name_end = stat.rfind(')');
  if (name_end == std::string_view::npos) return {};
  stat.remove_prefix(name_end + 1);
  for (int at = 3;; ++at) {
    stat.remove_prefix(std::min(stat.find_first_not_of(' '), stat.size()));
    const auto end = stat.find(' ');
    if (at == number) return stat.substr(0, end);
    if (end == std::string_view::npos) return {};
    stat.remove_prefix(end);
  }
}

/// Start of a process that runs; nothing for one that is gone or waits to be reaped.
std::optional<std::uint64_t> start_ticks(std::uint32_t pid) {
  char path[32];
  std::snprintf(path, sizeof path, "/proc/%u/stat", pid);
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  char text[1024];
  const auto size = ::read(fd, text, sizeof text);
  ::close(fd);
  if (size <= 0) return {};
  const std::string_view stat(text, static_cast<std::size_t>(size));
  const auto state = field(stat, 3);
  if (state == "Z" || state == "X") return {};
  const auto ticks = field(stat, 22);
  std::uint64_t value = 0;
  if (std::from_chars(ticks.data(), ticks.data() + ticks.size(), value).ec != std::errc{})
    return {};
  return value;
}

std::uint64_t own_pid_namespace() {
  struct stat found{};
  return ::stat("/proc/self/ns/pid", &found) == 0 ? found.st_ino : 0;
}

}  // namespace

ProcessIdentity this_process() {
  const auto pid = static_cast<std::uint32_t>(::getpid());
  return {pid, start_ticks(pid).value_or(0), own_pid_namespace()};
}

bool is_alive(const ProcessIdentity& process) {
  if (process.pid == 0) return false;
  const auto start = start_ticks(process.pid);
  return start && *start == process.start_ticks;
}

}  // namespace tagwerk::table
