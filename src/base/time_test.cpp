#include "base/time.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace tagwerk::base {
namespace {

using namespace std::chrono_literals;

TEST(Time, IsWrittenWithSixDigitsAndZ) {
  EXPECT_EQ(to_rfc3339(UtcTime{0s}), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(to_rfc3339(UtcTime{-1us}), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(to_rfc3339(kNever), "");
}

TEST(Time, AcceptsOffsetsBlanksAndMissingFractions) {
  const auto expected = *parse_rfc3339("2026-11-20T12:00:00Z");
  for (const char* text : {"2026-11-20 12:00:00", "2026-11-20T14:30:00+02:30",
                           "2026-11-20T11:00:00.000-01:00", "2026-11-20t12:00:00z"})
    EXPECT_EQ(*parse_rfc3339(text), expected) << text;
}

TEST(Time, RefusesWhatIsNotATimeAndNamesIt) {
  for (const char* text : {"", "yesterday", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z",
                           "2026-01-01T24:00:00Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Zx",
                           "9999-01-01T00:00:00Z", "-026-01-01T00:00:00Z"}) {
    const auto parsed = parse_rfc3339(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_NE(parsed.error().message.find(text), std::string::npos);
  }
}

RC_GTEST_PROP(Time, SurvivesATripThroughText, ()) {
  const auto micros =
      *rc::gen::inRange<std::int64_t>(-9'000'000'000'000'000, 9'000'000'000'000'000);
  const UtcTime time{std::chrono::microseconds{micros}};
  RC_ASSERT(*parse_rfc3339(to_rfc3339(time)) == time);
}

TEST(DurationText, AcceptsUnitsSumsAndFractions) {
  EXPECT_EQ(*parse_duration("500ms"), 500ms);
  EXPECT_EQ(*parse_duration("1h30m"), 90min);
  EXPECT_EQ(*parse_duration("0.5s"), 500ms);
  EXPECT_EQ(*parse_duration("1d"), 24h);
  for (const char* text : {"", "5", "s", "-3s", "5 s", "3parsecs", "1e400s", "nans"})
    EXPECT_FALSE(parse_duration(text)) << text;
}

RC_GTEST_PROP(DurationText, SurvivesATripThroughText, ()) {
  const Duration duration{std::chrono::microseconds{*rc::gen::inRange<std::int64_t>(0, 1LL << 40)}};
  RC_ASSERT(*parse_duration(to_string(duration)) == duration);
}

}  // namespace
}  // namespace tagwerk::base
