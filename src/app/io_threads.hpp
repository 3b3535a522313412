#pragma once

#include <memory>
#include <span>
#include <vector>

#include "net/event_loop.hpp"

namespace tagwerk::app {

/// The io threads, one event loop each. Threads can be ended before what lives on the loops is
/// destroyed, and the loops after it.
/// Threads: made, stopped and destroyed by one
class IoThreads {
 public:
  explicit IoThreads(int count);

  std::span<net::EventLoop* const> loops() const { return loops_; }
  net::EventLoop& first() { return *loops_.front(); }
  /// Ends the threads; the loops stay, nothing runs on them any more.
  void stop();

 private:
  std::vector<std::unique_ptr<net::EventLoopThread>> threads_;
  std::vector<net::EventLoop*> loops_;
};

}  // namespace tagwerk::app
