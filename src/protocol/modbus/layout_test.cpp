#include "protocol/modbus/layout.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace tagwerk::protocol::modbus {
namespace {

std::string why_no_type(std::string_view dtype) {
  const auto parsed = parse_data_type(dtype);
  return parsed ? "" : parsed.error().message;
}

TEST(ModbusLayout, EveryTypeReadsBackFromItsText) {
  for (const DataType type : all_data_types()) {
    Layout layout{.type = type, .bit = 11};
    for (layout.encoding = Encoding::utf8; layout.encoding <= Encoding::latin1;
         layout.encoding = static_cast<Encoding>(static_cast<int>(layout.encoding) + 1))
      for (const Padding padding : {Padding::nul, Padding::blank}) {
        layout.padding = padding;
        const auto parsed = parse_data_type(data_type_text(layout));
        ASSERT_TRUE(parsed) << data_type_text(layout);
        EXPECT_EQ(parsed->type, type);
        if (type == DataType::bit) {
          EXPECT_EQ(parsed->bit, 11);
        }
        if (type != DataType::string) continue;
        EXPECT_EQ(parsed->encoding, layout.encoding);
        EXPECT_EQ(parsed->padding, padding);
      }
  }
}

TEST(ModbusLayout, AStringMayNameEncodingAndPaddingInAnyOrder) {
  const DataTypeText both{
      .type = DataType::string, .encoding = Encoding::ascii, .padding = Padding::blank};
  EXPECT_EQ(parse_data_type("string(ascii, blank)"), both);
  EXPECT_EQ(parse_data_type("string(blank,ascii)"), both);
  EXPECT_EQ(parse_data_type("string"), (DataTypeText{.type = DataType::string}));
  EXPECT_EQ(parse_data_type("string()"), (DataTypeText{.type = DataType::string}));
}

TEST(ModbusLayout, SaysWhatThereIs) {
  EXPECT_EQ(why_no_type("real"),
            "unknown Modbus dtype 'real'; there are bool, bit0 to bit15, int16, uint16, int32, "
            "uint32, int64, uint64, float32, float64, bcd16, bcd32, string");
  EXPECT_EQ(why_no_type("bit16"), "dtype 'bit16': a register has bit0 to bit15");
  EXPECT_EQ(why_no_type("string(utf16)"),
            "dtype string does not know 'utf16'; there are the encodings utf8, ascii, latin1 and "
            "the paddings nul, blank, as in string(ascii, blank)");
  for (const auto* text : {"", "bits", "string(", "string)", "strings", "int8", "Float32"})
    EXPECT_FALSE(parse_data_type(text)) << text;
}

TEST(ModbusLayout, OrdersReadBackInFourAndEightLetters) {
  for (const DataType type : all_data_types())
    for (const Order order : orders_of(type)) {
      EXPECT_EQ(parse_order(to_string(order)), order);
      EXPECT_EQ(parse_order(to_string(order, width_of(type))), order);
    }
  EXPECT_EQ(parse_order("cdab"), Order::cdab);
  EXPECT_EQ(parse_order("hgfedcba"), Order::dcba);
  EXPECT_EQ(to_string(Order::efghabcd), "EFGHABCD");
  for (const auto* text : {"ACBD", "", "AB", "ABCDEFG"})
    EXPECT_FALSE(parse_order(text)) << text;
  EXPECT_EQ(orders_of(DataType::float64).size(), 8U);
  EXPECT_EQ(orders_of(DataType::bcd32).size(), 4U);
  EXPECT_EQ(orders_of(DataType::int16).size(), 2U);
  EXPECT_EQ(orders_of(DataType::boolean).size(), 1U);
}

RC_GTEST_PROP(ModbusLayout, AnyTextIsReadOrRefused, (const std::string& text)) {
  RC_ASSERT(parse_data_type(text) || !why_no_type(text).empty());
  RC_ASSERT(parse_data_type("string" + text) || !why_no_type("string" + text).empty());
  const auto order = parse_order(text);
  RC_ASSERT(order || !order.error().message.empty());
}

}  // namespace
}  // namespace tagwerk::protocol::modbus
