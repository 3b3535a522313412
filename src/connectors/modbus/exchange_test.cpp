#include "connectors/modbus/exchange.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "protocol/modbus/frame.hpp"

namespace tagwerk::connectors::modbus {
namespace {

namespace codec = protocol::modbus;
using codec::Table;
using link::TraceDirection;

/// Frames as a client would note them.
class Wire {
 public:
  explicit Wire(std::string device = "plc")
      : connection_(std::make_shared<const link::TraceConnection>(
            link::TraceConnection{std::move(device), "10.0.0.1", 40000, "10.0.0.5", 502})) {}

  void send(link::TraceRing& ring, std::uint16_t transaction, const codec::Request& request,
            std::uint8_t unit = 1) const {
    base::Bytes pdu;
    ASSERT_TRUE(codec::encode_request(request, pdu));
    add(ring, TraceDirection::sent, transaction, unit, pdu, link::kNoDelay);
  }
  void answer(link::TraceRing& ring, std::uint16_t transaction, const codec::Request& request,
              const std::vector<std::uint16_t>& values,
              Duration delay = std::chrono::milliseconds(5)) const {
    base::Bytes pdu;
    codec::encode_response(request, values, pdu);
    add(ring, TraceDirection::received, transaction, 1, pdu, delay);
  }
  void refuse(link::TraceRing& ring, std::uint16_t transaction, const codec::Request& request,
              codec::ExceptionCode code) const {
    base::Bytes pdu;
    codec::encode_exception(request.function, code, pdu);
    add(ring, TraceDirection::received, transaction, 1, pdu, std::chrono::milliseconds(5));
  }
  void add(link::TraceRing& ring, TraceDirection direction, std::uint16_t transaction,
           std::uint8_t unit, base::ByteView pdu, Duration delay) const {
    base::Bytes bytes;
    codec::encode_frame(transaction, unit, pdu, bytes);
    ring.add(connection_, direction, bytes, base::utc_now(), delay);
  }
  void add_bytes(link::TraceRing& ring, std::string_view bytes) const {
    ring.add(connection_, TraceDirection::received, base::as_bytes(bytes), base::utc_now());
  }

 private:
  std::shared_ptr<const link::TraceConnection> connection_;
};

const codec::Request kRead = codec::read_request(Table::holding_register, 0, 3);

TEST(ModbusExchange, AFrameIsDescribedByWhatItAnswers) {
  link::TraceRing ring;
  const Wire wire;
  wire.send(ring, 1, kRead, 7);
  Wire("other").send(ring, 1, codec::read_request(Table::coil, 0, 1));
  wire.answer(ring, 1, kRead, {17, 4, 0});
  wire.send(ring, 2, codec::write_request(Table::holding_register, 5, {7}));
  wire.refuse(ring, 2, codec::write_request(Table::holding_register, 5, {7}),
              codec::ExceptionCode::illegal_data_address);
  wire.answer(ring, 2, codec::write_request(Table::holding_register, 5, {7}), {}, link::kNoDelay);
  wire.answer(ring, 9, kRead, {1, 2, 3});
  wire.add_bytes(ring, "HTTP/1.1 400");
  EXPECT_EQ(describe_frame(ring, 1), "read HR 0..2 unit 7");
  EXPECT_EQ(describe_frame(ring, 3), "HR 0..2 unit 1 = 17 4 0");
  EXPECT_EQ(describe_frame(ring, 5), "write HR 5 unit 1: exception 2 (illegal data address)");
  EXPECT_EQ(describe_frame(ring, 6), "HR 5 unit 1 written, too late");
  EXPECT_EQ(describe_frame(ring, 7), "answer 9 of unit 1; its request is not in the trace");
  EXPECT_EQ(describe_frame(ring, 8), "12 bytes that are not Modbus TCP");
}

TEST(ModbusExchange, AnAnswerThatDoesNotFitItsRequestSaysHow) {
  link::TraceRing ring;
  const Wire wire;
  wire.send(ring, 1, kRead);
  wire.answer(ring, 1, codec::read_request(Table::holding_register, 0, 1), {1});
  EXPECT_EQ(describe_frame(ring, 2),
            "answer to 'read holding registers 0 to 2' announces 2 bytes and has 2, 6 were "
            "expected");
}

TEST(ModbusExchange, FindsTheNewestAnsweredReadThatCoversAPlace) {
  link::TraceRing ring;
  const Wire wire;
  wire.send(ring, 1, kRead);
  wire.answer(ring, 1, kRead, {1, 2, 3});
  wire.send(ring, 2, kRead);
  wire.answer(ring, 2, kRead, {4, 5, 6});
  wire.send(ring, 3, codec::read_request(Table::holding_register, 0, 1));
  wire.answer(ring, 3, codec::read_request(Table::holding_register, 0, 1), {9});
  wire.send(ring, 4, kRead);
  const auto found = find_read(ring, "plc", 1, {Table::holding_register, 1}, 2);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->request, 3u);
  EXPECT_EQ(found->answer, 4u);
  EXPECT_EQ(found->answered->values, (std::vector<std::uint16_t>{4, 5, 6}));
  EXPECT_EQ(find_read(ring, "plc", 1, {Table::holding_register, 0}, 1)->request, 5u);
  EXPECT_FALSE(find_read(ring, "plc", 1, {Table::holding_register, 2}, 2));
  EXPECT_FALSE(find_read(ring, "plc", 1, {Table::input_register, 0}, 1));
  EXPECT_FALSE(find_read(ring, "plc", 2, {Table::holding_register, 0}, 1));
  EXPECT_FALSE(find_read(ring, "other", 1, {Table::holding_register, 0}, 1));
}

TEST(ModbusExchange, ARequestWithoutAnswerIsBetterThanNothingAndARefusalIsAnAnswer) {
  link::TraceRing ring;
  const Wire wire;
  wire.send(ring, 1, kRead);
  const auto mute = find_read(ring, "plc", 1, {Table::holding_register, 0}, 1);
  ASSERT_TRUE(mute);
  EXPECT_FALSE(mute->answer);
  wire.send(ring, 2, kRead);
  wire.refuse(ring, 2, kRead, codec::ExceptionCode::server_device_failure);
  const auto refused = find_read(ring, "plc", 1, {Table::holding_register, 0}, 1);
  EXPECT_EQ(refused->answered->exception, codec::ExceptionCode::server_device_failure);
}

RC_GTEST_PROP(ModbusExchange, WhateverWasOnTheWireIsDescribed, ()) {
  link::TraceRing ring;
  const Wire wire;
  wire.send(ring, 1, kRead);
  const auto pdu = *rc::gen::nonEmpty<std::vector<std::uint8_t>>();
  const auto bytes = std::as_bytes(std::span(pdu)).first(std::min<std::size_t>(pdu.size(), 253));
  wire.add(ring, TraceDirection::received, 1, 1, bytes, link::kNoDelay);
  wire.add(ring, TraceDirection::sent, 2, 1, bytes, link::kNoDelay);
  wire.add_bytes(ring, base::as_text(bytes));
  for (std::uint64_t number = 1; number < ring.next(); ++number)
    RC_ASSERT(!describe_frame(ring, number).empty());
  (void)find_read(ring, "plc", 1, {Table::holding_register, 0}, 1);
}

}  // namespace
}  // namespace tagwerk::connectors::modbus
