#pragma once

#include <thread>

namespace tagwerk::base {

/// Prints the broken invariant to stderr and aborts; the supervisor brings the process back.
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);

/// Remembers the thread that first calls check() and aborts when another one does.
/// For state that belongs to one thread: first line of every function bound to it.
class ThreadBound {
 public:
  void check(const char* file, int line) {
    if (owner_ == std::thread::id{}) owner_ = std::this_thread::get_id();
    if (owner_ != std::this_thread::get_id()) assertion_failed("wrong thread", file, line);
  }
  /// Lets another thread take over; the caller guarantees that nobody else is inside.
  void release() { owner_ = {}; }

 private:
  std::thread::id owner_;
};

}  // namespace tagwerk::base

/// Always on, in every build: a broken invariant must not go on computing.
#define TAGWERK_ASSERT(expression)     \
  ((expression) ? static_cast<void>(0) \
                : ::tagwerk::base::assertion_failed(#expression, __FILE__, __LINE__))
#define TAGWERK_ASSERT_THREAD(bound) (bound).check(__FILE__, __LINE__)
