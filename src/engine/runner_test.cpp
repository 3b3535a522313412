#include "engine/runner.hpp"

#include <condition_variable>
#include <gtest/gtest.h>

#include "engine/plant_for_test.hpp"

namespace tagwerk::engine {
namespace {

using namespace std::chrono_literals;

Now real_now() {
  return {base::utc_now(), base::mono_now()};
}

/// Waits for a condition that another thread makes true; a test that hangs fails after 10 s.
class Gate {
 public:
  template <class Change>
  void change(Change apply) {
    {
      const std::lock_guard lock(mutex_);
      apply();
    }
    changed_.notify_all();
  }
  template <class Condition>
  bool wait(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 10s, condition);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

class CountingSink : public ChangeSink {
 public:
  void on_changes(std::span<const Change> changes) override { count += changes.size(); }
  void on_plant(const std::shared_ptr<const model::Plant>&) override {}
  std::atomic<std::size_t> count{0};
};

SampleBatch batch_of(std::size_t count, std::uint64_t mark) {
  SampleBatch batch{.mark = mark};
  for (std::size_t i = 0; i < count; ++i)
    batch.samples.push_back({Value::of(static_cast<double>(mark)), base::utc_now(), {}, 0});
  return batch;
}

class RunnerTest : public ::testing::Test {
 protected:
  RunnerTest() : runner(real_now) {
    runner.engine().add_sink(&sink);
    runner.start();
    runner.run([](Engine& engine, Now now) {
      engine.configure(make_test_plant({{.path = "/A"}}, nullptr), now, {});
    });
    sink.count = 0;
  }

  CountingSink sink;
  EngineRunner runner;
};

TEST_F(RunnerTest, AppliesEveryBatchOfSeveralProducersInOrder) {
  constexpr std::uint64_t kBatches = 2000;
  Gate gate;
  std::array<std::uint64_t, 2> done{};
  std::vector<std::thread> producers;
  for (std::size_t p = 0; p < 2; ++p) {
    auto lane = runner.inbox().open(1000, [&, p](std::uint64_t mark, bool) {
      gate.change([&] {
        EXPECT_GT(mark, done[p]);
        done[p] = mark;
      });
    });
    producers.emplace_back([lane] {
      for (std::uint64_t mark = 1; mark <= kBatches;) {
        SampleBatch batch = batch_of(10, mark);
        if (lane->try_push(std::move(batch))) ++mark;
      }
    });
  }
  for (std::thread& producer : producers)
    producer.join();
  EXPECT_TRUE(gate.wait([&] { return done[0] == kBatches && done[1] == kBatches; }));
  EXPECT_EQ(sink.count, 2 * kBatches * 10);
  runner.stop();  // the gate ends before the fixture does
}

TEST_F(RunnerTest, AFullLaneSaysNoAndTellsWhenThereIsRoom) {
  Gate gate;
  bool blocked = false, go_on = false, room = false;
  auto lane = runner.inbox().open(
      100, [&](std::uint64_t, bool has_room) { gate.change([&] { room |= has_room; }); });
  runner.post([&](Engine&, Now) {
    gate.change([&] { blocked = true; });
    gate.wait([&] { return go_on; });
  });
  ASSERT_TRUE(gate.wait([&] { return blocked; }));
  EXPECT_TRUE(lane->try_push(batch_of(100, 1)));
  SampleBatch refused = batch_of(1, 2);
  EXPECT_FALSE(lane->try_push(std::move(refused)));
  EXPECT_EQ(refused.samples.size(), 1u) << "a refused batch is untouched";
  gate.change([&] { go_on = true; });
  EXPECT_TRUE(gate.wait([&] { return room; }));
  EXPECT_TRUE(lane->try_push(std::move(refused)));
  runner.stop();
}

TEST_F(RunnerTest, StopAppliesWhatWaits) {
  auto lane = runner.inbox().open(100'000, [](std::uint64_t, bool) {});
  for (std::uint64_t mark = 1; mark <= 100; ++mark)
    ASSERT_TRUE(lane->try_push(batch_of(10, mark)));
  runner.stop();
  EXPECT_EQ(sink.count, 1000u);
}

TEST_F(RunnerTest, AClosedLaneIsEmptiedAndNotAnsweredAnyMore) {
  std::atomic<int> answers{0};
  auto lane = runner.inbox().open(1000, [&](std::uint64_t, bool) { ++answers; });
  ASSERT_TRUE(lane->try_push(batch_of(10, 1)));
  runner.inbox().close(lane);
  runner.run([](Engine&, Now) {});
  runner.run([](Engine&, Now) {});
  const int before = answers;
  ASSERT_TRUE(lane->try_push(batch_of(10, 2)));
  runner.stop();
  EXPECT_EQ(answers, before);
}

}  // namespace
}  // namespace tagwerk::engine
