#pragma once

#include <algorithm>
#include <cstdint>
#include <random>

#include "base/time.hpp"

namespace tagwerk::link {

/// How long to wait before the next attempt: 0.1 s, then 0.5 s doubling to 5 s, each ±20 % so that
/// many do not come at once.
class Backoff {
 public:
  explicit Backoff(std::uint32_t seed) : random_(seed) {}

  Duration next() {
    constexpr Duration kFirst = std::chrono::milliseconds(100);
    constexpr Duration kSecond = std::chrono::milliseconds(500);
    constexpr Duration kMost = std::chrono::seconds(5);
    const Duration wait = attempt_ == 0 ? kFirst : std::min(kSecond * (1 << (attempt_ - 1)), kMost);
    attempt_ = std::min(attempt_ + 1, 10);
    return wait * std::uniform_int_distribution<std::int64_t>(80, 120)(random_) / 100;
  }
  void reset() { attempt_ = 0; }

 private:
  std::minstd_rand random_;
  int attempt_ = 0;
};

}  // namespace tagwerk::link
