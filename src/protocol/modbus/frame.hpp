#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace tagwerk::protocol::modbus {

/// Bytes of the MBAP header: transaction, protocol id, length, unit.
inline constexpr std::size_t kHeaderSize = 7;
inline constexpr std::size_t kMaxPduSize = 253;
inline constexpr std::size_t kMaxFrameSize = kHeaderSize + kMaxPduSize;

/// One Modbus TCP message. The PDU (function code and data) has 1 to 253 bytes.
struct Frame {
  std::uint16_t transaction = 0;
  std::uint8_t unit = 0;
  base::ByteView pdu;
};

/// Appends header and PDU. The PDU must have 1 to 253 bytes (asserted: it is our own).
void encode_frame(std::uint16_t transaction, std::uint8_t unit, base::ByteView pdu,
                  base::Bytes& out);

/// Cuts the byte stream of one connection into frames, from chunks of any size.
///
///     for (ByteView input = chunk; ;) {
///       auto frame = decoder.next(input);
///       if (!frame) return close(frame.error());
///       if (!*frame) break;             // all of input is consumed, wait for more
///       handle(**frame);
///     }
///
/// A stream that is not Modbus cannot be synchronised again: after an error close the connection;
/// the decoder repeats the error until reset().
/// Threads: any, one at a time
/// Owns:    at most one frame (260 bytes), whatever is fed
/// Fails:   corrupt: protocol id not 0, or a length outside 2 to 254; found as soon as the bytes
/// are in Source:  MODBUS Messaging on TCP/IP Implementation Guide V1.0b, section 3.1.3
class FrameDecoder {
 public:
  /// Takes bytes off the front of `input` until a frame is whole. The frame's PDU stays valid until
  /// the next call.
  Result<std::optional<Frame>> next(base::ByteView& input);

  /// All bytes of the frame that next() gave last, header and PDU.
  base::ByteView whole() const { return base::ByteView(buffer_).first(delivered_ ? size_ : 0); }
  /// Part of a frame is waiting for the rest: the moment to run a timeout.
  bool in_frame() const { return size_ != 0 && !delivered_; }
  /// Forgets everything; for a new connection.
  void reset();

 private:
  void fill(base::ByteView& input, std::size_t up_to);
  Status check_header();
  std::uint16_t u16_at(std::size_t at) const;

  std::array<std::byte, kMaxFrameSize> buffer_{};
  std::size_t size_ = 0;
  bool delivered_ = false;
  std::optional<Error> failed_;
};

}  // namespace tagwerk::protocol::modbus
