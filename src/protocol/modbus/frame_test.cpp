#include "protocol/modbus/frame.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <tuple>
#include <vector>

namespace tagwerk::protocol::modbus {
namespace {

using Message = std::tuple<std::uint16_t, std::uint8_t, std::vector<std::uint8_t>>;

base::ByteView view(const std::vector<std::uint8_t>& raw) {
  return std::as_bytes(std::span(raw));
}

rc::Gen<std::vector<Message>> messages() {
  const auto pdu =
      rc::gen::mapcat(rc::gen::inRange<std::size_t>(1, kMaxPduSize + 1), [](auto size) {
        return rc::gen::container<std::vector<std::uint8_t>>(size,
                                                             rc::gen::arbitrary<std::uint8_t>());
      });
  return rc::gen::container<std::vector<Message>>(
      rc::gen::tuple(rc::gen::arbitrary<std::uint16_t>(), rc::gen::arbitrary<std::uint8_t>(), pdu));
}

/// Feeds one chunk; false when the decoder gave up.
bool drain(FrameDecoder& decoder, base::ByteView chunk, std::vector<Message>& out) {
  for (;;) {
    const auto frame = decoder.next(chunk);
    if (!frame) return false;
    if (!*frame) return true;
    const auto* first = reinterpret_cast<const std::uint8_t*>((*frame)->pdu.data());
    out.emplace_back((*frame)->transaction, (*frame)->unit,
                     std::vector<std::uint8_t>(first, first + (*frame)->pdu.size()));
  }
}

Error first_error(const std::vector<std::uint8_t>& raw) {
  FrameDecoder decoder;
  auto input = view(raw);
  const auto frame = decoder.next(input);
  return frame ? Error{} : frame.error();
}

RC_GTEST_PROP(Frame, ArrivesWholeFromChunksOfAnySize, ()) {
  const auto sent = *messages();
  base::Bytes stream;
  for (const auto& [transaction, unit, pdu] : sent) {
    encode_frame(transaction, unit, view(pdu), stream);
  }
  FrameDecoder decoder;
  std::vector<Message> received;
  for (base::ByteView rest = stream; !rest.empty();) {
    const auto size =
        *rc::gen::inRange<std::size_t>(1, std::min<std::size_t>(rest.size(), 700) + 1);
    RC_ASSERT(drain(decoder, rest.first(size), received));
    rest = rest.subspan(size);
  }
  RC_ASSERT(received == sent);
  RC_ASSERT(!decoder.in_frame());
}

RC_GTEST_PROP(Frame, GarbageIsRefusedOrWaitsForMore, (const std::vector<std::uint8_t>& raw)) {
  FrameDecoder decoder;
  std::vector<Message> received;
  const bool alive = drain(decoder, view(raw), received);
  RC_ASSERT(alive || drain(decoder, view(raw), received) == false);
}

TEST(Frame, NamesAWrongProtocolIdAsSoonAsItIsIn) {
  EXPECT_NE(first_error({0, 1, 'G', 'E'}).message.find("protocol id 18245"), std::string::npos);
}

TEST(Frame, NamesALengthOutsideTheLimits) {
  EXPECT_EQ(first_error({0, 1, 0, 0, 0, 0}).message,
            "length 0 in the Modbus header, allowed are 2 to 254");
  EXPECT_EQ(first_error({0, 1, 0, 0, 0, 1}).code, ErrorCode::corrupt);
  EXPECT_EQ(first_error({0, 1, 0, 0, 0, 255}).code, ErrorCode::corrupt);
  EXPECT_EQ(first_error({0, 1, 0, 0, 0, 254}).message, "");
}

TEST(Frame, KnowsWhenTheRestIsMissingAndForgetsItOnReset) {
  FrameDecoder decoder;
  EXPECT_FALSE(decoder.in_frame());
  const std::vector<std::uint8_t> half{0, 1, 0, 0, 0, 6, 1, 3};
  auto input = view(half);
  ASSERT_TRUE(decoder.next(input).has_value());
  EXPECT_TRUE(decoder.in_frame());
  decoder.reset();
  EXPECT_FALSE(decoder.in_frame());
}

}  // namespace
}  // namespace tagwerk::protocol::modbus
