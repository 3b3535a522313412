#pragma once

#include <memory>
#include <mutex>

namespace tagwerk::base {

/// A shared pointer that one thread replaces and others read. A lock for the length of one copy:
/// std::atomic<shared_ptr> of g++ 12 takes one too, and its load() does not order the read before
/// the next store (a race that the thread sanitizer finds). Not for what is read per value: readers
/// that are in a hurry remember what they got together with a generation.
/// Threads: any
template <class T>
class Published {
 public:
  explicit Published(std::shared_ptr<const T> first) : value_(std::move(first)) {}

  std::shared_ptr<const T> load() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }
  void store(std::shared_ptr<const T> next) {
    {
      const std::lock_guard lock(mutex_);
      value_.swap(next);
    }
    // The old one ends here, outside the lock, when nobody has it any more.
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
};

}  // namespace tagwerk::base
