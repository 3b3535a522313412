#include "net/event_loop.hpp"

#include <future>
#include <gtest/gtest.h>
#include <optional>

namespace tagwerk::net {
namespace {

using namespace std::chrono_literals;

TEST(EventLoop, RunsPostedTasksInOrderOnItsThread) {
  EventLoopThread thread("loop");
  std::vector<int> seen;
  std::promise<bool> done;
  for (int i = 0; i < 3; ++i)
    thread->post([&seen, i] { seen.push_back(i); });
  thread->post([&] { done.set_value(thread->in_thread()); });
  EXPECT_TRUE(done.get_future().get());
  EXPECT_EQ(seen, (std::vector{0, 1, 2}));
  EXPECT_FALSE(thread->in_thread());
}

TEST(EventLoop, StopsWithTimersAndTasksStillWaiting) {
  auto held = std::make_shared<int>(1);
  std::optional<Timer> timer;
  {
    EventLoopThread thread("loop");
    std::promise<void> ready;
    thread->post([&] {
      timer.emplace(thread.loop());
      timer->start_after(1h, [held] {});
      ready.set_value();
    });
    ready.get_future().get();
    thread->stop();
    thread->post([held] {});
    timer.reset();
  }
  EXPECT_EQ(held.use_count(), 1);
}

TEST(Timer, MayDestroyItselfInsideItsOwnCall) {
  EventLoopThread thread("loop");
  std::promise<int> done;
  auto timer = std::make_unique<Timer>(thread.loop());
  thread->post([&] {
    timer->start_every(1ms, [&, calls = 0]() mutable {
      if (++calls < 3) return;
      timer.reset();
      done.set_value(calls);
    });
  });
  EXPECT_EQ(done.get_future().get(), 3);
}

TEST(Timer, IsQuietAfterCancelAndFollowsARestart) {
  EventLoopThread thread("loop");
  std::promise<std::string> done;
  std::unique_ptr<Timer> timer;
  std::string seen;
  thread->post([&] {
    timer = std::make_unique<Timer>(thread.loop());
    timer->start_after(0ms, [&] { seen += "cancelled"; });
    timer->cancel();
    timer->start_after(1ms, [&] {
      seen += "first ";
      timer->start_after(1ms, [&] { done.set_value(seen + "second"); });
    });
  });
  EXPECT_EQ(done.get_future().get(), "first second");
  std::promise<void> gone;
  thread->post([&] {
    timer.reset();
    gone.set_value();
  });
  gone.get_future().get();
}

}  // namespace
}  // namespace tagwerk::net
