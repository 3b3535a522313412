#pragma once

#include <optional>
#include <span>

#include "link/frame.hpp"

namespace tagwerk::link {

struct FrameView {
  FrameType type = FrameType::hello;
  base::ByteView payload;  ///< valid until the reader takes more bytes
};

/// Cuts a stream of bytes into frames. Pure.
/// Limits: holds at most one frame of the limit and what was read with it
class FrameReader {
 public:
  explicit FrameReader(std::size_t limit = kMaxFrame) : limit_(limit) {}

  /// kMaxFrameBefore until the other side is known.
  void set_limit(std::size_t limit) { limit_ = limit; }

  /// Room for the next read; say with filled() how much of it was used.
  std::span<std::byte> space();
  void filled(std::size_t count);
  void append(base::ByteView bytes);

  /// The next whole frame, or nothing until there are more bytes.
  /// Fails: corrupt on a length outside the limits or an unknown type; the stream is then over
  Result<std::optional<FrameView>> next();

 private:
  base::Bytes buffer_;
  std::size_t begin_ = 0;  ///< first byte not given out
  std::size_t end_ = 0;    ///< one past the last byte read
  std::size_t limit_;
};

}  // namespace tagwerk::link
