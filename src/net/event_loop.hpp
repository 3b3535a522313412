#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "base/time.hpp"

namespace tagwerk::net {

/// One thread's queue of work, timers and sockets. Everything that was made on a loop lives on its
/// thread; other threads reach it through post(). Destroy a loop only after what lives on it.
/// Threads: post, stop and in_thread any; run by one thread; timers on the loop's thread
class EventLoop {
 public:
  using Task = std::move_only_function<void()>;

  explicit EventLoop(std::string name);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// Works on the calling thread until stop(), also while there is nothing to do.
  void run();
  /// run() returns soon; what is still queued stays undone and is destroyed with the loop.
  void stop();
  /// Runs the task later on the loop's thread, in the order posted.
  void post(Task task);
  /// The caller is the thread inside run().
  bool in_thread() const;
  const std::string& name() const;

  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

/// Calls a function once or periodically; its destruction cancels it, also from inside the call.
/// Threads: loop thread only
class Timer {
 public:
  explicit Timer(EventLoop& loop);
  ~Timer();
  Timer(Timer&&) noexcept;
  Timer& operator=(Timer&&) noexcept;

  /// Replaces what was started before.
  void start_after(Duration delay, EventLoop::Task task);
  /// Keeps the phase: late calls do not shift later ones, missed ones are skipped.
  void start_every(Duration period, EventLoop::Task task);
  void cancel();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// A loop with its own thread of that name; stops and joins when destroyed.
/// Threads: made and destroyed by one thread outside the loop
class EventLoopThread {
 public:
  explicit EventLoopThread(const std::string& name);
  ~EventLoopThread();
  /// Stops and joins, but keeps the loop for what still has timers and sockets on it.
  void stop();
  EventLoop& loop() { return loop_; }
  EventLoop* operator->() { return &loop_; }

 private:
  EventLoop loop_;
  std::thread thread_;
};

}  // namespace tagwerk::net
