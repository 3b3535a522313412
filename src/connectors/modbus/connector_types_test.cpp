#include <gmock/gmock.h>

#include "connectors/modbus/connector_for_test.hpp"
#include "protocol/modbus/value.hpp"

namespace tagwerk::connectors::modbus {
namespace {

using model::Type;
using protocol::modbus::Access;
using protocol::modbus::Function;
using testing::ElementsAre;
using testing::HasSubstr;

class ModbusTypes : public ModbusConnectorTest {
 protected:
  /// The registers from an address on.
  std::vector<std::uint16_t> registers(std::size_t address, std::size_t count) const {
    const auto first = device.values.begin() + static_cast<std::ptrdiff_t>(address);
    return {first, first + static_cast<std::ptrdiff_t>(count)};
  }
  std::vector<Function> writes() const { return functions_of(Access::write); }
  void poll_three_times() {
    const std::size_t before = device.requests.size();
    ASSERT_TRUE(until([&] { return device.requests.size() >= before + 3; }));
  }
};

TEST_F(ModbusTypes, ReadsBitsLongNumbersDigitsTextsAndLists) {
  device.values[0] = 0x0008;
  device.values[10] = 0xffff, device.values[11] = 0xffff, device.values[12] = 0xffff,
  device.values[13] = 0xfffe;
  device.values[20] = 0x4009, device.values[21] = 0x21fb, device.values[22] = 0x5444,
  device.values[23] = 0x2d18;
  device.values[30] = 0x1234, device.values[31] = 0x5678;
  device.values[40] = 0x5054, device.values[41] = 0x3130, device.values[42] = 0x3000;
  device.values[50] = 0x3fc0, device.values[52] = 0xc000;
  device.values[60] = 1, device.values[62] = 1;
  add("HR:0.3", "", Type::boolean);
  add("HR:0", "bit2", Type::boolean);
  add("HR:10", "int64");
  add("HR:10", "uint64", Type::floating);
  add("HR:20", "float64", Type::floating);
  add("HR:30", "bcd32");
  add("HR:40:3", "string", Type::string);
  add("HR:50:4", "float32", Type::float_array);
  add("CO:60:4", "", Type::bool_array);
  add("RH:30:2", "", Type::int_array);
  add("40031", "bcd16");
  start(settings());
  ASSERT_TRUE(until([&] { return good(10) && good(8); }));
  EXPECT_TRUE(shows(0, Value::of(true)));
  EXPECT_TRUE(shows(1, Value::of(false)));
  EXPECT_TRUE(shows(2, Value::of(std::int64_t{-2})));
  EXPECT_TRUE(shows(3, Value::of(0x1p64)));
  EXPECT_TRUE(shows(4, Value::of(3.141592653589793)));
  EXPECT_TRUE(shows(5, Value::of(std::int64_t{12345678})));
  EXPECT_TRUE(shows(6, Value::string("PT100")));
  EXPECT_TRUE(shows(7, Value::array(std::vector<double>{1.5, -2})));
  EXPECT_TRUE(shows(8, Value::array(std::vector<bool>{true, false, true, false})));
  EXPECT_TRUE(shows(9, Value::array(std::vector<std::int64_t>{0x1234, 0x5678})));
  EXPECT_TRUE(shows(10, Value::of(std::int64_t{1234})));
}

TEST_F(ModbusTypes, ARegisterThatHoldsNoDigitsIsBadAloneUntilItDoes) {
  device.values[1] = 0x00ff;
  add("HR:0");
  add("HR:1", "bcd16");
  start(settings());
  ASSERT_TRUE(until([&] { return is(1, protocol::modbus::kBadDecodingError) && good(0); }));
  device.values[1] = 0x0042;
  ASSERT_TRUE(until([&] { return shows(1, Value::of(std::int64_t{42})); }));
}

TEST_F(ModbusTypes, CountsFromOneWhereTheDeviceDoes) {
  device.values[0] = 77;
  add("HR:1");
  start(settings(R"(,"base":1)"));
  ASSERT_TRUE(until([&] { return shows(0, Value::of(std::int64_t{77})); }));
}

TEST_F(ModbusTypes, WritesLongNumbersDigitsTextsAndListsInOneRequest) {
  add("HR:10", "int64");
  add("HR:20", "bcd32");
  add("HR:30:3", "string(ascii, blank)", Type::string);
  add("HR:40:4", "float32", Type::float_array);
  add("CO:60:4", "", Type::bool_array);
  start(settings());
  ASSERT_TRUE(until([&] { return good(4) && good(3); }));
  EXPECT_EQ(write(0, Value::of(std::int64_t{-2}), true).value, Value::of(std::int64_t{-2}));
  EXPECT_EQ(registers(10, 4), (std::vector<std::uint16_t>{0xffff, 0xffff, 0xffff, 0xfffe}));
  EXPECT_EQ(write(1, Value::of(41.9999), true).value, Value::of(std::int64_t{42}));
  EXPECT_EQ(write(2, Value::string("abc"), true).value, Value::string("abc"));
  EXPECT_EQ(registers(30, 3), (std::vector<std::uint16_t>{0x6162, 0x6320, 0x2020}));
  const Value floats = Value::array(std::vector<double>{1.5, -2});
  EXPECT_EQ(write(3, floats, true).value, floats);
  const Value bools = Value::array(std::vector<bool>{true, false, true, true});
  EXPECT_EQ(write(4, bools, true).value, bools);
  EXPECT_EQ(registers(60, 4), (std::vector<std::uint16_t>{1, 0, 1, 1}));
  EXPECT_THAT(writes(),
              ElementsAre(Function::write_multiple_registers, Function::write_multiple_registers,
                          Function::write_multiple_registers, Function::write_multiple_registers,
                          Function::write_multiple_coils));
  const auto long_text = write(2, Value::string("too long"));
  EXPECT_EQ(long_text.quality, model::kBadOutOfRange);
  EXPECT_EQ(long_text.detail, "not sent: the text has 8 bytes, 3 registers hold 6");
  EXPECT_EQ(write(2, Value::of(1.0)).quality, model::kBadTypeMismatch);
  EXPECT_EQ(write(3, Value::of(1.0)).quality, model::kBadTypeMismatch);
}

TEST_F(ModbusTypes, ABitIsWrittenWithAMaskAndTheOthersStay) {
  device.values[5] = 0x8001;
  add("HR:5.3", "", Type::boolean);
  add("HR:5.15", "", Type::boolean);
  start(settings());
  ASSERT_TRUE(until([&] { return good(1); }));
  const auto result = write(0, Value::of(true), true);
  EXPECT_EQ(result.quality, model::kGood);
  EXPECT_EQ(result.value, Value::of(true));
  EXPECT_EQ(device.values[5], 0x8009);
  EXPECT_EQ(write(1, Value::of(false)).quality, model::kGood);
  EXPECT_EQ(device.values[5], 0x0009);
  EXPECT_THAT(writes(), ElementsAre(Function::mask_write_register, Function::mask_write_register));
  EXPECT_EQ(write(0, Value::of(7.0)).detail, "not sent: 7 is not a bool: write true or false");
}

TEST_F(ModbusTypes, ADeviceWithoutMaskHasItsRegisterReadAndWrittenBackAndIsAskedForItOnce) {
  device.unknown = {Function::mask_write_register, Function::write_single_register};
  device.values[5] = 0x8001;
  add("HR:5.3", "", Type::boolean);
  start(settings());
  ASSERT_TRUE(until([&] { return good(0); }));
  EXPECT_EQ(write(0, Value::of(true), true).value, Value::of(true));
  EXPECT_EQ(device.values[5], 0x8009);
  EXPECT_EQ(write(0, Value::of(false)).quality, model::kGood);
  EXPECT_EQ(device.values[5], 0x8001);
  EXPECT_THAT(writes(),
              ElementsAre(Function::mask_write_register, Function::write_single_register,
                          Function::write_multiple_registers, Function::write_single_register,
                          Function::write_multiple_registers));
}

TEST_F(ModbusTypes, AMaskIsNotTriedWhereTheSettingsSayThereIsNone) {
  add("HR:5.3", "", Type::boolean);
  start(settings(R"(,"mask_write":false)"));
  ASSERT_TRUE(until([&] { return good(0); }));
  EXPECT_EQ(write(0, Value::of(true)).quality, model::kGood);
  EXPECT_THAT(writes(), ElementsAre(Function::write_single_register));
  device.exception = protocol::modbus::ExceptionCode::illegal_data_address;
  EXPECT_THAT(write(0, Value::of(true)).detail, HasSubstr("HR:5 could not be read"));
}

TEST_F(ModbusTypes, BitsOfOneRegisterThatWaitTogetherAreOneWrite) {
  device.values[5] = 0x8000;
  for (int bit = 0; bit < 4; ++bit)
    add(fmt::format("HR:5.{}", bit), "", Type::boolean);
  add("HR:6.0", "", Type::boolean);
  start(settings());
  ASSERT_TRUE(until([&] { return good(4); }));
  const bool values[] = {true, false, true, true, true};
  for (std::uint32_t handle = 0; handle < 5; ++handle)
    server.send(link::Write{handle + 1, 1, handle, 2000, handle == 2, Value::of(values[handle])});
  ASSERT_TRUE(until([&] { return server.results.size() == 5; }));
  for (const auto& result : server.results)
    EXPECT_EQ(result.quality, model::kGood) << result.detail;
  EXPECT_EQ(device.values[5], 0x800d);
  EXPECT_EQ(device.values[6], 0x0001);
  EXPECT_THAT(writes(), ElementsAre(Function::mask_write_register, Function::mask_write_register));
}

TEST_F(ModbusTypes, ABitThatTheDeviceDoesNotKeepIsSaid) {
  device.unknown = {Function::mask_write_register};
  device.clamp[5] = 0x0001;
  add("HR:5.3", "", Type::boolean);
  add("HR:5.0", "", Type::boolean);
  start(settings());
  ASSERT_TRUE(until([&] { return good(1); }));
  const auto result = write(0, Value::of(true), true);
  EXPECT_EQ(result.quality, model::kBadOutOfRange);
  EXPECT_EQ(result.detail, "the device took the write but shows false instead of true");
}

TEST_F(ModbusTypes, AnExceptionOfOneRegisterThatRepeatsTurnsThatOneBadAlone) {
  for (int i = 0; i < 60; ++i)
    add(fmt::format("HR:{}", i));
  add("HR:200");
  device.broken = {{37, protocol::modbus::ExceptionCode::server_device_failure},
                   {200, protocol::modbus::ExceptionCode::gateway_target_failed}};
  start(settings());
  ASSERT_TRUE(until([&] { return good(59); }));
  ASSERT_TRUE(until([&] { return is(37, model::kBadDeviceFailure) && good(36) && good(38); }));
  for (std::uint32_t i = 0; i < 60; ++i)
    EXPECT_EQ(good(i), i != 37) << i;
  EXPECT_TRUE(is(60, model::kBadNoCommunication));
  EXPECT_EQ(device.connections, 1u);
  ASSERT_TRUE(until([&] {
    return std::ranges::any_of(server.logs, [](const link::Log& log) {
      return log.text.find(
                 "refused by the device with exception 4 (server device failure): HR:37") !=
             std::string::npos;
    });
  }));
}

TEST_F(ModbusTypes, AnExceptionOfTheWholeDeviceIsNotSearchedForLong) {
  for (int i = 0; i < 60; ++i)
    add(fmt::format("HR:{}", i));
  start(settings());
  ASSERT_TRUE(until([&] { return good(59); }));
  device.exception = protocol::modbus::ExceptionCode::gateway_target_failed;
  ASSERT_TRUE(until([&] { return is(0, model::kBadNoCommunication); }));
  poll_three_times();
  ASSERT_TRUE(until([&] { return device.requests.back().count == 60; }));
  const std::size_t before = device.requests.size();
  ASSERT_TRUE(until([&] { return device.requests.size() >= before + 5; }));
  for (std::size_t i = before; i < before + 5; ++i)
    EXPECT_EQ(device.requests[i].count, 60);
  device.exception.reset();
  ASSERT_TRUE(until([&] { return good(0) && good(59); }));
}

TEST_F(ModbusTypes, WithAutoCloseEachPollHasAConnectionOfItsOwn) {
  add("HR:0");
  start(settings(R"(,"auto_close":true)"));
  ASSERT_TRUE(until([&] { return device.requests.size() >= 5; }));
  EXPECT_GE(device.connections, 5u);
  EXPECT_EQ(write(0, Value::of(std::int64_t{7}), true).quality, model::kGood);
  EXPECT_EQ(device.values[0], 7);
  ASSERT_TRUE(until([&] { return shows(0, Value::of(std::int64_t{7})); }));
  const auto port = device.port();
  device.stop();
  ASSERT_TRUE(until([&] { return is(0, model::kBadNoCommunication); }));
  device.start(port);
  ASSERT_TRUE(until([&] { return good(0); }));
}

TEST_F(ModbusTypes, WithoutAutoOpenALostConnectionStaysLost) {
  add("HR:0");
  start(settings(R"(,"auto_open":false)"));
  ASSERT_TRUE(until([&] { return good(0); }));
  device.drop();
  ASSERT_TRUE(until([&] { return is(0, model::kBadNoCommunication); }));
  ASSERT_TRUE(until([&] {
    return !server.states.empty() &&
           server.states.back().find("restart the connector") != std::string::npos;
  }));
  EXPECT_EQ(device.connections, 1u);
}

}  // namespace
}  // namespace tagwerk::connectors::modbus
