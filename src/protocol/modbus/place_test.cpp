#include "protocol/modbus/place.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tagwerk::protocol::modbus {
namespace {

using model::Type;
using testing::HasSubstr;

Layout layout(const PlaceText& text) {
  const auto place = parse_place(text);
  EXPECT_TRUE(place) << place.error().message;
  return place ? place->layout : Layout{};
}
std::string why_no_place(const PlaceText& text) {
  const auto place = parse_place(text);
  return place ? "" : place.error().message;
}

TEST(ModbusPlace, WithoutDtypeGoesByAddressTagTypeAndCount) {
  EXPECT_EQ(layout({"HR:5", "", "", Type::floating}), Layout::of(DataType::uint16));
  EXPECT_EQ(layout({"CO:5", "", "", Type::integer}), Layout::of(DataType::boolean));
  EXPECT_EQ(layout({"HR:5", "", "", Type::boolean}), Layout::of(DataType::boolean));
  EXPECT_EQ(layout({"RH:5:1", "", "", Type::integer}), Layout::of(DataType::uint16));
  EXPECT_EQ(layout({"RH:5:2", "", "", Type::integer}), Layout::of(DataType::uint32));
  EXPECT_EQ(layout({"RH:5:2", "", "", Type::floating}), Layout::of(DataType::float32));
  EXPECT_EQ(layout({"RH:5:4", "", "", Type::integer}), Layout::of(DataType::int64));
  EXPECT_EQ(layout({"RH:5:4", "", "", Type::floating}), Layout::of(DataType::float64));
  EXPECT_EQ(layout({"HR:5.3", "", "", Type::boolean}), (Layout{.type = DataType::bit, .bit = 3}));
  EXPECT_EQ(layout({"HR:5:8", "", "", Type::string}),
            (Layout{.type = DataType::string, .count = 8}));
  EXPECT_EQ(layout({"HR:5:8", "", "", Type::int_array}),
            (Layout{.type = DataType::uint16, .count = 8, .array = true}));
  EXPECT_EQ(layout({"C:0:16", "", "", Type::bool_array}),
            (Layout{.type = DataType::boolean, .count = 16, .array = true}));
}

TEST(ModbusPlace, ABitMayStandBehindAddressOrDtype) {
  const Layout third{.type = DataType::bit, .bit = 3};
  EXPECT_EQ(layout({"HR:5.3", "bit", "", Type::boolean}), third);
  EXPECT_EQ(layout({"HR:5.3", "bool", "", Type::boolean}), third);
  EXPECT_EQ(layout({"HR:5", "bit3", "", Type::boolean}), third);
  EXPECT_EQ(layout({"HR:5.3", "bit3", "", Type::integer}), third);
  EXPECT_EQ(why_no_place({"HR:5.3", "bit4", "", Type::boolean}),
            "'HR:5.3' names bit 3 and the dtype bit 4; keep one");
  EXPECT_EQ(why_no_place({"HR:5", "bit", "", Type::boolean}),
            "dtype 'bit' of which number? write HR:5.0 or bit0");
  EXPECT_THAT(why_no_place({"HR:5.3", "int16", "", Type::integer}), HasSubstr("remove '.3'"));
  EXPECT_THAT(why_no_place({"HR:5:2", "bit3", "", Type::boolean}),
              HasSubstr("one of one register"));
  EXPECT_THAT(why_no_place({"HR:5.3", "", "", Type::bool_array}), HasSubstr("single value"));
}

TEST(ModbusPlace, CountsCoilsOrRegistersAndSaysWhatDoesNotDivide) {
  EXPECT_EQ(layout({"HR:0:20", "float32", "CDAB", Type::float_array}),
            (Layout{.type = DataType::float32, .order = Order::cdab, .count = 20, .array = true}));
  EXPECT_EQ(layout({"HR:0:20", "float32", "", Type::float_array}).elements(), 10);
  EXPECT_EQ(why_no_place({"HR:0:7", "float32", "", Type::float_array}),
            "a float32 takes 2 registers; 7 do not divide by that");
  EXPECT_EQ(why_no_place({"HR:0:4", "float32", "", Type::floating}),
            "'HR:0:4' are 2 values of type float32; make the tag a list such as float[], or the "
            "count 2");
  EXPECT_THAT(why_no_place({"HR:0:3", "", "", Type::integer}), HasSubstr("name the dtype"));
  EXPECT_EQ(why_no_place({"HR:0", "float32", "", Type::float_array}),
            "how many? write HR:0:8 for a list, which counts registers");
  EXPECT_EQ(why_no_place({"HR:0", "", "", Type::string}),
            "how many? write HR:0:8 for a text, which counts registers");
  EXPECT_EQ(why_no_place({"DI:0", "", "", Type::bool_array}),
            "how many? write DI:0:8 for a list, which counts coils or inputs");
}

TEST(ModbusPlace, RefusesWhatDoesNotGoTogether) {
  EXPECT_EQ(why_no_place({"CO:3", "int16", "", Type::integer}),
            "CO:3 is a coil: its dtype can only be bool, not int16");
  EXPECT_THAT(why_no_place({"CO:3:4", "", "", Type::string}), HasSubstr("can only be bool"));
  EXPECT_THAT(why_no_place({"HR:0:4", "string", "", Type::floating}),
              HasSubstr("do not go together"));
  EXPECT_THAT(why_no_place({"HR:0:4", "int16", "", Type::string}), HasSubstr("do not go together"));
  EXPECT_THAT(why_no_place({"HR:0", "", "", Type::json}), HasSubstr("the tag's type is json"));
  EXPECT_THAT(why_no_place({"HR:0", "", "", Type::string_array}), HasSubstr("string[]"));
  EXPECT_THAT(why_no_place({"HR:0", "", "ABDC", Type::integer}), HasSubstr("byte order 'ABDC'"));
}

TEST(ModbusPlace, NothingPassesTheLastRegisterOrOneRequest) {
  EXPECT_EQ(why_no_place({"IR:65534", "float32", "", Type::floating}), "");
  EXPECT_EQ(why_no_place({"IR:65535", "float32", "", Type::floating}),
            "a float32 at IR:65535 would pass the last register, 65535");
  EXPECT_EQ(why_no_place({"HR:0:126", "", "", Type::int_array}),
            "126 registers do not fit one request, which reads 125");
  EXPECT_EQ(why_no_place({"CO:0:2000", "", "", Type::bool_array}), "");
  EXPECT_THAT(why_no_place({"CO:0:2001", "", "", Type::bool_array}), HasSubstr("2000"));
}

TEST(ModbusPlace, TakesOrderAndBaseOfItsDeviceAndReadsBackFromItsText) {
  const PlaceDefaults one{.order = Order::dcba, .base = 1};
  const auto place = parse_place({"HR:1", "uint32", "", Type::integer}, one);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->address, (Address{Table::holding_register, 0}));
  EXPECT_EQ(place->layout.order, Order::dcba);
  EXPECT_EQ(address_text(*place), "HR:0");
  for (const PlaceText& each :
       {PlaceText{"HR:7.9", "", "", Type::boolean}, PlaceText{"HR:7:3", "", "", Type::string},
        PlaceText{"CO:7:3", "", "", Type::bool_array}})
    EXPECT_EQ(address_text(*parse_place(each)), each.address);
}

}  // namespace
}  // namespace tagwerk::protocol::modbus
