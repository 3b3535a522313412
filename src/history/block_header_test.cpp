#include <cmath>
#include <gtest/gtest.h>

#include "base/build_for_test.hpp"
#include "history/block.hpp"
#include "history/points_for_test.hpp"

namespace tagwerk::history {
namespace {

using base::Bytes;
using model::Type;

constexpr std::int64_t kSecond = 1'000'000'000;

BlockHeader header_of(std::span<const Point> points) {
  Bytes block;
  EXPECT_TRUE(BlockEncoder().encode(points, block));
  auto header = read_header(block);
  EXPECT_TRUE(header);
  EXPECT_EQ(header->size, block.size());
  return *header;
}

/// What the header has to say, worked out the plain way.
struct Expected {
  std::uint32_t nulls = 0, good = 0;
  Duration held{}, good_time{};
  long double sum = 0, squares = 0, steps = 0, lines = 0;
  double scale = 1;  ///< of the largest term: what rounding may be
  const Point *first = nullptr, *last = nullptr, *least = nullptr, *largest = nullptr;
};

/// Doubles cannot tell ints beyond 2^53 apart.
bool is_less(const Value& a, const Value& b) {
  return a.type() == Type::integer ? a.as_int() < b.as_int() : a.number() < b.number();
}

Expected expected_of(std::span<const Point> points) {
  Expected out;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const Point& point = points[i];
    const bool last = i + 1 == points.size();
    const Duration length = last ? Duration{} : points[i + 1].time - point.time;
    const auto seconds = static_cast<long double>(length.count()) / kSecond;
    out.good += point.quality.good() ? 1 : 0;
    out.good_time += point.quality.good() ? length : Duration{};
    if (point.value.is_null()) {
      ++out.nulls;
      continue;
    }
    out.held += length;
    if (out.first == nullptr) out.first = out.least = out.largest = &point;
    out.last = &point;
    if (is_less(point.value, out.least->value)) out.least = &point;
    if (is_less(out.largest->value, point.value)) out.largest = &point;
    const double number = point.value.number();
    const double next =
        last || points[i + 1].value.is_null() ? number : points[i + 1].value.number();
    out.sum += number;
    out.steps += number * seconds;
    out.lines += (static_cast<long double>(number) + next) / 2 * seconds;
    out.scale = std::max(out.scale, std::fabs(number));
  }
  const long double mean = out.sum / static_cast<long double>(points.size() - out.nulls);
  for (const Point& each : points)
    if (!each.value.is_null())
      out.squares += (each.value.number() - mean) * (each.value.number() - mean);
  return out;
}

void expect_numbers(const BlockHeader& header, const Expected& expected) {
  ASSERT_TRUE(header.numbers);
  const NumberSummary& found = *header.numbers;
  EXPECT_EQ(found.first, expected.first->value);
  EXPECT_EQ(found.last, expected.last->value);
  // 0.0 and -0.0 are equally small.
  EXPECT_EQ(found.least.number(), expected.least->value.number());
  EXPECT_EQ(found.largest.number(), expected.largest->value.number());
  EXPECT_EQ(found.least_time, expected.least->time);
  EXPECT_EQ(found.largest_time, expected.largest->time);
  const double points = header.points;
  const double seconds =
      std::chrono::duration<double>(header.last_time - header.first_time).count();
  const double rounding = 1e-12 * expected.scale;
  EXPECT_NEAR(found.sum, static_cast<double>(expected.sum), rounding * points);
  EXPECT_NEAR(found.squares, static_cast<double>(expected.squares),
              rounding * points * expected.scale);
  EXPECT_NEAR(found.step_integral, static_cast<double>(expected.steps), rounding * (1 + seconds));
  EXPECT_NEAR(found.line_integral, static_cast<double>(expected.lines), rounding * (1 + seconds));
}

bool is_finite(const Point& point) {
  return point.value.type() != Type::floating || std::fabs(point.value.number()) < 1e100;
}

TEST(BlockHeader, SaysWhatItsPointsSay) {
  PointMaker maker(3);
  for (int i = 0; i < base::many(2000, 300); ++i) {
    const auto points = maker.points(400);
    if (!std::ranges::all_of(points, is_finite)) continue;
    const BlockHeader header = header_of(points);
    const Expected expected = expected_of(points);
    EXPECT_EQ(header.points, points.size());
    EXPECT_EQ(header.nulls, expected.nulls);
    EXPECT_EQ(header.good, expected.good);
    EXPECT_EQ(header.held, expected.held);
    EXPECT_EQ(header.good_time, expected.good_time);
    EXPECT_EQ(header.first_time, points.front().time);
    EXPECT_EQ(header.last_time, points.back().time);
    EXPECT_EQ(header.first_quality, points.front().quality);
    EXPECT_EQ(header.last_quality, points.back().quality);
    EXPECT_EQ(header.first_is_null, points.front().value.is_null());
    EXPECT_EQ(header.last_is_null, points.back().value.is_null());
    const bool scalar = header.type >= Type::boolean && header.type <= Type::floating;
    if (scalar)
      expect_numbers(header, expected);
    else
      EXPECT_FALSE(header.numbers);
  }
}

TEST(BlockHeader, SumsOfDecimalsAreExact) {
  std::vector<Point> points;
  for (int i = 0; i < 1000; ++i)
    points.push_back(point_at(i, Value::of(0.1)));
  points.push_back(point_at(1000, Value::of(0.2)));
  const auto numbers = header_of(points).numbers;
  EXPECT_EQ(numbers->sum, 100.2);
  EXPECT_EQ(numbers->step_integral, 100);
  EXPECT_EQ(numbers->line_integral, 100.05);
}

TEST(BlockHeader, AHoleHasNoAreaAndBeforeItTheValueHolds) {
  const std::vector<Point> points{point_at(0, Value::of(2.0)), point_at(10, Value(), model::kBad),
                                  point_at(15, Value::of(4.0)), point_at(20, Value::of(6.0))};
  const BlockHeader header = header_of(points);
  EXPECT_EQ(header.held, Duration(15 * kSecond));
  EXPECT_EQ(header.good_time, Duration(15 * kSecond));
  EXPECT_EQ(header.numbers->step_integral, 2 * 10 + 4 * 5);
  EXPECT_EQ(header.numbers->line_integral, 2 * 10 + 5 * 5);
}

TEST(BlockHeader, ABoolIsOneForAsLongAsItIsTrue) {
  const std::vector<Point> points{point_at(0, Value::of(false)), point_at(4, Value::of(true)),
                                  point_at(11, Value::of(false)), point_at(12, Value::of(false))};
  const auto numbers = header_of(points).numbers;
  EXPECT_EQ(numbers->step_integral, 7);
  EXPECT_EQ(numbers->largest, Value::of(true));
  EXPECT_EQ(numbers->sum, 1);
}

TEST(BlockHeader, IntsBeyondADoubleStayExact) {
  const std::int64_t large = (std::int64_t{1} << 62) + 1;
  const auto numbers =
      header_of(std::vector{point_at(0, Value::of(large)), point_at(1, Value::of(-large)),
                            point_at(2, Value::of(large - 1))})
          .numbers;
  EXPECT_EQ(numbers->first, Value::of(large));
  EXPECT_EQ(numbers->least, Value::of(-large));
  EXPECT_EQ(numbers->last, Value::of(large - 1));
}

}  // namespace
}  // namespace tagwerk::history
