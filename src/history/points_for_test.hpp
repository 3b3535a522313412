#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "history/columns.hpp"

/// Points as plants give them, and as nobody wishes them to be. The same seed gives the same
/// points.
namespace tagwerk::history {

/// So many seconds after 2025-11-21T08:00:00Z.
inline Point point_at(std::int64_t second, Value value, Quality quality = model::kGood) {
  constexpr std::int64_t kStart = 1'763'712'000, kNanoseconds = 1'000'000'000;
  return {UtcTime(Duration((kStart + second) * kNanoseconds)), quality, std::move(value)};
}

class PointMaker {
 public:
  explicit PointMaker(std::uint64_t seed) : random_(seed) {}

  /// Of any type, any number up to `most`, any habit.
  std::vector<Point> points(std::size_t most) {
    return points(static_cast<model::Type>(below(10)), 1 + below(most));
  }

  std::vector<Point> points(model::Type type, std::size_t count) {
    const auto habit = below(kHabits);
    const auto nulls = below(4) == 0 ? 1 + below(20) : 0, bad = below(4) == 0 ? 1 + below(20) : 0;
    std::vector<Point> out;
    std::int64_t time = static_cast<std::int64_t>(random_() >> 2) - (std::int64_t{1} << 61);
    for (std::size_t i = 0; i < count; ++i) {
      Point& point = out.emplace_back();
      point.time = UtcTime(Duration(time));
      time += step(habit);
      if (bad != 0 && below(bad) == 0)
        point.quality = below(2) == 0 ? model::kBadNoCommunication : Quality{word()};
      if (nulls == 0 || below(nulls) != 0) point.value = value(type, i, habit);
    }
    return out;
  }

  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }

 private:
  static constexpr std::uint64_t kHabits = 12;

  std::uint32_t word() { return static_cast<std::uint32_t>(random_()); }

  std::int64_t step(std::uint64_t habit) {
    constexpr std::int64_t kSecond = 1'000'000'000;
    if (habit < 4) return kSecond;
    if (habit < 7) return below(20) == 0 ? 2 * kSecond : kSecond;
    if (habit < 10) return kSecond + static_cast<std::int64_t>(below(100'000));
    return static_cast<std::int64_t>(below(3) * below(kSecond));
  }

  double floating(std::size_t i, std::uint64_t habit) {
    static constexpr double kNasty[] = {0.0,
                                        -0.0,
                                        std::numeric_limits<double>::infinity(),
                                        -std::numeric_limits<double>::infinity(),
                                        std::numeric_limits<double>::denorm_min(),
                                        std::numeric_limits<double>::min(),
                                        std::numeric_limits<double>::max(),
                                        -std::numeric_limits<double>::max(),
                                        1.0 / 3,
                                        0x1p51,
                                        0x1p53 + 2,
                                        1e22,
                                        5e-22};
    const auto at = static_cast<double>(i);
    switch (habit) {
      case 0:
        return 21.5;
      case 1:
        return static_cast<double>(below(2000)) / 100 - 10;
      case 2:
        return static_cast<double>(static_cast<float>(below(2000)) / 10.0f);
      case 3:
        return std::sin(at / 50) * 100;
      case 4:
        return static_cast<double>(static_cast<float>(std::sin(at / 50)));
      case 5:
        return below(50) == 0 ? kNasty[below(std::size(kNasty))] : std::rint(at / 7) / 8;
      case 6:
        return kNasty[below(std::size(kNasty))];
      case 7:
        return at * 0.1;
      case 8: {
        const double any = std::bit_cast<double>(random_());
        return std::isnan(any) ? 0 : any;
      }
      default:
        return static_cast<double>(below(5)) * 0.327927 + 0.054711;
    }
  }

  std::int64_t integer(std::size_t i, std::uint64_t habit) {
    static constexpr std::int64_t kNasty[] = {0, 1, -1, std::numeric_limits<std::int64_t>::min(),
                                              std::numeric_limits<std::int64_t>::max()};
    const auto at = static_cast<std::int64_t>(i);
    switch (habit) {
      case 0:
        return 7;
      case 1:
        return at * 1000;
      case 2:
        return at % 17 < 9 ? 3 : 4;
      case 3:
        return static_cast<std::int64_t>(random_());
      case 4:
        return kNasty[below(std::size(kNasty))];
      case 5:
        return at * at - 5 * at;
      case 6:
        return static_cast<std::int64_t>(below(100) == 0 ? below(1u << 30) : below(16));
      default:
        return static_cast<std::int64_t>(below(1000)) * 25;
    }
  }

  std::string text(std::size_t i, std::uint64_t habit) {
    if (habit < 4) return below(3) == 0 ? "running" : "stopped";
    if (habit < 6) return "batch " + std::to_string(i);
    return std::string(below(habit * 8), static_cast<char>(below(256)));
  }

  Value value(model::Type type, std::size_t i, std::uint64_t habit) {
    using model::Type;
    const auto elements = habit % 3 == 0 ? std::size_t{4} : below(6);
    const auto several = [&](auto one) {
      std::vector<decltype(one())> out(elements);
      for (std::size_t at = 0; at < elements; ++at)
        out[at] = one();
      return Value::array(std::move(out));
    };
    switch (type) {
      case Type::null:
        return {};
      case Type::boolean:
        return Value::of(habit < 6 ? i % 40 < 30 : below(2) == 0);
      case Type::integer:
        return Value::of(integer(i, habit));
      case Type::floating:
        return Value::of(floating(i, habit));
      case Type::string:
        return Value::string(text(i, habit));
      case Type::json:
        return Value::json("{\"n\":" + std::to_string(below(4)) + "}");
      case Type::bool_array:
        return several([&] { return below(2) == 0; });
      case Type::int_array:
        return several([&] { return integer(i, habit); });
      case Type::float_array:
        return several([&] { return floating(i, habit); });
      case Type::string_array:
        return several([&] { return text(i, habit); });
    }
    return {};
  }

  std::mt19937_64 random_;
};

}  // namespace tagwerk::history
