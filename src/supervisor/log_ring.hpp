#pragma once

#include <deque>
#include <mutex>
#include <vector>

#include "supervisor/connector_status.hpp"

namespace tagwerk::supervisor {

/// The last 1,000 log lines of a connector.
/// Threads: any
class LogRing {
 public:
  void add(LogLine line) {
    const std::lock_guard lock(mutex_);
    if (lines_.size() == kLines) lines_.pop_front();
    lines_.push_back(std::move(line));
  }
  std::vector<LogLine> tail(std::size_t count) const {
    const std::lock_guard lock(mutex_);
    const std::size_t skip = lines_.size() > count ? lines_.size() - count : 0;
    return {lines_.begin() + static_cast<std::ptrdiff_t>(skip), lines_.end()};
  }

 private:
  static constexpr std::size_t kLines = 1000;
  mutable std::mutex mutex_;
  std::deque<LogLine> lines_;
};

}  // namespace tagwerk::supervisor
