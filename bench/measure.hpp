#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <numeric>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <time.h>
#include <vector>

/// For the measuring programs beside it: clocks, and the rows that bench/run prints.
namespace tagwerk::bench {

inline double seconds_of(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}
/// Processor time of the calling thread: what others do on the machine is not in it.
inline double own_seconds() {
  return seconds_of(CLOCK_THREAD_CPUTIME_ID);
}
inline double wall_seconds() {
  return seconds_of(CLOCK_MONOTONIC);
}

/// Ends the program with 1 and the sentence when a result is not what it must be.
inline void require(bool good, std::string_view what) {
  if (good) return;
  fmt::print(stderr, "{}\n", what);
  std::exit(1);
}

/// A number of the command line.
template <class Number>
Number number_of(std::string_view text) {
  Number out{};
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  require(read.ec == std::errc{} && read.ptr == text.data() + text.size(),
          fmt::format("'{}' is no number that fits", text));
  return out;
}

/// The figures of several rounds.
class Rounds {
 public:
  void add(double figure) { figures_.push_back(figure); }
  double median() const {
    std::vector<double> sorted = figures_;
    std::ranges::sort(sorted);
    return sorted[sorted.size() / 2];
  }
  double spread() const {
    const auto [least, most] = std::ranges::minmax(figures_);
    return (most - least) / median();
  }

 private:
  std::vector<double> figures_;
};

/// One row of the table, as bench/report.py has it.
struct Row {
  std::string_view what;
  double figure;
  std::string_view unit;
  std::optional<double> against{};
  std::string_view peer = "";
  bool more_is_better = false;
  std::optional<double> spread{};
};

inline std::string number_or_null(std::optional<double> number) {
  return number ? fmt::format("{}", *number) : "null";
}

/// A line of JSON; `what`, `unit` and `peer` need no escapes.
inline void print(const Row& row) {
  fmt::print(
      R"({{"what":"{}","figure":{},"unit":"{}","against":{},"peer":"{}","more_is_better":{},"spread":{}}})"
      "\n",
      row.what, row.figure, row.unit, number_or_null(row.against), row.peer, row.more_is_better,
      number_or_null(row.spread));
  std::fflush(stdout);
}

/// 0 to count - 1 in an order that no cache foresees, the same in every run.
inline std::vector<std::uint32_t> shuffled(std::uint32_t count) {
  std::vector<std::uint32_t> out(count);
  std::iota(out.begin(), out.end(), 0);
  std::ranges::shuffle(out, std::mt19937(1));
  return out;
}

}  // namespace tagwerk::bench
