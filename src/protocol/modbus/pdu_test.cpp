#include "protocol/modbus/pdu.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace tagwerk::protocol::modbus {
namespace {

constexpr std::array kFunctions{Function::read_coils,
                                Function::read_discrete_inputs,
                                Function::read_holding_registers,
                                Function::read_input_registers,
                                Function::write_single_coil,
                                Function::write_single_register,
                                Function::write_multiple_coils,
                                Function::write_multiple_registers,
                                Function::mask_write_register,
                                Function::read_write_registers};

std::vector<std::uint16_t> values_for(bool coils, std::size_t count) {
  const auto top = coils ? 2 : 65536;
  return *rc::gen::container<std::vector<std::uint16_t>>(
      count, rc::gen::cast<std::uint16_t>(rc::gen::inRange(0, top)));
}

Request arbitrary_request() {
  Request request;
  request.function = *rc::gen::elementOf(kFunctions);
  request.count = *rc::gen::inRange<std::uint16_t>(
      1, static_cast<std::uint16_t>(max_count(request.function) + 1));
  request.address = *rc::gen::inRange<std::uint16_t>(0, 65535 - 2000);
  std::size_t written = access_of(request.function) == Access::write ? request.count : 0;
  if (request.function == Function::mask_write_register) written = 2;
  if (request.function == Function::read_write_registers) {
    written = *rc::gen::inRange<std::size_t>(1, kMaxReadWriteRegisters + 1);
    request.write_address = *rc::gen::inRange<std::uint16_t>(0, 65000);
  }
  request.values = values_for(is_bit_table(table_of(request.function)), written);
  return request;
}

bool answers_with_values(const Request& request) {
  return access_of(request.function) == Access::read ||
         request.function == Function::read_write_registers;
}

/// The request and a right answer to it, as bytes.
struct Exchange {
  Request request;
  std::vector<std::uint16_t> read;
  base::Bytes answer;
};

Exchange arbitrary_exchange() {
  Exchange exchange{arbitrary_request(), {}, {}};
  if (answers_with_values(exchange.request)) {
    exchange.read =
        values_for(is_bit_table(table_of(exchange.request.function)), exchange.request.count);
  }
  encode_response(exchange.request, exchange.read, exchange.answer);
  return exchange;
}

base::Bytes bytes(std::initializer_list<int> list) {
  base::Bytes out;
  for (const int value : list)
    out.push_back(static_cast<std::byte>(value));
  return out;
}

ExceptionCode refusal(std::initializer_list<int> pdu) {
  const auto request = decode_request(bytes(pdu));
  return request ? ExceptionCode{0} : request.error();
}

RC_GTEST_PROP(Pdu, TheServerReadsTheRequestTheClientSent, ()) {
  const auto request = arbitrary_request();
  base::Bytes pdu;
  RC_ASSERT(encode_request(request, pdu).has_value());
  RC_ASSERT(pdu.size() <= 253u);
  RC_ASSERT(*decode_request(pdu) == request);
}

RC_GTEST_PROP(Pdu, TheClientReadsTheAnswerTheServerGave, ()) {
  const auto exchange = arbitrary_exchange();
  RC_ASSERT(exchange.answer.size() <= 253u);
  const auto response = decode_response(exchange.request, exchange.answer);
  RC_ASSERT(response.has_value());
  RC_ASSERT(!response->exception);
  RC_ASSERT(response->values == exchange.read);
}

RC_GTEST_PROP(Pdu, AnAnswerCutShortOrTooLongIsRefused, (bool longer)) {
  auto exchange = arbitrary_exchange();
  exchange.answer.resize(longer ? exchange.answer.size() + 1
                                : *rc::gen::inRange<std::size_t>(0, exchange.answer.size()));
  RC_ASSERT(!decode_response(exchange.request, exchange.answer));
}

RC_GTEST_PROP(Pdu, ARequestCutShortIsRefused, ()) {
  base::Bytes pdu;
  RC_ASSERT(encode_request(arbitrary_request(), pdu).has_value());
  pdu.resize(*rc::gen::inRange<std::size_t>(0, pdu.size()));
  RC_ASSERT(!decode_request(pdu));
}

RC_GTEST_PROP(Pdu, WhateverTheServerAcceptsItCanAnswer, (const std::vector<std::uint8_t>& raw)) {
  const auto request = decode_request(std::as_bytes(std::span(raw)));
  if (!request) return;
  base::Bytes again;
  RC_ASSERT(encode_request(*request, again).has_value());
  RC_ASSERT(*decode_request(again) == *request);
}

RC_GTEST_PROP(Pdu, GarbageIsNoAnswerUnlessItFits, (const std::vector<std::uint8_t>& raw)) {
  const auto request = arbitrary_request();
  const auto response = decode_response(request, std::as_bytes(std::span(raw)));
  RC_ASSERT(!response || response->exception || response->values.size() <= request.count);
}

TEST(Pdu, MatchesTheExamplesOfTheStandard) {
  base::Bytes pdu;
  ASSERT_TRUE(encode_request(read_request(Table::coil, 0x13, 0x13), pdu));
  EXPECT_EQ(pdu, bytes({0x01, 0x00, 0x13, 0x00, 0x13}));
  const auto coils =
      decode_response(read_request(Table::coil, 0x13, 0x13), bytes({0x01, 0x03, 0xcd, 0x6b, 0x05}));
  EXPECT_EQ(coils->values,
            (std::vector<std::uint16_t>{1, 0, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1}));
  pdu.clear();
  ASSERT_TRUE(encode_request(write_request(Table::holding_register, 1, {0x000a, 0x0102}), pdu));
  EXPECT_EQ(pdu, bytes({0x10, 0x00, 0x01, 0x00, 0x02, 0x04, 0x00, 0x0a, 0x01, 0x02}));
  pdu.clear();
  ASSERT_TRUE(encode_request(write_request(Table::coil, 0xac, {1}), pdu));
  EXPECT_EQ(pdu, bytes({0x05, 0x00, 0xac, 0xff, 0x00}));
}

TEST(Pdu, TheServerSaysWhatIsWrongWithARequest) {
  EXPECT_EQ(refusal({0x2b, 0x0e, 0x01, 0x00}), ExceptionCode::illegal_function);
  EXPECT_EQ(refusal({}), ExceptionCode::illegal_function);
  EXPECT_EQ(refusal({0x03, 0x00, 0x00, 0x00, 0x00}), ExceptionCode::illegal_data_value);
  EXPECT_EQ(refusal({0x03, 0x00, 0x00, 0x00, 0x7e}), ExceptionCode::illegal_data_value);
  EXPECT_EQ(refusal({0x03, 0xff, 0xff, 0x00, 0x02}), ExceptionCode::illegal_data_address);
  EXPECT_EQ(refusal({0x05, 0x00, 0x00, 0x12, 0x34}), ExceptionCode::illegal_data_value);
  EXPECT_EQ(refusal({0x10, 0x00, 0x00, 0x00, 0x02, 0x03, 0, 0, 0}),
            ExceptionCode::illegal_data_value);
}

TEST(Pdu, ADevicesExceptionIsAnAnswer) {
  const auto request = read_request(Table::holding_register, 0, 1);
  const auto response = decode_response(request, bytes({0x83, 0x02}));
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->exception, ExceptionCode::illegal_data_address);
  EXPECT_FALSE(decode_response(request, bytes({0x84, 0x02})));
  EXPECT_FALSE(decode_response(request, bytes({0x83, 0x00})));
}

