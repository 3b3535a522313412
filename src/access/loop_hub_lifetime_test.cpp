#include "access/loop_hub_for_test.hpp"
#include "base/build_for_test.hpp"

// Subscribers that come and go in the middle of things, and an engine that does not wait for them.
namespace tagwerk::access {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using testing::plant_of;
using testing::PlantPointer;
using testing::Recorder;

class LoopHubLifetimeTest : public testing::LoopHubTest {};

TEST_F(LoopHubLifetimeTest, SaysNothingAfterUnsubscribe) {
  use_plant({"/A"});
  Recorder her;
  on_loop([&] {
    const auto id = subscribe(her, {.patterns = {"/A"}});
    set("/A", 1);
    hub->unsubscribe(*id);
    hub->unsubscribe(*id);
    hub->unsubscribe(12345);
    set("/A", 2);
  });
  settle();
  EXPECT_THAT(her.take(), ElementsAre("snapshot /A=null"));
  EXPECT_EQ(hub->counters().subscriptions, 0u);
  EXPECT_FALSE(hub->interested());
}

/// A subscriber that lets go of all its subscriptions, and dies, in the middle of a call.
struct Mortal {
  explicit Mortal(Hub& hub) : hub(hub), recorder(std::make_unique<Recorder>()) {}

  void subscribe(const std::shared_ptr<const auth::Principal>& who, SubscribeOptions options) {
    const auto id = hub.subscribe(who, std::move(options), *recorder);
    ASSERT_TRUE(id);
    if (recorder) ids.push_back(*id);
  }
  void die_at_next_call() {
    recorder->then = [this](std::uint64_t) {
      Mortal* const self = this;  // what is captured dies with the recorder
      for (const std::uint64_t id : self->ids)
        self->hub.unsubscribe(id);
      self->recorder.reset();
      ++self->deaths;
    };
  }

  Hub& hub;
  std::unique_ptr<Recorder> recorder;
  std::vector<std::uint64_t> ids;
  int deaths = 0;
};

TEST_F(LoopHubLifetimeTest, LetsSubscribersUnsubscribeEverybodyInsideACall) {
  use_plant({"/A"});
  // Of several that hear the same change, the first takes all the others with it.
  for (const bool limited : {false, true}) {
    std::vector<std::unique_ptr<Recorder>> all;
    std::vector<std::uint64_t> ids;
    int calls = 0;
    on_loop([&] {
      for (int i = 0; i < 5; ++i) {
        all.push_back(std::make_unique<Recorder>());
        SubscribeOptions options{.patterns = {"/A"}};
        if (limited) options.max_rate = 20ms;
        ids.push_back(*subscribe(*all.back(), options));
        all.back()->then = [&](std::uint64_t) {
          ++calls;
          for (const std::uint64_t id : ids)
            hub->unsubscribe(id);
        };
      }
      set("/A", limited ? 1 : 2);
    });
    ASSERT_TRUE(all.front()->wait_for([](const auto& said) { return said.size() == 2; }));
    settle();
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(hub->counters().subscriptions, 0u);
  }
}

TEST_F(LoopHubLifetimeTest, LetsASubscriberDieInsideEachKindOfCall) {
  use_plant({"/A"});
  Recorder other;
  on_loop([&] { ASSERT_TRUE(subscribe(other, {.patterns = {"/A"}})); });
  const auto dies = [&](const std::function<void(Mortal&)>& cause, std::string pattern = "/A") {
    Mortal mortal(*hub);
    on_loop([&] {
      mortal.subscribe(who, {.patterns = {pattern}});
      mortal.subscribe(who, {.patterns = {pattern}});
      cause(mortal);
    });
    settle();
    EXPECT_EQ(mortal.deaths, 1);
    EXPECT_EQ(hub->counters().subscriptions, 1u);
  };
  dies([&](Mortal& mortal) {  // on_changes
    mortal.die_at_next_call();
    set("/A", 1);
  });
  dies([&](Mortal& mortal) {  // on_changes of resume
    mortal.recorder->is_ready = false;
    set("/A", 2);
    loop.post([&] {
      mortal.die_at_next_call();
      mortal.recorder->is_ready = true;
      hub->resume(*mortal.recorder);
    });
  });
  dies([&](Mortal& mortal) {  // on_plant
    mortal.die_at_next_call();
    configure(plant_of({"/A", "/B"}, plant.get()));
  });
  dies([&](Mortal& mortal) {  // after an overrun
    mortal.recorder->is_ready = false;
    for (int i = 1; i <= 9000; ++i)
      set("/A", i + 10);
    mortal.die_at_next_call();
    loop.post([&] {
      mortal.recorder->is_ready = true;
      hub->resume(*mortal.recorder);
    });
  });
  dies(
      [&](Mortal& mortal) {  // on_snapshot of a new plant
        mortal.die_at_next_call();
        configure(plant_of({"/A", "/B", "/C"}, plant.get()));
      },
      "/*");
  EXPECT_THAT(other.take(), ::testing::Contains("plant 3"));
}

TEST_F(LoopHubLifetimeTest, LetsASubscriberUnsubscribeInsideItsFirstSnapshot) {
  use_plant({"/A"});
  Recorder her;
  on_loop([&] {
    her.then = [&](std::uint64_t id) { hub->unsubscribe(id); };
    EXPECT_TRUE(subscribe(her, {.patterns = {"/A"}}));
    set("/A", 1);
  });
  settle();
  EXPECT_THAT(her.take(), ElementsAre("snapshot /A=null"));
  EXPECT_EQ(hub->counters().subscriptions, 0u);
}

TEST_F(LoopHubLifetimeTest, LetsASubscriberSubscribeInsideACall) {
  use_plant({"/A"});
  Recorder her;
  std::vector<std::unique_ptr<Recorder>> more;
  on_loop([&] {
    ASSERT_TRUE(subscribe(her, {.patterns = {"/A"}}));
    her.then = [&](std::uint64_t) {
      for (int i = 0; i < 50; ++i) {
        more.push_back(std::make_unique<Recorder>());
        ASSERT_TRUE(subscribe(*more.back(), {.patterns = {"/A"}}));
      }
      her.then = [](std::uint64_t) {};
    };
    configure(plant_of({"/A", "/B"}, plant.get()));
    set("/A", 1);
  });
  // So many are told together, a little later.
  EXPECT_TRUE(her.wait_for([](const auto& said) { return said.size() == 3; }));
  settle();
  EXPECT_THAT(her.take(), ElementsAre("snapshot /A=null", "plant 2", "changes /A=1"));
  EXPECT_THAT(more.back()->take(), ElementsAre("snapshot /A=1"));
}

/// Checks that integers of one tag come one after the other, without gap and without repetition.
class Counting : public Subscriber {
 public:
  void on_snapshot(std::uint64_t, PlantPointer, std::span<const Update> updates) override {
    last_.clear();
    // The engine counts from 1; before its first step there is nothing.
    for (const Update& update : updates)
      last_[update.tag->id] = update.current.value.is_null() ? 0 : update.current.value.number();
  }
  void on_changes(std::uint64_t, std::span<const Update> updates, std::uint64_t) override {
    for (const Update& update : updates) {
      double& last = last_[update.tag->id];
      if (update.current.value.number() != last + 1) ++faults;
      last = update.current.value.number();
      seen.store(last);
    }
  }
  bool ready() const override { return true; }

