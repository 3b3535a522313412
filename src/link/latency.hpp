#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "base/time.hpp"

namespace tagwerk::link {

/// The last 1,024 latencies and their percentiles.
class Latency {
 public:
  void add(Duration latency) {
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(latency).count();
    last_ = static_cast<std::uint32_t>(std::clamp<std::int64_t>(us, 0, 0xffffffff));
    ring_[count_++ % ring_.size()] = last_;
  }
  std::uint32_t last_us() const { return last_; }
  /// 0 while nothing was measured. share: 0.5 = median.
  std::uint32_t percentile_us(double share) const {
    std::vector<std::uint32_t> sorted(
        ring_.begin(), ring_.begin() + static_cast<std::ptrdiff_t>(std::min(count_, ring_.size())));
    if (sorted.empty()) return 0;
    const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(sorted.size() - 1));
    std::nth_element(sorted.begin(), sorted.begin() + at, sorted.end());
    return sorted[static_cast<std::size_t>(at)];
  }

 private:
  std::array<std::uint32_t, 1024> ring_{};
  std::size_t count_ = 0;
  std::uint32_t last_ = 0;
};

}  // namespace tagwerk::link
