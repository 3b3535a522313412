#include "protocol/modbus/address.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace tagwerk::protocol::modbus {
namespace {

std::string why_no_address(std::string_view text, std::uint16_t base = 0) {
  const auto parsed = parse_address_text(text, base);
  return parsed ? "" : parsed.error().message;
}

RC_GTEST_PROP(ModbusAddress, ReadsBackWhatItWrote, (std::uint16_t number)) {
  const auto table = static_cast<Table>(*rc::gen::inRange(0, 4));
  const Address address{table, number};
  RC_ASSERT(*parse_address(to_string(address)) == address);
}

RC_GTEST_PROP(ModbusAddress, AnyTextIsReadOrRefused, (const std::string& text)) {
  for (const std::string& each : {text, "HR:" + text, "HR:1" + text, "40001" + text}) {
    const auto address = parse_address_text(each);
    RC_ASSERT(address || !address.error().message.empty());
  }
}

TEST(ModbusAddress, UnderstandsEveryLetterInUse) {
  EXPECT_EQ(parse_address("HR:10"), (Address{Table::holding_register, 10}));
  EXPECT_EQ(parse_address("rh:10"), (Address{Table::holding_register, 10}));
  EXPECT_EQ(parse_address("RI:0"), (Address{Table::input_register, 0}));
  EXPECT_EQ(parse_address("ir:0"), (Address{Table::input_register, 0}));
  EXPECT_EQ(parse_address("C:65535"), (Address{Table::coil, 65535}));
  EXPECT_EQ(parse_address("DI:5"), (Address{Table::discrete_input, 5}));
}

TEST(ModbusAddress, UnderstandsTheDataSheetsNotation) {
  EXPECT_EQ(parse_address("40001"), (Address{Table::holding_register, 0}));
  EXPECT_EQ(parse_address("400001"), (Address{Table::holding_register, 0}));
  EXPECT_EQ(parse_address("00017"), (Address{Table::coil, 16}));
  EXPECT_EQ(parse_address("465536"), (Address{Table::holding_register, 65535}));
  for (const auto* text : {"40000", "20001", "4001", "465537", "0", "4000000"}) {
    EXPECT_FALSE(parse_address(text)) << text;
  }
}

TEST(ModbusAddress, MayCountFromOne) {
  EXPECT_EQ(parse_address("HR:1", 1), (Address{Table::holding_register, 0}));
  EXPECT_EQ(parse_address("CO:65536", 1), (Address{Table::coil, 65535}));
  EXPECT_EQ(parse_address("40001", 1), (Address{Table::holding_register, 0}));
  EXPECT_EQ(why_no_address("HR:0", 1),
            "'0' in Modbus address 'HR:0' is not a number from 1 to 65536; this device counts from "
            "1 (base: 1)");
}

TEST(ModbusAddress, MayNameABitOrACount) {
  const Address fifth{Table::holding_register, 5};
  EXPECT_EQ(parse_address_text("HR:5.3"), (AddressText{fifth, {}, 3}));
  EXPECT_EQ(parse_address_text("RH:5:8"), (AddressText{fifth, 8, {}}));
  EXPECT_EQ(parse_address_text("40006.15"), (AddressText{fifth, {}, 15}));
  EXPECT_EQ(parse_address_text("400006:2"), (AddressText{fifth, 2, {}}));
  EXPECT_EQ(parse_address_text("c:0:16"), (AddressText{{Table::coil, 0}, 16, {}}));
  EXPECT_EQ(parse_address_text("HR:65535:1"),
            (AddressText{{Table::holding_register, 65535}, 1, {}}));
  EXPECT_EQ(why_no_address("HR:5.16"),
            "'16' in Modbus address 'HR:5.16' is not a bit from 0 to 15");
  EXPECT_EQ(why_no_address("CO:5.1"), "'CO:5.1': a coil has no bits; remove '.1'");
  EXPECT_EQ(why_no_address("HR:65535:2"),
            "'2' in Modbus address 'HR:65535:2' is not a count; from there on there are 1 to 1");
  EXPECT_EQ(parse_address("HR:5.3").error().message,
            "'HR:5.3' has a count or a bit; here it must not");
  for (const auto* text : {"HR:5.", "HR:5:", "HR:5:0", "HR:5.3:2", "HR:5:2.3", "HR:5.-1", "HR:.3"})
    EXPECT_FALSE(parse_address_text(text)) << text;
}

TEST(ModbusAddress, RefusesWhatCouldMeanTwoThings) {
  EXPECT_EQ(why_no_address("17"),
            "'17' can mean two things: write HR:17 for that register, or \"00017\" in quotes for "
            "the data sheet's coil 17, whose zeros were lost");
  EXPECT_EQ(why_no_address("40000"),
            "'40000' is not the data sheet's notation, which goes from 40001 on with the first "
            "digit 0, 1, 3 or 4; if it is the number of a register, write HR:40000");
  EXPECT_EQ(why_no_address("HR:400001"),
            "'400001' in Modbus address 'HR:400001' is not a number from 0 to 65535; the data "
            "sheet's 400001 is written without 'HR:'");
}

TEST(ModbusAddress, SaysWhatIsWrong) {
  EXPECT_EQ(parse_address("HR:70000").error().message,
            "'70000' in Modbus address 'HR:70000' is not a number from 0 to 65535");
  EXPECT_EQ(parse_address("XR:1").error().message,
            "'XR:1' is not a Modbus address; write CO:0 (coil), DI:0 (discrete input), IR:0 (input "
            "register) or HR:0 (holding register)");
  for (const auto* text : {"", ":", "HR", "HR:", "HR:-1", "HR: 1", "HR:1x", ":5", "1x", "40001x"}) {
    EXPECT_FALSE(parse_address(text)) << text;
  }
}

}  // namespace
}  // namespace tagwerk::protocol::modbus