TEST(Pdu, AnAnswerThatEchoesAnotherAddressOrValueIsRefused) {
  const auto request = write_request(Table::holding_register, 7, {42});
  EXPECT_TRUE(decode_response(request, bytes({0x06, 0, 7, 0, 42})));
  EXPECT_FALSE(decode_response(request, bytes({0x06, 0, 8, 0, 42})));
  EXPECT_FALSE(decode_response(request, bytes({0x06, 0, 7, 0, 43})));
  EXPECT_EQ(decode_response(request, bytes({0x03, 0, 7, 0, 43})).error().message,
            "answer to 'write single register 7 to 7' has function code 3 instead of 6");
}

TEST(Pdu, ARequestTheStandardForbidsIsNotSent) {
  base::Bytes pdu;
  EXPECT_FALSE(encode_request(read_request(Table::holding_register, 0, 126), pdu));
  EXPECT_FALSE(encode_request(read_request(Table::holding_register, 65535, 2), pdu));
  EXPECT_FALSE(encode_request(write_request(Table::coil, 0, {}), pdu));
  EXPECT_TRUE(pdu.empty());
}

TEST(Exception, HasANameAndAQuality) {
  EXPECT_EQ(to_string(ExceptionCode::illegal_data_address), "exception 2 (illegal data address)");
  EXPECT_EQ(to_string(ExceptionCode{77}), "exception 77");
  EXPECT_EQ(quality_of(ExceptionCode::illegal_data_address, Access::read), model::kBadNotReadable);
  EXPECT_EQ(quality_of(ExceptionCode::illegal_data_address, Access::write), model::kBadNotWritable);
  EXPECT_EQ(quality_of(ExceptionCode::illegal_data_value, Access::write), model::kBadOutOfRange);
  for (int code = 1; code < 256; ++code) {
    const auto quality = quality_of(ExceptionCode{static_cast<std::uint8_t>(code)}, Access::read);
    EXPECT_TRUE(quality.bad());
    EXPECT_NE(model::name(quality), "Bad") << code;
  }
}

}  // namespace
}  // namespace tagwerk::protocol::modbus
