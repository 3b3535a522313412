#include "protocol/modbus/frame.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace tagwerk::protocol::modbus {
namespace {

constexpr std::size_t kProtocolAt = 2;
constexpr std::size_t kLengthAt = 4;
constexpr std::size_t kUnitAt = 6;
constexpr std::size_t kMinLength = 2;  // unit and function code
constexpr std::size_t kMaxLength = 1 + kMaxPduSize;

}  // namespace

void encode_frame(std::uint16_t transaction, std::uint8_t unit, base::ByteView pdu,
                  base::Bytes& out) {
  TAGWERK_ASSERT(!pdu.empty() && pdu.size() <= kMaxPduSize);
  base::ByteWriter writer(out);
  writer.u16_be(transaction);
  writer.u16_be(0);
  writer.u16_be(static_cast<std::uint16_t>(pdu.size() + 1));
  writer.u8(unit);
  writer.bytes(pdu);
}

Result<std::optional<Frame>> FrameDecoder::next(base::ByteView& input) {
  if (failed_) return std::unexpected(*failed_);
  if (delivered_) reset();
  fill(input, kHeaderSize);
  if (auto header = check_header(); !header) {
    failed_ = header.error();
    return std::unexpected(header.error());
  }
  if (size_ < kHeaderSize) return std::nullopt;
  const std::size_t whole = kUnitAt + u16_at(kLengthAt);
  fill(input, whole);
  if (size_ < whole) return std::nullopt;
  delivered_ = true;
  return Frame{u16_at(0), std::to_integer<std::uint8_t>(buffer_[kUnitAt]),
               base::ByteView(buffer_).subspan(kHeaderSize, whole - kHeaderSize)};
}

void FrameDecoder::reset() {
  size_ = 0;
  delivered_ = false;
  failed_.reset();
}

void FrameDecoder::fill(base::ByteView& input, std::size_t up_to) {
  if (size_ >= up_to) return;
  const auto count = std::min(input.size(), up_to - size_);
  std::copy_n(input.begin(), count, buffer_.begin() + static_cast<std::ptrdiff_t>(size_));
  input = input.subspan(count);
  size_ += count;
}

Status FrameDecoder::check_header() {
  if (size_ >= kLengthAt && u16_at(kProtocolAt) != 0) {
    return fail(
        ErrorCode::corrupt,
        "protocol id {} instead of 0 in the Modbus header: the peer does not speak Modbus TCP",
        u16_at(kProtocolAt));
  }
  if (size_ < kUnitAt) return {};
  const auto length = u16_at(kLengthAt);
  if (length >= kMinLength && length <= kMaxLength) return {};
  return fail(ErrorCode::corrupt, "length {} in the Modbus header, allowed are {} to {}", length,
              kMinLength, kMaxLength);
}

std::uint16_t FrameDecoder::u16_at(std::size_t at) const {
  const auto high = std::to_integer<unsigned>(buffer_[at]);
  const auto low = std::to_integer<unsigned>(buffer_[at + 1]);
  return static_cast<std::uint16_t>(high << 8 | low);
}

}  // namespace tagwerk::protocol::modbus
