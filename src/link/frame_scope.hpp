#pragma once

#include <bit>
#include <cstring>
#include <string_view>

#include "base/assert.hpp"
#include "link/frame.hpp"

/// What the encoders and decoders of all frames share; part of frame.cpp and trace_frame.cpp.
namespace tagwerk::link {

/// Longest text that a person is to read; longer ones are cut.
inline constexpr std::size_t kMaxDetail = 4096;

/// Writes the header when it is made and the length when the frame is done.
class FrameScope {
 public:
  FrameScope(FrameType type, base::Bytes& out) : out_(out), start_(out.size()), writer_(out) {
    writer_.u32(0);
    writer_.u8(static_cast<std::uint8_t>(type));
  }
  ~FrameScope() {
    auto length = static_cast<std::uint32_t>(out_.size() - start_ - sizeof(std::uint32_t));
    TAGWERK_ASSERT(length <= kMaxFrame);
    if constexpr (std::endian::native == std::endian::big) length = base::swap_bytes(length);
    std::memcpy(out_.data() + start_, &length, sizeof(length));
  }
  FrameScope(const FrameScope&) = delete;
  FrameScope& operator=(const FrameScope&) = delete;
  base::ByteWriter* operator->() { return &writer_; }
  base::ByteWriter& writer() { return writer_; }

 private:
  base::Bytes& out_;
  std::size_t start_;
  base::ByteWriter writer_;
};

/// At most `size` bytes of the text, not ending inside a UTF-8 character.
inline std::string_view cut(std::string_view text, std::size_t size) {
  if (text.size() <= size) return text;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80)
    --size;
  return text.substr(0, size);
}

/// ok: what the fields' own rules say, beyond "all bytes were there and none was left".
inline Status finish(const base::ByteReader& in, FrameType type, bool ok = true) {
  if (ok && in.finished()) return {};
  return fail(
      ErrorCode::corrupt, "{} frame is damaged: {}", to_string(type),
      !in.ok() ? "too short" : (in.remaining() > 0 && ok ? "bytes left over" : "bad field"));
}

inline bool read_flag(base::ByteReader& in, bool& flag) {
  const std::uint8_t byte = in.u8();
  flag = byte == 1;
  return byte <= 1;
}

}  // namespace tagwerk::link
