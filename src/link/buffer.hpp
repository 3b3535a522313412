#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"

namespace tagwerk::link {

struct BufferLimits {
  std::size_t bytes = std::size_t{64} * 1024 * 1024;
  Duration age = std::chrono::minutes(10);
};

/// Samples frames that the server has not acknowledged, oldest first. Pure.
/// Limits: bytes and age; what is above goes, oldest first, and is given back to be counted
class FrameBuffer {
 public:
  using Frame = std::shared_ptr<const base::Bytes>;
  struct Entry {
    std::uint64_t sequence = 0;
    std::size_t samples = 0;
    MonoTime at;
    Frame frame;
  };

  explicit FrameBuffer(BufferLimits limits) : limits_(limits) {}
  void set_limits(BufferLimits limits) { limits_ = limits; }

  /// Sequences grow. Returns the frames that had to go for it.
  std::vector<Entry> push(Entry entry);
  /// Everything up to and including it is durable.
  void acknowledge(std::uint64_t sequence);

  /// From the oldest again: a new session has begun.
  void rewind() { sent_ = 0; }
  /// The next frame to send, or null.
  Frame next();

  bool empty() const { return entries_.empty(); }
  std::size_t frames() const { return entries_.size(); }
  std::size_t bytes() const { return bytes_; }
  std::size_t samples() const { return samples_; }
  /// Oldest sequence held; 0 when empty.
  std::uint64_t oldest() const { return entries_.empty() ? 0 : entries_.front().sequence; }

 private:
  Entry pop();

  BufferLimits limits_;
  std::deque<Entry> entries_;
  std::size_t sent_ = 0;  ///< entries at the front that were given out in this session
  std::size_t bytes_ = 0;
  std::size_t samples_ = 0;
};

}  // namespace tagwerk::link
