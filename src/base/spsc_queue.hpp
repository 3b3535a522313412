#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <utility>
#include <vector>

namespace tagwerk::base {

/// A bounded ring from one thread to one other. Full = try_push says no; nothing is ever dropped
/// here. Threads: one producer, one consumer Limits:  capacity is rounded up to a power of two
template <class T>
class SpscQueue {
 public:
  explicit SpscQueue(std::size_t capacity)
      : ring_(std::bit_ceil(capacity)), mask_(ring_.size() - 1) {}

  /// Producer. The item is moved from only when true comes back.
  bool try_push(T&& item) {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_.load(std::memory_order_acquire) == ring_.size()) return false;
    ring_[tail & mask_] = std::move(item);
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

  /// Consumer.
  bool try_pop(T& out) {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    if (head == tail_.load(std::memory_order_acquire)) return false;
    out = std::move(ring_[head & mask_]);
    ring_[head & mask_] = T{};
    head_.store(head + 1, std::memory_order_release);
    return true;
  }

  /// Any thread; true may be out of date at once.
  bool empty() const {
    return head_.load(std::memory_order_acquire) == tail_.load(std::memory_order_acquire);
  }

 private:
  std::vector<T> ring_;
  std::size_t mask_;
  alignas(64) std::atomic<std::size_t> head_{0};
  alignas(64) std::atomic<std::size_t> tail_{0};
};

}  // namespace tagwerk::base
