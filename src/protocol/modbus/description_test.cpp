#include "protocol/modbus/description.hpp"

#include <gtest/gtest.h>

namespace tagwerk::protocol::modbus {
namespace {

TEST(ModbusDescription, SaysWhatARequestAsks) {
  EXPECT_EQ(describe(read_request(Table::holding_register, 0, 10), 1), "read HR 0..9 unit 1");
  EXPECT_EQ(describe(read_request(Table::discrete_input, 7, 1), 17), "read DI 7 unit 17");
  EXPECT_EQ(describe(write_request(Table::holding_register, 5, {7}), 1), "write HR 5 unit 1 = 7");
  EXPECT_EQ(describe(write_request(Table::coil, 3, {1, 0}), 1), "write CO 3..4 unit 1 = on off");
  EXPECT_EQ(describe({Function::mask_write_register, 5, 1, {0xfffe, 1}}, 1),
            "mask HR 5 unit 1: and 0xfffe, or 0x0001");
  EXPECT_EQ(describe({Function::read_write_registers, 0, 2, {1, 2}, 9}, 1),
            "write HR 9..10 unit 1 = 1 2, read HR 0..1 unit 1");
}

TEST(ModbusDescription, SaysWhatWasAnswered) {
  const Request read = read_request(Table::holding_register, 0, 3);
  EXPECT_EQ(describe(read, {{}, {17, 4, 0}}, 1), "HR 0..2 unit 1 = 17 4 0");
  EXPECT_EQ(describe(read, {ExceptionCode::illegal_data_address, {}}, 1),
            "read HR 0..2 unit 1: exception 2 (illegal data address)");
  EXPECT_EQ(describe(write_request(Table::coil, 3, {1}), {}, 1), "CO 3 unit 1 written");
  EXPECT_EQ(describe({Function::read_write_registers, 0, 1, {1}, 9}, {{}, {5}}, 1),
            "HR 0 unit 1 = 5");
  EXPECT_EQ(describe(read_request(Table::coil, 0, 20), {{}, std::vector<std::uint16_t>(20)}, 1),
            "CO 0..19 unit 1 = off off off off off off off off off off off off off off off off …");
}

}  // namespace
}  // namespace tagwerk::protocol::modbus
