#include "link/schedule.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace tagwerk::link {
namespace {

using std::chrono::milliseconds;

MonoTime at(std::int64_t ms) {
  return MonoTime(milliseconds(ms));
}

Schedule every(std::vector<Duration> periods) {
  Schedule schedule;
  schedule.configure(periods, at(0), at(0));
  return schedule;
}

TEST(LinkSchedule, KeepsTheGridHoweverLateEachPollStarts) {
  Schedule schedule = every({milliseconds(100)});
  for (std::int64_t i = 0; i < 1000; ++i) {
    const MonoTime late = at(i * 100 + (i * 37) % 90);
    ASSERT_EQ(schedule.due(late), 0u);
    EXPECT_EQ(schedule.start(0, late), 0u);
    EXPECT_EQ(schedule.next(), at((i + 1) * 100));
  }
}

TEST(LinkSchedule, SkipsAndCountsWhatWasMissed) {
  Schedule schedule = every({milliseconds(100)});
  schedule.start(0, at(0));
  EXPECT_EQ(schedule.start(0, at(455)), 3u);
  EXPECT_EQ(schedule.next(), at(500));
}

TEST(LinkSchedule, GivesTheGroupThatWaitsLongest) {
  Schedule schedule = every({milliseconds(100), milliseconds(30)});
  schedule.start(0, at(0));
  schedule.start(1, at(0));
  EXPECT_FALSE(schedule.due(at(29)));
  EXPECT_EQ(schedule.due(at(110)), 1u);
  schedule.start(1, at(110));
  EXPECT_EQ(schedule.due(at(110)), 0u);
}

TEST(LinkSchedule, ADeviceThatWasAwayHasMissedNothing) {
  Schedule schedule = every({milliseconds(100)});
  schedule.start(0, at(0));
  schedule.resume(at(5000));
  EXPECT_EQ(schedule.due(at(5000)), 0u);
  EXPECT_EQ(schedule.start(0, at(5000)), 0u);
}

RC_GTEST_PROP(LinkSchedule, PollsAndMissesTogetherAreEveryPeriodThatPassed, ()) {
  const auto period = *rc::gen::inRange<std::int64_t>(1, 50);
  const auto pauses =
      *rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, 300));
  Schedule schedule = every({milliseconds(period)});
  std::int64_t now = 0;
  std::uint64_t polls = 0;
  std::uint64_t missed = 0;
  for (const auto pause : pauses) {
    now += pause;
    if (!schedule.due(at(now))) continue;
    missed += schedule.start(0, at(now));
    ++polls;
  }
  if (polls > 0)
    RC_ASSERT(schedule.next() == at(static_cast<std::int64_t>(polls + missed) * period));
}

}  // namespace
}  // namespace tagwerk::link
