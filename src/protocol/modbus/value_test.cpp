#include "protocol/modbus/value.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace tagwerk::protocol::modbus {
namespace {

constexpr std::array kTypes{DataType::boolean, DataType::int16,  DataType::uint16,
                            DataType::int32,   DataType::uint32, DataType::float32};
constexpr std::array kOrders{Order::abcd, Order::cdab, Order::badc, Order::dcba};

std::string why_not(DataType type, const Value& value) {
  const auto raw = encode_value(type, Order::abcd, value);
  return raw ? "" : raw.error().message;
}

RC_GTEST_PROP(ModbusValue, ComesBackFromItsRegistersInEveryTypeAndOrder, ()) {
  const auto type = *rc::gen::elementOf(kTypes);
  const auto order = *rc::gen::elementOf(kOrders);
  const auto raw = *rc::gen::container<std::vector<std::uint16_t>>(
      width_of(type), rc::gen::arbitrary<std::uint16_t>());
  const auto value = decode_value(type, order, raw);
  RC_ASSERT(value.type() == value_type(type));
  RC_PRE(std::isfinite(value.number()));
  const auto back = encode_value(type, order, value);
  RC_ASSERT(back.has_value());
  RC_ASSERT(decode_value(type, order, *back) == value);
  RC_ASSERT(type == DataType::boolean || *back == raw);
}

RC_GTEST_PROP(ModbusValue, IsRefusedOrComesBackTheSame, (double number)) {
  const auto type = *rc::gen::elementOf(kTypes);
  const auto raw = encode_value(type, Order::abcd, Value::of(number));
  if (!raw) return;
  const double back = decode_value(type, Order::abcd, *raw).number();
  const double expected =
      type == DataType::float32 ? static_cast<double>(static_cast<float>(number)) : number;
  RC_ASSERT(back == expected);
}

TEST(ModbusValue, LiesInTheRegistersAsItsOrderSays) {
  const auto raw = [](Order order) {
    return *encode_value(DataType::uint32, order, Value::of(std::int64_t{0x0a0b0c0d}));
  };
  using Registers = std::vector<std::uint16_t>;
  EXPECT_EQ(raw(Order::abcd), (Registers{0x0a0b, 0x0c0d}));
  EXPECT_EQ(raw(Order::cdab), (Registers{0x0c0d, 0x0a0b}));
  EXPECT_EQ(raw(Order::badc), (Registers{0x0b0a, 0x0d0c}));
  EXPECT_EQ(raw(Order::dcba), (Registers{0x0d0c, 0x0b0a}));
}

TEST(ModbusValue, SaysWhyItCannotBeWritten) {
  EXPECT_EQ(why_not(DataType::uint16, Value::of(std::int64_t{70000})),
            "70000 does not fit uint16, which holds 0 to 65535");
  EXPECT_EQ(why_not(DataType::int16, Value::of(std::int64_t{-32769})),
            "-32769 does not fit int16, which holds -32768 to 32767");
  EXPECT_EQ(why_not(DataType::int32, Value::of(3.5)),
            "3.5 is not a whole number, int32 holds nothing else");
  EXPECT_EQ(why_not(DataType::float32, Value::of(std::nan(""))),
            "not a finite number, float32 cannot take it");
  EXPECT_EQ(why_not(DataType::boolean, Value::of(std::int64_t{2})),
            "2 is not a bool: write true or false");
  EXPECT_EQ(why_not(DataType::uint16, Value::string("on")), "a string cannot be written as uint16");
  EXPECT_EQ(why_not(DataType::uint32, Value::of(4294967295.0)), "");
  EXPECT_EQ(why_not(DataType::uint16, Value::of(true)), "");
}

TEST(ModbusValue, NamesReadBack) {
  for (const auto type : kTypes)
    EXPECT_EQ(parse_data_type(to_string(type)), type);
  for (const auto order : kOrders)
    EXPECT_EQ(parse_order(to_string(order)), order);
  EXPECT_EQ(parse_order("cdab"), Order::cdab);
  EXPECT_FALSE(parse_order("ACBD"));
  EXPECT_EQ(parse_data_type("real").error().message,
            "unknown Modbus dtype 'real'; there are bool, int16, uint16, int32, uint32, float32");
}

TEST(ModbusValue, CoilsHoldBoolsOnlyAndNothingPassesTheLastRegister) {
  EXPECT_TRUE(check_place({Table::coil, 3}, DataType::boolean));
  EXPECT_EQ(check_place({Table::coil, 3}, DataType::int16).error().message,
            "CO:3 is a coil: its dtype can only be bool, not int16");
  EXPECT_TRUE(check_place({Table::input_register, 65534}, DataType::float32));
  EXPECT_FALSE(check_place({Table::input_register, 65535}, DataType::float32));
  EXPECT_EQ(default_type(Table::discrete_input, model::Type::floating), DataType::boolean);
  EXPECT_EQ(default_type(Table::input_register, model::Type::floating), DataType::uint16);
}

}  // namespace
}  // namespace tagwerk::protocol::modbus
