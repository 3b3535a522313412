#include "protocol/modbus/address.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace tagwerk::protocol::modbus {
namespace {

RC_GTEST_PROP(ModbusAddress, ReadsBackWhatItWrote, (std::uint16_t number)) {
  const auto table = static_cast<Table>(*rc::gen::inRange(0, 4));
  const Address address{table, number};
  RC_ASSERT(*parse_address(to_string(address)) == address);
}

RC_GTEST_PROP(ModbusAddress, AnyTextIsReadOrRefused, (const std::string& text)) {
  const auto address = parse_address(text);
  RC_ASSERT(address || !address.error().message.empty());
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
  EXPECT_EQ(parse_address("00017"), (Address{Table::coil, 16}));
  EXPECT_EQ(parse_address("465536"), (Address{Table::holding_register, 65535}));
  for (const auto* text : {"40000", "20001", "4001", "465537", "0", "4000000"}) {
    EXPECT_FALSE(parse_address(text)) << text;
  }
}

TEST(ModbusAddress, SaysWhatIsWrong) {
  EXPECT_EQ(parse_address("HR:70000").error().message,
            "'70000' in Modbus address 'HR:70000' is not a number from 0 to 65535");
  EXPECT_EQ(parse_address("XR:1").error().message,
            "'XR:1' is not a Modbus address; write CO:0 (coil), DI:0 (discrete input), IR:0 (input "
            "register) or HR:0 (holding register)");
  for (const auto* text : {"", ":", "HR", "HR:", "HR:-1", "HR: 1", "HR:1x", ":5"}) {
    EXPECT_FALSE(parse_address(text)) << text;
  }
}

}  // namespace
}  // namespace tagwerk::protocol::modbus
