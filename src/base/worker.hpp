#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <string>
#include <thread>

#include "base/assert.hpp"

namespace tagwerk::base {

/// A named thread that runs jobs one after the other: for what may block (databases, hashing).
/// Threads: post from any
/// Limits:  at most `capacity` jobs wait; then post says no and the caller answers "busy"
class Worker {
 public:
  using Job = std::move_only_function<void()>;

  /// The name shows in `top -H`; at most 15 characters are used.
  explicit Worker(std::string name, std::size_t capacity = 4096);
  /// Runs what waits, then joins.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  [[nodiscard]] bool post(Job job);
  /// Runs what waits, refuses what comes, joins. Calling it again does nothing.
  void stop();
  std::size_t waiting() const;

 private:
  void run(const std::string& name);

  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  bool stopping_ = false;
  std::thread thread_;
};

/// Runs something on the worker and waits for its result. Never call it on the worker itself.
template <class Work>
auto run_on(Worker& worker, Work work) -> decltype(work()) {
  std::promise<decltype(work())> promise;
  const bool posted = worker.post([&] { promise.set_value(work()); });
  TAGWERK_ASSERT(posted);
  return promise.get_future().get();
}

/// Gives the calling thread a name for `top -H` and gdb.
void name_this_thread(const std::string& name);

}  // namespace tagwerk::base
