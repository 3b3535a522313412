#include "base/worker.hpp"

#include <future>
#include <gtest/gtest.h>
#include <vector>

#include "base/spsc_queue.hpp"

namespace tagwerk::base {
namespace {

TEST(Worker, RunsJobsInOrderAndFinishesThemWhenStopped) {
  std::vector<int> seen;
  Worker worker("test");
  for (int i = 0; i < 100; ++i)
    ASSERT_TRUE(worker.post([&seen, i] { seen.push_back(i); }));
  worker.stop();
  ASSERT_EQ(seen.size(), 100u);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(seen[static_cast<std::size_t>(i)], i);
  EXPECT_FALSE(worker.post([] {}));
}

TEST(Worker, SaysNoWhenTooManyWait) {
  std::promise<void> started, go_on;  // outlive the worker, whose thread uses them
  Worker worker("test", 1);
  ASSERT_TRUE(worker.post([&] {
    started.set_value();
    go_on.get_future().wait();
  }));
  started.get_future().wait();
  EXPECT_TRUE(worker.post([] {}));
  EXPECT_FALSE(worker.post([] {}));
  go_on.set_value();
}

TEST(SpscQueue, KeepsOrderAcrossThreadsAndRefusesWhenFull) {
  SpscQueue<int> queue(4);
  for (int i = 0; i < 4; ++i)
    ASSERT_TRUE(queue.try_push(int{i}));
  EXPECT_FALSE(queue.try_push(4));
  std::thread producer([&] {
    for (int i = 4; i < 10'000;)
      if (queue.try_push(int{i})) ++i;
  });
  for (int expected = 0, got = 0; expected < 10'000;)
    if (queue.try_pop(got)) {
      ASSERT_EQ(got, expected);
      ++expected;
    }
  producer.join();
  EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace tagwerk::base
