#include "protocol/modbus/value.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <rapidcheck/gtest.h>

namespace tagwerk::protocol::modbus {
namespace {

using Registers = std::vector<std::uint16_t>;

std::string why_not_encoded(const Layout& layout, const Value& value) {
  const auto raw = encode_value(layout, value);
  return raw ? "" : raw.error().message;
}
std::string why_not_encoded(DataType type, const Value& value) {
  return why_not_encoded(Layout::of(type), value);
}

Registers arbitrary_registers(std::size_t count) {
  return *rc::gen::container<Registers>(count, rc::gen::arbitrary<std::uint16_t>());
}

/// Registers that this type can have written: BCD has digits only.
Registers written_as(DataType type, Registers raw) {
  if (type != DataType::bcd16 && type != DataType::bcd32) return raw;
  for (std::uint16_t& word : raw)
    for (unsigned shift = 0; shift < 16; shift += 4)
      if (((word >> shift) & 0xfU) > 9) word = static_cast<std::uint16_t>(word ^ (0x8U << shift));
  return raw;
}

Layout arbitrary_layout() {
  std::vector<DataType> types(all_data_types().begin(), all_data_types().end());
  Layout layout = Layout::of(*rc::gen::elementOf(types));
  layout.order = static_cast<Order>(*rc::gen::inRange(0, 8));
  layout.bit = static_cast<std::uint8_t>(*rc::gen::inRange(0, 16));
  if (layout.type == DataType::bit || layout.type == DataType::string) return layout;
  layout.array = *rc::gen::arbitrary<bool>();
  if (layout.array)
    layout.count = static_cast<std::uint16_t>(layout.count * *rc::gen::inRange(1, 20));
  return layout;
}

/// Whether every bit of these registers is in the value: a uint64 above the integers is rounded,
/// and any register that is not 0 is true.
bool is_exact(const Layout& layout, const Value& value) {
  if (layout.type == DataType::boolean) return false;
  return layout.type != DataType::uint64 || value_type(layout.type) == value.type() ||
         value.type() == model::Type::int_array;
}

RC_GTEST_PROP(ModbusValue, ComesBackFromItsRegistersInEveryTypeAndOrderAloneAndInLists, ()) {
  const Layout layout = arbitrary_layout();
  RC_PRE(layout.type != DataType::string);
  const Registers raw = written_as(layout.type, arbitrary_registers(layout.count));
  const Reading reading = decode_value(layout, raw);
  RC_ASSERT(reading.quality.good());
  RC_ASSERT(reading.value.is_array() == layout.array);
  const auto back = encode_value(layout, reading.value);
  if (!back) {
    RC_ASSERT(back.error().message.find("finite") != std::string::npos ||
              !is_exact(layout, reading.value));
    return;
  }
  RC_ASSERT(decode_value(layout, *back) == reading);
  if (layout.type == DataType::bit)
    RC_ASSERT(back->front() == (raw.front() & bit_mask(layout)));
  else if (is_exact(layout, reading.value))
    RC_ASSERT(*back == raw);
}

RC_GTEST_PROP(ModbusValue, ANumberIsRefusedOrComesBackTheSame, (double number)) {
  Layout layout = arbitrary_layout();
  RC_PRE(layout.type != DataType::string && !layout.array);
  const auto raw = encode_value(layout, Value::of(number));
  if (!raw) return;
  const double back = decode_value(layout, *raw).value.number();
  const double expected =
      layout.type == DataType::float32 ? static_cast<double>(static_cast<float>(number)) : number;
  RC_ASSERT(back == expected);
}

RC_GTEST_PROP(ModbusValue, ATextComesBackWhateverItsBytes, ()) {
  const auto characters = *rc::gen::container<std::vector<std::string>>(
      rc::gen::element<std::string>("a", "Z", "7", " ", "\n", "~", "°", "ÿ", "Ω", "水"));
  std::string text;
  for (const std::string& each : characters)
    text += each;
  Layout layout{.type = DataType::string, .count = 20};
  layout.order = static_cast<Order>(*rc::gen::inRange(0, 8));
  layout.encoding = static_cast<Encoding>(*rc::gen::inRange(0, 3));
  layout.padding = static_cast<Padding>(*rc::gen::inRange(0, 2));
  const auto raw = encode_value(layout, Value::string(text));
  if (!raw) return;
  if (layout.padding == Padding::blank)
    text.resize(text.find_last_not_of(' ') + 1);  // what fills up cannot be told from the text
  RC_ASSERT(decode_value(layout, *raw) == (Reading{Value::string(text), model::kGood}));
}

RC_GTEST_PROP(ModbusValue, AnyRegistersAreReadOrSaidToBeBad, ()) {
  Layout layout = arbitrary_layout();
  layout.encoding = static_cast<Encoding>(*rc::gen::inRange(0, 3));
  const Reading reading = decode_value(layout, arbitrary_registers(layout.count));
  RC_ASSERT(reading.quality.good() || reading.value.is_null());
}

TEST(ModbusValue, LiesInTheRegistersAsItsOrderSays) {
  const auto four = [](Order order) {
    return *encode_value(Layout::of(DataType::uint32, order), Value::of(std::int64_t{0x0a0b0c0d}));
  };
  EXPECT_EQ(four(Order::abcd), (Registers{0x0a0b, 0x0c0d}));
  EXPECT_EQ(four(Order::cdab), (Registers{0x0c0d, 0x0a0b}));
  EXPECT_EQ(four(Order::badc), (Registers{0x0b0a, 0x0d0c}));
  EXPECT_EQ(four(Order::dcba), (Registers{0x0d0c, 0x0b0a}));
  EXPECT_EQ(four(Order::efghabcd), four(Order::abcd));
  EXPECT_EQ(four(Order::cdabghef), four(Order::cdab));
  const auto two = [](Order order) {
    return *encode_value(Layout::of(DataType::uint16, order), Value::of(std::int64_t{0x0a0b}));
  };
  EXPECT_EQ(two(Order::cdab), (Registers{0x0a0b}));
  EXPECT_EQ(two(Order::dcba), (Registers{0x0b0a}));
}

TEST(ModbusValue, TheLettersOfAnOrderAreTheBytesOnTheWire) {
  for (const Order order : orders_of(DataType::uint64)) {
    // The value's bytes are its letters.
    const auto raw = *encode_value(Layout::of(DataType::uint64, order),
                                   Value::of(std::int64_t{0x4142434445464748}));
    std::string wire;
    for (const std::uint16_t word : raw) {
      wire.push_back(static_cast<char>(word >> 8));
      wire.push_back(static_cast<char>(word & 0xff));
    }
    EXPECT_EQ(wire, to_string(order, 4));
    EXPECT_EQ(parse_order(wire), order);
  }
}

TEST(ModbusValue, HoldsSixtyFourBitsExactly) {
  const auto through = [](DataType type, const Value& value) {
    return decode_value(Layout::of(type), *encode_value(Layout::of(type), value)).value;
  };
  const Value lowest = Value::of(std::numeric_limits<std::int64_t>::min());
  const Value highest = Value::of(std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(through(DataType::int64, lowest), lowest);
  EXPECT_EQ(through(DataType::int64, highest), highest);
  EXPECT_EQ(through(DataType::uint64, highest), highest);
  EXPECT_EQ(through(DataType::float64, Value::of(0.1)), Value::of(0.1));
  EXPECT_EQ(decode_value(Layout::of(DataType::uint64), Registers{0xffff, 0xffff, 0xffff, 0xffff}),
            (Reading{Value::of(0x1p64), model::kGood}));
  EXPECT_EQ(why_not_encoded(DataType::uint64, Value::of(0x1p64)),
            "18446744073709551616 does not fit uint64, which holds 0 to 18446744073709551615");
  EXPECT_EQ(why_not_encoded(DataType::int64, Value::of(0x1p63)),
            "9223372036854775808 does not fit int64, which holds -9223372036854775808 to "
            "9223372036854775807");
}

TEST(ModbusValue, BcdIsReadDigitByDigitAndOtherHalfBytesAreBad) {
  const Layout two = Layout::of(DataType::bcd16);
  const Layout four = Layout::of(DataType::bcd32, Order::cdab);
  EXPECT_EQ(decode_value(two, Registers{0x1234}).value, Value::of(std::int64_t{1234}));
  EXPECT_EQ(decode_value(four, Registers{0x5678, 0x1234}).value, Value::of(std::int64_t{12345678}));
  EXPECT_EQ(*encode_value(four, Value::of(std::int64_t{99'999'999})), (Registers{0x9999, 0x9999}));
  EXPECT_EQ(decode_value(two, Registers{0x12a4}), (Reading{Value(), kBadDecodingError}));
  EXPECT_EQ(why_not_encoded(two, Value::of(std::int64_t{10'000})),
            "10000 does not fit bcd16, which holds 0 to 9999");
}

TEST(ModbusValue, ABitIsTheOneOfItsNumber) {
  const Layout third{.type = DataType::bit, .bit = 3};
  EXPECT_EQ(decode_value(third, Registers{0x0008}).value, Value::of(true));
  EXPECT_EQ(decode_value(third, Registers{0xfff7}).value, Value::of(false));
  EXPECT_EQ(bit_mask(third), 0x0008);
  EXPECT_EQ(bit_mask({.type = DataType::bit, .order = Order::badc, .bit = 3}), 0x0800);
  EXPECT_EQ(why_not_encoded(third, Value::of(std::int64_t{2})),
            "2 is not a bool: write true or false");
}

TEST(ModbusValue, TextIsCutWhereItEndsAndFilledUp) {
  const Layout text{.type = DataType::string, .count = 3};
  EXPECT_EQ(*encode_value(text, Value::string("PT100")), (Registers{0x5054, 0x3130, 0x3000}));
  EXPECT_EQ(decode_value(text, Registers{0x5054, 0x3130, 0x3000}).value, Value::string("PT100"));
  EXPECT_EQ(decode_value(text, Registers{0x5000, 0x3130, 0x3000}).value, Value::string("P"));
  EXPECT_EQ(decode_value(text, Registers{0, 0, 0}).value, Value::string(""));
  Layout blanks = text;
  blanks.padding = Padding::blank;
  blanks.order = Order::badc;
  EXPECT_EQ(*encode_value(blanks, Value::string("abc")), (Registers{0x6261, 0x2063, 0x2020}));
  EXPECT_EQ(decode_value(blanks, Registers{0x6261, 0x2063, 0x2020}).value, Value::string("abc"));
  Layout latin = text;
  latin.encoding = Encoding::latin1;
  EXPECT_EQ(decode_value(latin, Registers{0xb043, 0, 0}).value, Value::string("°C"));
  EXPECT_EQ(*encode_value(latin, Value::string("°C")), (Registers{0xb043, 0, 0}));
  EXPECT_EQ(decode_value(text, Registers{0xb043, 0, 0}), (Reading{Value(), kBadDecodingError}));
}

TEST(ModbusValue, SaysWhyATextCannotBeWritten) {
  Layout text{.type = DataType::string, .count = 2};
  EXPECT_EQ(why_not_encoded(text, Value::string("PT100")),
            "the text has 5 bytes, 2 registers hold 4");
  EXPECT_EQ(why_not_encoded(text, Value::of(std::int64_t{1})), "a int cannot be written as string");
  text.encoding = Encoding::ascii;
  EXPECT_EQ(why_not_encoded(text, Value::string("a°")),
            "\"a°\" has a character that is not ASCII after 'a'");
  text.encoding = Encoding::latin1;
  EXPECT_EQ(why_not_encoded(text, Value::string("Ω")),
            "\"Ω\" has a character that is not Latin-1 after ''");
}

TEST(ModbusValue, AListHasAsManyValuesAsItsRegistersHold) {
  const Layout list{.type = DataType::float32, .order = Order::cdab, .count = 4, .array = true};
  const Value two = Value::array(std::vector<double>{1.5, -2});
  EXPECT_EQ(decode_value(list, *encode_value(list, two)).value, two);
  EXPECT_EQ(why_not_encoded(list, Value::array(std::vector<double>{1})),
            "a list of 1 values; 4 registers or coils take 2");
  EXPECT_EQ(why_not_encoded(list, Value::of(1.0)),
            "a float cannot be written as a list of float32");
  EXPECT_EQ(why_not_encoded(list, Value::array(std::vector<double>{1, 1e39})),
            "value 2 of the list: 1e+39 does not fit float32, which holds up to 3.4e38");
  const Layout coils{.type = DataType::boolean, .count = 3, .array = true};
  EXPECT_EQ(decode_value(coils, Registers{1, 0, 1}).value,
            Value::array(std::vector<bool>{true, false, true}));
  const Layout digits{.type = DataType::bcd16, .count = 2, .array = true};
  EXPECT_EQ(decode_value(digits, Registers{0x0001, 0x000f}).quality, kBadDecodingError);
  const Layout huge{.type = DataType::uint64, .count = 8, .array = true};
  EXPECT_EQ(decode_value(huge, Registers{0, 0, 0, 7, 0xffff, 0xffff, 0xffff, 0xffff}).value,
            Value::array(std::vector<double>{7, 0x1p64}));
}

TEST(ModbusValue, SaysWhyItCannotBeWritten) {
  EXPECT_EQ(why_not_encoded(DataType::uint16, Value::of(std::int64_t{70000})),
            "70000 does not fit uint16, which holds 0 to 65535");
  EXPECT_EQ(why_not_encoded(DataType::int16, Value::of(std::int64_t{-32769})),
            "-32769 does not fit int16, which holds -32768 to 32767");
  EXPECT_EQ(why_not_encoded(DataType::int32, Value::of(3.5)),
            "3.5 is not a whole number, int32 holds nothing else");
  EXPECT_EQ(why_not_encoded(DataType::float32, Value::of(std::nan(""))),
            "not a finite number, float32 cannot take it");
  EXPECT_EQ(why_not_encoded(DataType::boolean, Value::of(std::int64_t{2})),
            "2 is not a bool: write true or false");
  EXPECT_EQ(why_not_encoded(DataType::uint16, Value::string("on")),
            "a string cannot be written as uint16");
  EXPECT_EQ(why_not_encoded(DataType::uint32, Value::of(4294967295.0)), "");
  EXPECT_EQ(why_not_encoded(DataType::uint16, Value::of(true)), "");
}

TEST(ModbusValue, RoundsForIntegersOnly) {
  EXPECT_EQ(rounded_for(DataType::int16, Value::of(122.99999999)), Value::of(123.0));
  EXPECT_EQ(rounded_for(DataType::bcd16, Value::array(std::vector<double>{0.6, 2})),
            Value::array(std::vector<double>{1, 2}));
  EXPECT_EQ(rounded_for(DataType::float32, Value::of(0.5)), Value::of(0.5));
  EXPECT_EQ(rounded_for(DataType::int16, Value::of(true)), Value::of(true));
}

}  // namespace
}  // namespace tagwerk::protocol::modbus
