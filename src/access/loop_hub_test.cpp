#include "access/loop_hub_for_test.hpp"

namespace tagwerk::access {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::LoopHubTest;
using testing::plant_of;
using testing::PlantPointer;
using testing::Recorder;
using testing::viewer_of;

TEST_F(LoopHubTest, GivesTheSnapshotBeforeSubscribeReturnsAndThenEveryChangeInOrder) {
  use_plant({"/A", "/B"});
  Recorder her;
  on_loop([&] {
    set("/A", 1);
    ASSERT_TRUE(subscribe(her, {.patterns = {"/A", "/B"}}));
    EXPECT_THAT(her.take(), ElementsAre("snapshot /A=1 /B=null"));
    set("/A", 2);
    set("/B", 3);
    set("/A", 4);
  });
  settle();
  EXPECT_THAT(her.take(), ElementsAre("changes /A=2 /B=3 /A=4"));
  EXPECT_EQ(hub->counters().subscriptions, 1u);
  EXPECT_EQ(hub->counters().delivered, 3u);
}

TEST_F(LoopHubTest, DoesNotRepeatWhatTheSnapshotSaid) {
  use_plant({"/A"});
  Recorder first, second;
  on_loop([&] {
    ASSERT_TRUE(subscribe(first, {.patterns = {"/A"}}));
    set("/A", 1);
    set("/A", 2);
    ASSERT_TRUE(subscribe(second, {.patterns = {"/A"}}));
    set("/A", 3);
  });
  settle();
  EXPECT_THAT(first.take(), ElementsAre("snapshot /A=null", "changes /A=1 /A=2 /A=3"));
  EXPECT_THAT(second.take(), ElementsAre("snapshot /A=2", "changes /A=3"));
}

TEST_F(LoopHubTest, TellsRepeatedValuesOnlyToWhoAskedForEverySample) {
  use_plant({"/A"});
  Recorder some, all;
  on_loop([&] {
    ASSERT_TRUE(subscribe(some, {.patterns = {"/A"}}));
    ASSERT_TRUE(subscribe(all, {.patterns = {"/A"}, .every = true}));
    set("/A", 1);
    set("/A", 1);
    set("/A", 1);
  });
  settle();
  EXPECT_THAT(some.take(), ElementsAre("snapshot /A=null", "changes /A=1"));
  EXPECT_THAT(all.take(), ElementsAre("snapshot /A=null", "changes /A=1 /A=1 /A=1"));
}

TEST_F(LoopHubTest, DoesNotTellLateSamples) {
  use_plant({"/A"});
  Recorder her;
  on_loop([&] {
    set("/A", 1);
    ASSERT_TRUE(subscribe(her, {.patterns = {"/A"}, .every = true}));
    Sample late{Value::of(9.0), UtcTime{1s}, {}, plant->find("/A")->slot};
    engine.step(now(), {&late, 1});
  });
  settle();
  EXPECT_THAT(her.take(), ElementsAre("snapshot /A=1"));
}

TEST_F(LoopHubTest, GivesASlowSubscriberTheLatestAndACountOfWhatItMissed) {
  use_plant({"/A", "/B"});
  Recorder her;
  on_loop([&] {
    ASSERT_TRUE(subscribe(her, {.patterns = {"/A", "/B"}}));
    her.is_ready = false;
    for (int i = 1; i <= 5; ++i)
      set("/A", i);
    set("/B", 7);
  });
  settle();
  EXPECT_THAT(her.take(), ElementsAre("snapshot /A=null /B=null"));
  on_loop([&] {
    hub->resume(her);  // still not ready
    her.is_ready = true;
    hub->resume(her);
    hub->resume(her);
    set("/A", 6);
  });
  settle();
  EXPECT_THAT(her.take(), ElementsAre("changes+4 /A=5 /B=7", "changes /A=6"));
  EXPECT_EQ(hub->counters().coalesced, 4u);
}

TEST_F(LoopHubTest, DoesNotGoBackToOlderValuesAfterAResume) {
  use_plant({"/A"});
  Recorder her;
  on_loop([&] {
    ASSERT_TRUE(subscribe(her, {.patterns = {"/A"}}));
    her.is_ready = false;
    set("/A", 1);
  });
  settle();
  on_loop([&] {
    // Still in the queue when the latest value is read from the table.
    set("/A", 2);
    set("/A", 3);
    her.is_ready = true;
    hub->resume(her);
    set("/A", 4);
  });
  settle();
  EXPECT_THAT(her.take(), ElementsAre("snapshot /A=null", "changes /A=3", "changes /A=4"));
}

TEST_F(LoopHubTest, TellsOthersWhileOneIsSlow) {
  use_plant({"/A"});
  Recorder slow, quick;
  on_loop([&] {
    ASSERT_TRUE(subscribe(slow, {.patterns = {"/A"}}));
    ASSERT_TRUE(subscribe(quick, {.patterns = {"/A"}}));
    slow.is_ready = false;
    set("/A", 1);
    set("/A", 2);
  });
  settle();
  EXPECT_THAT(slow.take(), ElementsAre("snapshot /A=null"));
  EXPECT_THAT(quick.take(), ElementsAre("snapshot /A=null", "changes /A=1 /A=2"));
}

TEST_F(LoopHubTest, KeepsToTheRateAndAlwaysTellsTheLastValue) {
  use_plant({"/A"});
  Recorder her;
  constexpr Duration kRate = 60ms;
  std::vector<MonoTime> times;
  double value = 0;
  std::optional<net::Timer> source;
  on_loop([&] {
    ASSERT_TRUE(subscribe(her, {.patterns = {"/A"}, .max_rate = kRate}));
    her.then = [&](std::uint64_t) { times.push_back(base::mono_now()); };
    source.emplace(loop);
    source->start_every(3ms, [&] {
      set("/A", ++value);
      if (value == 100) source->cancel();
    });
  });
  EXPECT_TRUE(her.wait_for([](const auto& said) { return said.back() == "changes /A=100"; }));
  on_loop([&] { source.reset(); });
  EXPECT_GT(times.size(), 2u);
  for (std::size_t i = 1; i < times.size(); ++i)
    EXPECT_GE(times[i] - times[i - 1], kRate - 5ms);
  EXPECT_EQ(hub->counters().coalesced, 0u);
}

TEST_F(LoopHubTest, HoldsARateLimitedSubscriberThatIsSlowUntilItCanTakeMore) {
  use_plant({"/A"});
  Recorder her;
  on_loop([&] {
    ASSERT_TRUE(subscribe(her, {.patterns = {"/A"}, .max_rate = 1ms}));
    her.is_ready = false;
    set("/A", 1);
  });
  settle();
  on_loop([&] {
    set("/A", 2);
    her.is_ready = true;
  });
  EXPECT_TRUE(her.wait_for([](const auto& said) { return said.back() == "changes /A=2"; }));
  settle();
}

TEST_F(LoopHubTest, TellsTheLatestOfAllWhenTheQueueOverran) {
  use_plant({"/A", "/B", "/C"});
  Recorder her, limited;
  on_loop([&] {
    ASSERT_TRUE(subscribe(her, {.patterns = {"/A", "/B"}}));
    ASSERT_TRUE(subscribe(limited, {.patterns = {"/B"}, .max_rate = 20ms}));
    // One step per broadcast: more than the queue has places.
    for (int i = 1; i <= 9000; ++i)
      set("/A", i);
    set("/B", 5);
  });
  settle();
  const auto said = her.take();
  ASSERT_EQ(said.size(), 3u);
  EXPECT_THAT(said[1], HasSubstr("/A=8192"));
  EXPECT_EQ(said[2], "changes+2 /A=9000 /B=5");
  EXPECT_TRUE(limited.wait_for([](const auto& all) { return all.back() == "changes /B=5"; }));
  on_loop([&] { set("/A", 1); });
  settle();
  EXPECT_THAT(her.take(), ElementsAre("changes /A=1"));
}

TEST_F(LoopHubTest, LearnsOfAPlantThatDidNotFitIntoTheQueue) {
  use_plant({"/A"});
  Recorder her;
  on_loop([&] {
    ASSERT_TRUE(subscribe(her, {.patterns = {"/**"}}));
    for (int i = 1; i <= 9000; ++i)
      set("/A", i);
    configure(plant_of({"/B"}, plant.get()));
    set("/B", 3);
  });
  settle();
  EXPECT_EQ(her.take().back(), "changes+1 /B=3");
}

TEST_F(LoopHubTest, GivesANewSnapshotWhenAPlantChangesWhatThePatternsName) {
  use_plant({"/P/A"});
  Recorder her;
  on_loop([&] { ASSERT_TRUE(subscribe(her, {.patterns = {"/P/*"}})); });
  on_loop([&] {
    set("/P/A", 1);
    configure(plant_of({"/P/A", "/P/B"}, plant.get()));
    set("/P/B", 2);
  });
  settle();
  EXPECT_THAT(her.take(),
              ElementsAre("snapshot /P/A=null", "changes /P/A=1", "snapshot /P/A=1 /P/B=2"));
  on_loop([&] { set("/P/B", 3); });
  settle();
  EXPECT_THAT(her.take(), ElementsAre("changes /P/B=3"));
}

TEST_F(LoopHubTest, OnlyExchangesPointersWhenAPlantLeavesTheTagsAsTheyWere) {
  use_plant({"/A"});
  Recorder her, slow;
  on_loop([&] {
    set("/A", 1);
    ASSERT_TRUE(subscribe(her, {.patterns = {"/A"}}));
    ASSERT_TRUE(subscribe(slow, {.patterns = {"/A"}}));
    slow.is_ready = false;
    set("/A", 2);
  });
  settle();
  use_plant({"/A", "/Z"});
  use_plant({"/A"});
  EXPECT_THAT(her.take(), ElementsAre("snapshot /A=1", "changes /A=2", "plant 2", "plant 3"));
  on_loop([&] {
    her.then = [&](std::uint64_t) { EXPECT_EQ(her.held, plant); };
    set("/A", 3);
    slow.is_ready = true;
    hub->resume(slow);
  });
  settle();
  EXPECT_THAT(her.take(), ElementsAre("changes /A=3"));
  EXPECT_THAT(slow.take(), ElementsAre("snapshot /A=1", "plant 2", "plant 3", "changes /A=3"));
}

TEST_F(LoopHubTest, NeverShowsTheNextTagOfASlotUnderTheNameOfTheOldOne) {
  use_plant({"/Old"});
  Recorder her;
  on_loop([&] {
    ASSERT_TRUE(subscribe(her, {.patterns = {"/*"}}));
    her.is_ready = false;
    set("/Old", 1);
  });
  settle();
  on_loop([&] {
    const PlantPointer before = plant;
    configure(plant_of({"/Between"}, plant.get()));
    configure(plant_of({"/New"}, plant.get()));
    ASSERT_EQ(before->find("/Old")->slot, plant->find("/New")->slot);
    set("/New", 2);
    her.is_ready = true;
    hub->resume(her);  // the hub has not heard of the new plant yet
  });
  settle();
  EXPECT_THAT(her.take(), ElementsAre("snapshot /Old=null", "changes /Old=null",
                                      "snapshot /Between=null", "snapshot /New=2"));
}

TEST_F(LoopHubTest, SurvivesANameThatBecomesAmbiguousWhileItsSubscriberIsSlow) {
  use_plant({"/P/A", "/P/B"});
  Recorder her;
  on_loop([&] {
    ASSERT_TRUE(subscribe(her, {.patterns = {"A", "B"}}));
    her.is_ready = false;
    set("/P/A", 1);
    set("/P/B", 1);
  });
  settle();
  use_plant({"/P/A", "/P/B", "/Q/A"});
  on_loop([&] {
    her.is_ready = true;
    hub->resume(her);
    set("/P/B", 2);
  });
  settle();
  EXPECT_THAT(her.take(),
              ElementsAre("snapshot /P/A=null /P/B=null", "snapshot /P/B=1", "changes /P/B=2"));
}

TEST_F(LoopHubTest, TellsOnlyWhatTheSubscriberMayRead) {
  use_plant({"/P/A", "/Q/A"});
  who = viewer_of("/P");
  Recorder her;
  on_loop([&] {
    ASSERT_TRUE(subscribe(her, {.patterns = {"/**", "A", "/Q/A"}}));
    set("/Q/A", 1);
    set("/P/A", 2);
  });
  settle();
  EXPECT_THAT(her.take(), ElementsAre("snapshot /P/A=null", "changes /P/A=2"));
}

TEST_F(LoopHubTest, RefusesWhatIsNoPatternAndStaysAsItWas) {
  use_plant({"/A"});
  Recorder her;
  on_loop([&] {
    EXPECT_EQ(subscribe(her, {.patterns = {"/A*"}}).error().code, ErrorCode::invalid_argument);
    EXPECT_TRUE(subscribe(her, {.patterns = {"/NotYet"}}));
  });
  EXPECT_THAT(her.take(), ElementsAre("snapshot "));
  EXPECT_EQ(hub->counters().subscriptions, 1u);
}

TEST_F(LoopHubTest, SaysThatTheServerIsStartingBeforeThereIsAPlant) {
  Recorder her;
  on_loop([&] { EXPECT_EQ(subscribe(her, {}).error().code, ErrorCode::unavailable); });
}

}  // namespace
}  // namespace tagwerk::access
