#include "console/progress.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <fmt/format.h>
#include <string_view>
#include <sys/ioctl.h>
#include <unistd.h>

namespace tagwerk::console {
namespace {

constexpr Duration kPeriod = std::chrono::milliseconds(100);
constexpr std::size_t kUsualWidth = 80;
constexpr std::size_t kBar = 24;

std::size_t width_of_terminal() {
  struct winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : kUsualWidth;
}

/// Bytes in a unit that fits the larger number.
struct Scale {
  explicit Scale(std::uint64_t largest) {
    for (; static_cast<double>(largest) / divisor >= 1024 && index + 1 < kNames.size(); ++index)
      divisor *= 1024;
  }
  std::string number(std::uint64_t bytes) const {
    return index == 0 ? std::to_string(bytes)
                      : fmt::format("{:.1f}", static_cast<double>(bytes) / divisor);
  }
  std::string_view name() const { return kNames[index]; }

  static constexpr std::array<std::string_view, 5> kNames{"bytes", "KiB", "MiB", "GiB", "TiB"};
  std::size_t index = 0;
  double divisor = 1;
};

std::string amount(Progress::Unit unit, std::uint64_t done, std::uint64_t total) {
  if (unit == Progress::Unit::things)
    return total == 0 ? std::to_string(done) : fmt::format("{} of {}", done, total);
  const Scale scale(std::max(done, total));
  if (total == 0) return fmt::format("{} {}", scale.number(done), scale.name());
  return fmt::format("{} of {} {}", scale.number(done), scale.number(total), scale.name());
}

}  // namespace

Progress::Progress(std::string label, Unit unit)
    : label_(std::move(label)), unit_(unit), shown_(::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  clear();
}

void Progress::update(std::uint64_t done, std::uint64_t total) {
  if (!shown_) return;
  const MonoTime now = base::mono_now();
  if (drawn_at_ && now - *drawn_at_ < kPeriod) return;
  drawn_at_ = now;
  drawn_ = true;
  // The last column stays free: some terminals would begin a new line behind it.
  const auto line = progress_line(label_, unit_, done, total, width_of_terminal() - 1);
  std::fprintf(stderr, "\r%s\033[K", line.c_str());
  std::fflush(stderr);
}

void Progress::clear() {
  if (!std::exchange(drawn_, false)) return;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
}

Waiting::Waiting(std::string label) {
  if (::isatty(STDERR_FILENO) != 1) return;
  drawer_ = std::jthread([this, label = std::move(label)](const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    int seconds = 0;
    const auto never = [] { return false; };
    while (!over_.wait_for(lock, stop, std::chrono::seconds(1), never) && !stop.stop_requested()) {
      std::fprintf(stderr, "\r%s  %d s\033[K", label.c_str(), ++seconds);
      std::fflush(stderr);
    }
    if (seconds == 0) return;
    std::fputs("\r\033[K", stderr);
    std::fflush(stderr);
  });
}

/// Waits for the line to be erased.
Waiting::~Waiting() = default;

std::string progress_line(std::string_view label, Progress::Unit unit, std::uint64_t done,
                          std::uint64_t total, std::size_t width) {
  std::string line(label);
  if (total != 0) {
    const double part = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
    const auto filled = static_cast<std::size_t>(part * kBar);
    line += fmt::format("  [{}{}] {:3}%", std::string(filled, '#'), std::string(kBar - filled, '.'),
                        static_cast<int>(part * 100));
  }
  if (done != 0 || total != 0) line += "  " + amount(unit, done, total);
  return line.substr(0, width);
}

std::string size_text(std::uint64_t bytes) {
  const Scale scale(bytes);
  return fmt::format("{} {}", scale.number(bytes), scale.name());
}

}  // namespace tagwerk::console
