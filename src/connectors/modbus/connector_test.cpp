#include "connectors/modbus/connector.hpp"

#include <gmock/gmock.h>

#include "connectors/modbus/connector_for_test.hpp"

namespace tagwerk::connectors::modbus {
namespace {

using std::chrono::milliseconds;
using Mood = TestDevice::Mood;
using protocol::modbus::ExceptionCode;
using protocol::modbus::Function;

TEST_F(ModbusConnectorTest, ReadsEveryTableAndType) {
  device.values[0] = 1;
  device.values[10] = 0xfff6;
  device.values[20] = 0x4048;
  device.values[21] = 0xf5c3;
  device.values[30] = 0xffff;
  device.values[31] = 0xfffe;
  add("CO:0", "", model::Type::boolean);
  add("DI:0", "", model::Type::boolean);
  add("IR:10", "int16");
  add("HR:10", "uint16");
  add("HR:20", "float32", model::Type::floating);
  add("HR:30", "int32");
  add("HR:30", "uint32");
  start(settings());
  ASSERT_TRUE(until([&] { return last(6) != nullptr; }));
  EXPECT_TRUE(shows(0, Value::of(true)));
  EXPECT_TRUE(shows(1, Value::of(true)));
  EXPECT_TRUE(shows(2, Value::of(std::int64_t{-10})));
  EXPECT_TRUE(shows(3, Value::of(std::int64_t{65526})));
  EXPECT_TRUE(shows(4, Value::of(static_cast<double>(3.14f))));
  EXPECT_TRUE(shows(5, Value::of(std::int64_t{-2})));
  EXPECT_TRUE(shows(6, Value::of(std::int64_t{4294967294})));
}

TEST_F(ModbusConnectorTest, ContiguousRegistersAreOneRead) {
  for (int i = 0; i < 100; ++i)
    add(fmt::format("HR:{}", i));
  start(settings());
  ASSERT_TRUE(until([&] { return good(99); }));
  EXPECT_EQ(device.requests[0].count, 100);
  EXPECT_EQ(device.requests[0].function, Function::read_holding_registers);
}

TEST_F(ModbusConnectorTest, OneBadRegisterAloneTurnsBadAndIsNotAskedAgainAtOnce) {
  for (int i = 0; i < 60; ++i)
    add(fmt::format("HR:{}", i));
  device.refused = {37};
  start(settings());
  ASSERT_TRUE(until([&] { return last(59) != nullptr && last(37) != nullptr; }));
  for (std::uint32_t i = 0; i < 60; ++i)
    EXPECT_EQ(good(i), i != 37) << i;
  EXPECT_EQ(last(37)->quality, model::kBadNotReadable);
  ASSERT_TRUE(until([&] { return device.requests.size() > 30; }));
  for (auto each = device.requests.end() - 6; each != device.requests.end(); ++each)
    EXPECT_TRUE(each->address > 37 || each->address + each->count <= 37);
  EXPECT_TRUE(std::ranges::any_of(server.logs, [](const link::Log& each) {
    return each.text.find("HR:37") != std::string::npos;
  }));
}

TEST_F(ModbusConnectorTest, LearnsThatADeviceAcceptsOnlyShortReads) {
  device.most = 20;
  for (int i = 0; i < 60; ++i)
    add(fmt::format("HR:{}", i));
  start(settings());
  ASSERT_TRUE(until([&] { return good(59); }));
  for (std::uint32_t i = 0; i < 60; ++i)
    EXPECT_TRUE(good(i));
  ASSERT_TRUE(until([&] { return device.requests.size() > 40; }));
  for (auto each = device.requests.end() - 8; each != device.requests.end(); ++each)
    EXPECT_LE(each->count, 20);
}

TEST_F(ModbusConnectorTest, ADeviceThatRefusesEverythingTurnsAllBadAndStaysConnected) {
  for (int i = 0; i < 200; ++i)
    add(fmt::format("HR:{}", i * 20));
  device.exception = ExceptionCode::illegal_data_address;
  start(settings());
  ASSERT_TRUE(until([&] { return last(199) != nullptr && last(0) != nullptr; }));
  EXPECT_TRUE(is(199, model::kBadNotReadable));
  EXPECT_EQ(device.connections, 1u);
}

TEST_F(ModbusConnectorTest, ExceptionsBecomeQualities) {
  add("HR:0");
  start(settings());
  ASSERT_TRUE(until([&] { return good(0); }));
  device.exception = ExceptionCode::server_device_failure;
  ASSERT_TRUE(until([&] { return is(0, model::kBadDeviceFailure); }));
  device.exception = ExceptionCode::gateway_target_failed;
  ASSERT_TRUE(until([&] { return is(0, model::kBadNoCommunication); }));
  device.exception.reset();
  ASSERT_TRUE(until([&] { return good(0); }));
  EXPECT_EQ(device.connections, 1u);
}

TEST_F(ModbusConnectorTest, ADeviceThatIsNotThereTurnsBadAndComesBack) {
  add("HR:0");
  const std::string with = settings();
  const auto port = device.port();
  device.stop();
  start(with);
  ASSERT_TRUE(until([&] { return is(0, model::kBadNoCommunication); }));
  EXPECT_TRUE(last(0)->value.is_null());
  device.start(port);
  ASSERT_TRUE(until([&] { return good(0); }));
}

TEST_F(ModbusConnectorTest, RecoversFromAPeerThatIsMuteSendsGarbageClosesOrRestarts) {
  add("HR:0");
  start(settings());
  for (const Mood mood :
       {Mood::mute, Mood::garbage, Mood::half_an_answer, Mood::closes, Mood::wrong_transaction}) {
    ASSERT_TRUE(until([&] { return good(0); })) << static_cast<int>(mood);
    device.mood = mood;
    ASSERT_TRUE(until([&] { return is(0, model::kBadNoCommunication); })) << static_cast<int>(mood);
    device.mood = Mood::good;
    const MonoTime healed = base::mono_now();
    ASSERT_TRUE(until([&] { return good(0); })) << static_cast<int>(mood);
    EXPECT_LT(base::mono_now() - healed, milliseconds(3000)) << static_cast<int>(mood);
  }
  const auto port = device.port();
  device.stop();
  ASSERT_TRUE(until([&] { return is(0, model::kBadNoCommunication); }));
  device.start(port);
  ASSERT_TRUE(until([&] { return good(0); }));
}

TEST_F(ModbusConnectorTest, ALateAnswerIsNeverTakenForTheNext) {
  add("HR:0");
  device.values[0] = 1;
  start(settings());
  ASSERT_TRUE(until([&] { return shows(0, Value::of(std::int64_t{1})); }));
  device.hold = true;
  ASSERT_TRUE(until([&] { return device.held() > 0 && is(0, model::kBadNoCommunication); }));
  const std::size_t seen = server.samples.size();
  device.values[0] = 2;
  device.release();
  ASSERT_TRUE(until([&] { return shows(0, Value::of(std::int64_t{2})); }));
  for (std::size_t i = seen; i < server.samples.size(); ++i)
    EXPECT_FALSE(server.samples[i].value == Value::of(std::int64_t{1}));
}

TEST_F(ModbusConnectorTest, AMuteDeviceDelaysNoOther) {
  TestDevice mute(loop);
  mute.start();
  mute.mood = Mood::mute;
  add("HR:0", "", model::Type::integer, "mute");
  add("HR:0", "", model::Type::integer, "well");
  start(fmt::format(
      R"({{"host":"127.0.0.1","timeout":"5s","devices":{{"mute":{{"port":{}}},"well":{{"port":{}}}}}}})",
      mute.port(), device.port()));
  ASSERT_TRUE(until([&] { return device.requests.size() >= 20; }, std::chrono::seconds(3)));
  EXPECT_EQ(mute.requests.size(), 1u);
}

TEST_F(ModbusConnectorTest, WritesCoilsRegistersAndPairsWithTheirFunctions) {
  add("CO:5", "", model::Type::boolean);
  add("HR:10", "int16");
  add("HR:20", "float32", model::Type::floating);
  start(settings());
  ASSERT_TRUE(until([&] { return good(2); }));
  EXPECT_EQ(write(0, Value::of(true)).quality, model::kGood);
  EXPECT_EQ(write(1, Value::of(std::int64_t{-3})).quality, model::kGood);
  EXPECT_EQ(write(2, Value::of(1.5)).quality, model::kGood);
  EXPECT_EQ(device.values[5], 1);
  EXPECT_EQ(device.values[10], 0xfffd);
  EXPECT_EQ(device.values[20], 0x3fc0);
  std::vector<Function> functions;
  for (const auto& each : device.requests)
    if (access_of(each.function) == protocol::modbus::Access::write)
      functions.push_back(each.function);
  EXPECT_THAT(functions,
              testing::ElementsAre(Function::write_single_coil, Function::write_single_register,
                                   Function::write_multiple_registers));
}

TEST_F(ModbusConnectorTest, AWriteWithReadBackSaysWhatTheDeviceShows) {
  add("HR:10");
  start(settings());
  ASSERT_TRUE(until([&] { return good(0); }));
  auto result = write(0, Value::of(std::int64_t{100}), true);
  EXPECT_EQ(result.quality, model::kGood);
  EXPECT_EQ(result.value, Value::of(std::int64_t{100}));
  device.clamp[10] = 50;
  result = write(0, Value::of(std::int64_t{80}), true);
  EXPECT_TRUE(result.quality.bad());
  EXPECT_EQ(result.value, Value::of(std::int64_t{50}));
  EXPECT_EQ(result.detail, "the device took the write but shows 50 instead of 80");
}

TEST_F(ModbusConnectorTest, AWriteThatCannotBeDoneSaysWhy) {
  add("HR:10");
  start(settings());
  ASSERT_TRUE(until([&] { return good(0); }));
  EXPECT_EQ(write(0, Value::of(std::int64_t{70000})).quality, model::kBadOutOfRange);
  EXPECT_EQ(write(0, Value::string("on")).quality, model::kBadTypeMismatch);
  EXPECT_EQ(write(0, Value::of(41.9999999)).quality, model::kGood);
  EXPECT_EQ(device.values[10], 42);
  device.exception = ExceptionCode::illegal_data_address;
  const auto refused = write(0, Value::of(std::int64_t{1}));
  EXPECT_EQ(refused.quality, model::kBadNotWritable);
  EXPECT_THAT(refused.detail, testing::HasSubstr("HR:10 was refused: exception 2"));
  device.exception.reset();
  device.mood = Mood::mute;
  const auto lost = write(0, Value::of(std::int64_t{1}));
  EXPECT_TRUE(lost.quality == model::kBadTimeout || lost.quality == model::kBadNoCommunication);
}

TEST_F(ModbusConnectorTest, WrongAddressesAreNamedAndTheOthersWork) {
  add("HR:1");
  add("XX:1");
  add("HR:2", "float33");
  add("HR:3", "", model::Type::string);
  start(settings());
  ASSERT_EQ(server.configured.size(), 1u);
  ASSERT_EQ(server.configured[0].faults.size(), 3u);
  EXPECT_EQ(server.configured[0].faults[1].handle, 2u);
  EXPECT_THAT(server.configured[0].faults[1].message, testing::HasSubstr("float33"));
  ASSERT_TRUE(until([&] { return good(0); }));
  EXPECT_TRUE(is(1, model::kBadConfigurationError));
}

TEST_F(ModbusConnectorTest, WrongSettingsAreRefusedWithEveryFault) {
  add("HR:1");
  start(R"({"hots":"10.0.0.5","port":70000})");
  ASSERT_EQ(server.errors.size(), 1u);
  EXPECT_THAT(server.errors[0].faults,
              testing::UnorderedElementsAre(testing::HasSubstr("did you mean 'host'"),
                                            testing::HasSubstr("70000"),
                                            testing::HasSubstr("'host' is missing")));
}

TEST_F(ModbusConnectorTest, ADeviceWhoseSettingsChangeIsConnectedAnewAndTheOthersAreNot) {
  TestDevice other(loop);
  other.start();
  add("HR:0", "", model::Type::integer, "a");
  add("HR:0", "", model::Type::integer, "b");
  const auto with = [&](std::uint16_t port) {
    return fmt::format(
        R"({{"host":"127.0.0.1","devices":{{"a":{{"port":{}}},"b":{{"port":{}}}}}}})",
        device.port(), port);
  };
  start(with(device.port()));
  ASSERT_TRUE(until([&] { return good(0) && good(1); }));
  const std::size_t before = device.connections;
  configure(2, with(other.port()));
  ASSERT_TRUE(until([&] { return other.requests.size() > 2; }));
  EXPECT_EQ(device.connections, before);
}

TEST_F(ModbusConnectorTest, AWriteGoesAheadOfTheRestOfALongPoll) {
  for (int i = 0; i < 200; ++i)
    add(fmt::format("HR:{}", i * 200));
  start(settings());
  ASSERT_TRUE(until([&] { return good(199); }));
  device.hold = true;
  ASSERT_TRUE(until([&] { return device.held() == 1; }));
  const std::size_t before = device.requests.size();
  server.send(link::Write{1, 1, 0, 2000, false, Value::of(std::int64_t{7})});
  // The write has to reach the client before the held answer goes out.
  server.send(link::Request{1, 1000, "nothing", "{}"});
  ASSERT_TRUE(until([&] { return !server.replies.empty(); }));
  loop.poll();
  device.release();
  ASSERT_TRUE(until([&] { return !server.results.empty(); }));
  EXPECT_EQ(device.requests[before].function, Function::write_single_register);
}

}  // namespace
}  // namespace tagwerk::connectors::modbus
