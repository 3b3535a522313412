#include "base/time.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace tagwerk::base {
namespace {

using namespace std::chrono;

void write_digits(char* out, unsigned value, int digits) {
  for (int i = digits - 1; i >= 0; --i, value /= 10)
    out[i] = static_cast<char>('0' + value % 10);
}

/// Reads digits from a text, position by position; every step says whether it matched.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  bool digits(int count, int& out) {
    if (rest_.size() < static_cast<std::size_t>(count)) return false;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + count, out);
    if (error != std::errc{} || end != rest_.data() + count || rest_[0] == '-') return false;
    rest_.remove_prefix(static_cast<std::size_t>(count));
    return true;
  }
  bool one_of(std::string_view characters) {
    if (rest_.empty() || characters.find(rest_[0]) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// ".5" as 500,000,000; more than nine digits are not accepted.
  bool fraction(std::int64_t& nanos) {
    nanos = 0;
    std::int64_t scale = 100'000'000;
    int seen = 0;
    while (!rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9' && seen < 9) {
      nanos += (rest_[0] - '0') * scale;
      scale /= 10;
      ++seen;
      rest_.remove_prefix(1);
    }
    return seen > 0;
  }
  char front() const { return rest_.empty() ? '\0' : rest_[0]; }
  bool done() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

struct Unit {
  std::string_view name;
  std::int64_t nanos;
};

// Longest first, so that "ms" is not read as "m".
constexpr std::array kUnits{Unit{"ms", 1'000'000},
                            Unit{"us", 1'000},
                            Unit{"ns", 1},
                            Unit{"d", 86'400'000'000'000},
                            Unit{"h", 3'600'000'000'000},
                            Unit{"m", 60'000'000'000},
                            Unit{"s", 1'000'000'000}};

const Unit* take_unit(std::string_view& rest) {
  for (const Unit& unit : kUnits) {
    if (rest.starts_with(unit.name)) {
      rest.remove_prefix(unit.name.size());
      return &unit;
    }
  }
  return nullptr;
}

}  // namespace

UtcTime utc_now() {
  return time_point_cast<Duration>(system_clock::now());
}

MonoTime mono_now() {
  return time_point_cast<Duration>(steady_clock::now());
}

void write_rfc3339(UtcTime time, char* out) {
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const auto micros = static_cast<std::uint64_t>(floor<microseconds>(time - day).count());
  const auto seconds_of_day = static_cast<unsigned>(micros / 1'000'000);
  write_digits(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  out[4] = '-';
  write_digits(out + 5, static_cast<unsigned>(date.month()), 2);
  out[7] = '-';
  write_digits(out + 8, static_cast<unsigned>(date.day()), 2);
  out[10] = 'T';
  write_digits(out + 11, seconds_of_day / 3600, 2);
  out[13] = ':';
  write_digits(out + 14, seconds_of_day / 60 % 60, 2);
  out[16] = ':';
  write_digits(out + 17, seconds_of_day % 60, 2);
  out[19] = '.';
  write_digits(out + 20, static_cast<unsigned>(micros % 1'000'000), 6);
  out[26] = 'Z';
}

std::string to_rfc3339(UtcTime time) {
  if (time == kNever) return {};
  std::string out(kRfc3339Size, '\0');
  write_rfc3339(time, out.data());
  return out;
}

Result<UtcTime> parse_rfc3339(std::string_view text) {
  const auto bad = [&] {
    return fail(ErrorCode::invalid_argument,
                "'{}' is not a time; write it like 2026-11-20T23:19:33.620306Z", text);
  };
  Cursor in(text);
  int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0;
  if (!in.digits(4, y) || !in.one_of("-") || !in.digits(2, mo) || !in.one_of("-") ||
      !in.digits(2, d) || !in.one_of("Tt ") || !in.digits(2, h) || !in.one_of(":") ||
      !in.digits(2, mi) || !in.one_of(":") || !in.digits(2, s))
    return bad();
  const year_month_day date{year{y}, month{static_cast<unsigned>(mo)},
                            day{static_cast<unsigned>(d)}};
  if (!date.ok() || y < 1678 || y > 2261 || h > 23 || mi > 59 || s > 60) return bad();
  std::int64_t nanos = 0;
  if (in.one_of(".") && !in.fraction(nanos)) return bad();
  minutes offset{0};
  if (const char sign = in.front(); sign == '+' || sign == '-') {
    int oh = 0, om = 0;
    in.one_of("+-");
    if (!in.digits(2, oh) || !in.one_of(":") || !in.digits(2, om) || oh > 23 || om > 59)
      return bad();
    offset = minutes{(sign == '-' ? -1 : 1) * (oh * 60 + om)};
  } else {
    in.one_of("Zz");
  }
  if (!in.done()) return bad();
  return UtcTime{sys_days{date}} + hours{h} + minutes{mi} + seconds{s} + nanoseconds{nanos} -
         offset;
}

Result<Duration> parse_duration(std::string_view text) {
  std::string_view rest = text;
  double total = 0;
  bool any = false;
  while (!rest.empty()) {
    double number = 0;
    const auto [end, error] =
        std::from_chars(rest.data(), rest.data() + rest.size(), number, std::chars_format::fixed);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    const Unit* unit = error == std::errc{} ? take_unit(rest) : nullptr;
    if (unit == nullptr || number < 0 || !std::isfinite(number)) {
      any = false;
      break;
    }
    total += number * static_cast<double>(unit->nanos);
    any = true;
  }
  if (!any || total > 9.2e18)
    return fail(ErrorCode::invalid_argument,
                "'{}' is not a duration; write it like 500ms, 3s, 5m, 2h or 1d", text);
  return Duration{std::llround(total)};
}

std::string to_string(Duration duration) {
  constexpr std::array kLargestFirst{3, 4, 5, 6, 0, 1, 2};
  std::int64_t rest = duration.count();
  std::string out = rest < 0 ? "-" : "";
  if (rest < 0) rest = -rest;
  for (const int index : kLargestFirst) {
    const Unit& unit = kUnits[static_cast<std::size_t>(index)];
    if (rest >= unit.nanos) {
      fmt::format_to(std::back_inserter(out), "{}{}", rest / unit.nanos, unit.name);
      rest %= unit.nanos;
    }
  }
  return out.empty() ? "0s" : out;
}

}  // namespace tagwerk::base
