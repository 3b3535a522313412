#include "link/frame_reader.hpp"

#include <algorithm>
#include <cstring>

#include "base/assert.hpp"

namespace tagwerk::link {
namespace {

constexpr std::size_t kReadSize = std::size_t{64} * 1024;
constexpr std::size_t kLengthSize = sizeof(std::uint32_t);

bool known(std::uint8_t type) {
  return type >= static_cast<std::uint8_t>(FrameType::hello) &&
         type <= static_cast<std::uint8_t>(FrameType::trace);
}

}  // namespace

std::span<std::byte> FrameReader::space() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (buffer_.size() - end_ < kReadSize && begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (buffer_.size() - end_ < kReadSize) buffer_.resize(end_ + kReadSize);
  return std::span(buffer_).subspan(end_);
}

void FrameReader::filled(std::size_t count) {
  TAGWERK_ASSERT(count <= buffer_.size() - end_);
  end_ += count;
}

void FrameReader::append(base::ByteView bytes) {
  while (!bytes.empty()) {
    const auto room = space();
    const std::size_t count = std::min(room.size(), bytes.size());
    std::memcpy(room.data(), bytes.data(), count);
    filled(count);
    bytes = bytes.subspan(count);
  }
}

Result<std::optional<FrameView>> FrameReader::next() {
  const auto unread = base::ByteView(buffer_).subspan(begin_, end_ - begin_);
  if (unread.size() < kLengthSize) return std::nullopt;
  base::ByteReader in(unread);
  const std::uint32_t length = in.u32();
  if (length < 1 || length > limit_)
    return fail(ErrorCode::corrupt, "frame of {} bytes; 1 to {} are allowed here", length, limit_);
  if (in.remaining() == 0) return std::nullopt;
  const std::uint8_t type = in.u8();
  if (!known(type)) return fail(ErrorCode::corrupt, "unknown frame type {}", type);
  if (in.remaining() < length - 1) return std::nullopt;
  begin_ += kLengthSize + length;
  return FrameView{static_cast<FrameType>(type), in.bytes(length - 1)};
}

}  // namespace tagwerk::link