  int faults = 0;
  std::atomic<double> seen{0};

 private:
  std::map<TagId, double> last_;
};

/// Subscribers beside the two that are watched: many are told in turns.
class LoopHubCrowdTest : public LoopHubLifetimeTest, public ::testing::WithParamInterface<int> {};

TEST_P(LoopHubCrowdTest, LosesAndDoublesNothingWhileTheEngineStepsOnItsOwnThread) {
  std::vector<Counting> crowd(GetParam());
  const std::vector<std::string> paths{"/A", "/B", "/C"};
  plant = plant_of(paths);
  std::atomic<bool> running{true};
  std::atomic<int> value{0};
  Counting steady;
  std::atomic<bool> steady_there{false};
  std::thread stepper([&] {
    engine.configure(plant, now(), {});
    std::vector<Sample> samples;
    while (running) {
      // Twice the same tag in each step: a reader may come in between.
      samples.clear();
      const engine::Now at = now();
      for (int twice = 0; twice < 2; ++twice) {
        ++value;
        for (const std::string& path : paths)
          samples.push_back(
              {Value::of(static_cast<double>(value)), at.utc, {}, plant->find(path)->slot});
      }
      engine.step(at, samples);
      // Never so far ahead that the queue overruns.
      while (running && steady_there && value - steady.seen.load() > 4000)
        std::this_thread::yield();
    }
  });
  const auto all_seen = [&] {
    std::promise<bool> promise;
    loop.post([&] { promise.set_value(steady.seen.load() > base::many(20'000, 3'000)); });
    return promise.get_future().get();
  };
  while (value == 0)
    std::this_thread::yield();
  on_loop([&] {
    ASSERT_TRUE(hub->subscribe(who, {.patterns = {"/A"}}, steady));
    steady.seen.store(value);
    steady_there = true;
    for (Counting& each : crowd)
      ASSERT_TRUE(hub->subscribe(who, {.patterns = {"/B"}}, each));
  });
  int faults = 0, rounds = 0;
  const int least = GetParam() == 0 ? 200 : base::many(40, 10);  // each waits for a turn in a crowd
  while (!all_seen() || rounds < least) {
    auto brief = std::make_unique<Counting>();
    std::uint64_t id = 0;
    on_loop([&] { id = *hub->subscribe(who, {.patterns = {"/**"}}, *brief); });
    while (brief->seen.load() == 0)
      std::this_thread::yield();
    on_loop([&] { hub->unsubscribe(id); });
    faults += brief->faults;
    ++rounds;
  }
  running = false;
  stepper.join();
  const auto has_all = [&](const Counting& each) { return each.seen.load() == value.load(); };
  const auto patience = base::mono_now() + 20s;
  while (!(has_all(steady) && std::ranges::all_of(crowd, has_all)) && base::mono_now() < patience)
    std::this_thread::sleep_for(1ms);
  settle();
  EXPECT_EQ(faults, 0) << "in " << rounds << " short subscriptions";
  on_loop([&] {
    EXPECT_EQ(steady.faults, 0);
    for (const Counting& each : crowd)
      EXPECT_EQ(each.faults, 0);
  });
  EXPECT_TRUE(std::ranges::all_of(crowd, has_all));
  EXPECT_EQ(steady.seen.load(), value.load());
  EXPECT_EQ(hub->counters().coalesced, 0u);
}

INSTANTIATE_TEST_SUITE_P(Subscribers, LoopHubCrowdTest, ::testing::Values(0, base::many(60, 20)));

}  // namespace
}  // namespace tagwerk::access
