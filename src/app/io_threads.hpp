#pragma once

#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "net/event_loop.hpp"

namespace tagwerk::app {

/// The io threads, one event loop each. Threads can be ended before what lives on the loops is
/// destroyed, and the loops after it.
/// Threads: made, stopped and destroyed by one
class IoThreads {
 public:
  explicit IoThreads(int count);
  ~IoThreads() { stop(); }

  std::span<net::EventLoop* const> loops() const { return pointers_; }
  net::EventLoop& first() { return *pointers_.front(); }
  /// Ends the threads; the loops stay, nothing runs on them any more.
  void stop();

 private:
  std::vector<std::unique_ptr<net::EventLoop>> loops_;
  std::vector<net::EventLoop*> pointers_;
  std::vector<std::thread> threads_;
};

}  // namespace tagwerk::app
