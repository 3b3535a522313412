#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"

namespace tagwerk::auth {

/// Slows down guessing. Each user name and each address has a bucket of attempts that refills with
/// time; an attempt takes from both, a success gives its attempt back. Unknown names are counted
/// like known ones.
///
/// The buckets are a fixed table under a secret hash, so that no flood of names makes it grow. Two
/// names may share a bucket: they are slowed down together, which only a flood makes visible.
/// Threads: one at a time      Limits: 2 × 4096 buckets, 128 KiB
class LoginLimiter {
 public:
  struct Rate {
    double burst = 10;                          ///< attempts at once
    Duration refill = std::chrono::seconds(6);  ///< time for one more
  };
  struct Settings {
    Rate user{10, std::chrono::seconds(6)};
    Rate address{20, std::chrono::seconds(3)};
  };

  explicit LoginLimiter(Settings settings);
  LoginLimiter() : LoginLimiter(Settings{}) {}

  /// Zero: go ahead. Else the time to wait, and nothing was taken.
  Duration attempt(std::string_view user, std::string_view address, MonoTime now);
  /// The attempt was right and does not count.
  void succeeded(std::string_view user, std::string_view address, MonoTime now);

 private:
  struct Bucket {
    double taken = 0;  ///< attempts not yet refilled
    MonoTime at{};
  };
  static constexpr std::size_t kBuckets = 4096;
  using Table = std::vector<Bucket>;

  Bucket& bucket(Table& table, std::string_view key, Rate rate, MonoTime now);

  Settings settings_;
  std::array<unsigned char, 16> secret_{};
  Table users_;
  Table addresses_;
};

/// The part of an address that one guesser holds: an IPv4 address whole, an IPv6 one by its /64, an
/// IPv4 address in IPv6 form as IPv4. Other texts stay as they are.
std::string limiter_address(std::string_view address);

/// Whole seconds for `Retry-After`, at least 1.
std::int64_t retry_after_seconds(Duration wait);

}  // namespace tagwerk::auth
