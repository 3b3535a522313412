#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace tagwerk::base {

using Duration = std::chrono::nanoseconds;
/// Civil time: nanoseconds since 1970-01-01 UTC in an int64 (years 1678 to 2262).
using UtcTime = std::chrono::sys_time<Duration>;
/// Periods and timeouts run on this one; it never jumps.
using MonoTime = std::chrono::time_point<std::chrono::steady_clock, Duration>;

/// "Never": the time of a value that was never read.
inline constexpr UtcTime kNever{Duration::min()};

UtcTime utc_now();
MonoTime mono_now();

/// "2026-11-20T23:19:33.620306Z": UTC, six digits, the form of every time in JSON. kNever: empty.
/// Source: RFC 3339
std::string to_rfc3339(UtcTime time);
/// Writes exactly kRfc3339Size characters at out, without terminator; years 0001 to 9999.
inline constexpr std::size_t kRfc3339Size = 27;
void write_rfc3339(UtcTime time, char* out);

/// Accepts `Z` or an offset, `T` or a blank, zero to nine fraction digits; no zone means UTC.
/// Fails: invalid_argument, naming the text
Result<UtcTime> parse_rfc3339(std::string_view text);

/// "500ms", "3s", "5m", "2h", "1d", also sums ("1h30m") and fractions ("0.5s"); units us ms s m h
/// d. Fails: invalid_argument, naming the text and the units
Result<Duration> parse_duration(std::string_view text);
/// The shortest form that parse_duration reads back to the same value: "1h30m", "500ms", "0s".
std::string to_string(Duration duration);

}  // namespace tagwerk::base

namespace tagwerk {
using base::Duration;
using base::kNever;
using base::MonoTime;
using base::UtcTime;
}  // namespace tagwerk
