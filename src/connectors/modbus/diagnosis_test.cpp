#include <gmock/gmock.h>

#include "connectors/modbus/connector_for_test.hpp"

// What people ask a connector when they want to know why: trace, test read, evidence.

namespace tagwerk::connectors::modbus {
namespace {

using Mood = TestDevice::Mood;
using protocol::modbus::ExceptionCode;
using testing::HasSubstr;
using testing::StartsWith;

class ModbusDiagnosis : public ModbusConnectorTest {
 protected:
  link::Trace trace(link::TraceRequest request) {
    const std::size_t before = server.traces.size();
    server.send(request);
    EXPECT_TRUE(until([&] { return server.traces.size() > before; }));
    return server.traces.empty() ? link::Trace{} : server.traces.back();
  }
  static std::string text(const model::Node& node, std::string_view key) {
    const model::Node* found = node.find(key);
    return found == nullptr ? "(missing)" : found->is_null() ? "(null)" : found->text;
  }
  /// The values of a test under one dtype and order, as JSON.
  static std::string reading(const model::Node& reply, std::string_view dtype,
                             std::string_view order) {
    for (const model::Node& each : reply.find("readings")->items)
      if (text(each, "dtype") == dtype && text(each, "order") == order)
        return model::to_json(*each.find("values"));
    return "(missing)";
  }
};

TEST_F(ModbusDiagnosis, TheTraceHasEveryFrameWithItsMeaningAndDelay) {
  device.values[0] = 17;
  add("HR:0");
  start(settings());
  ASSERT_TRUE(until([&] { return good(0); }));
  const link::Trace shown = trace({.id = 3, .limit = 2});
  ASSERT_EQ(shown.items.size(), 2u);
  EXPECT_EQ(shown.items[0].text, "read HR 0 unit 1");
  EXPECT_EQ(shown.items[0].bytes.size(), 12u);
  EXPECT_EQ(shown.items[0].delay, link::kNoDelay);
  EXPECT_EQ(shown.items[1].text, "HR 0 unit 1 = 17");
  EXPECT_GT(shown.items[1].delay, Duration::zero());
  EXPECT_EQ(shown.connections[0].device, "default");
  EXPECT_EQ(shown.connections[0].peer_port, device.port());
  EXPECT_TRUE(trace({.limit = 9, .device = "another"}).items.empty());
}

TEST_F(ModbusDiagnosis, WhatIsNotModbusIsInTheTraceToo) {
  add("HR:0");
  device.mood = Mood::garbage;
  start(settings());
  ASSERT_TRUE(until([&] { return is(0, model::kBadNoCommunication); }));
  EXPECT_THAT(trace({.limit = 9}).items.at(1).text, HasSubstr("are not Modbus TCP"));
}

TEST_F(ModbusDiagnosis, ATestShowsRegistersUnderEveryTypeAndOrder) {
  device.values[10] = 0x0000, device.values[11] = 0x4248, device.values[12] = 0x1234,
  device.values[13] = 0x4142;
  add("HR:0");
  start(settings());
  ASSERT_TRUE(until([&] { return good(0); }));
  const model::Node reply = ask("test", R"({"device":"default","address":"HR:10","count":4})");
  EXPECT_EQ(text(reply, "ok"), "true") << model::to_json(reply);
  EXPECT_EQ(model::to_json(reply.find("registers")->items.at(1)),
            R"({"address":"HR:11","hex":"4248","value":16968})");
  EXPECT_EQ(reading(reply, "float32", "CDAB"), "[50,12.129444122314453]");
  EXPECT_EQ(reading(reply, "uint16", "BADC"), "[0,18498,13330,16961]");
  EXPECT_EQ(reading(reply, "bcd16", "ABCD"), "[0,4248,1234,4142]");
  EXPECT_EQ(reading(reply, "bool", "ABCD"), "[false,true,true,true]");
  EXPECT_THAT(reading(reply, "float64", "HGFEDCBA"), StartsWith("["));
  EXPECT_THAT(reading(reply, "int64", "EFGHABCD"), StartsWith("["));
  EXPECT_NE(reading(reply, "string", "BADC"), "(missing)");
  EXPECT_GT(*reply.find("delay")->as_number(), 0);
  EXPECT_EQ(device.connections, 1u);
}

TEST_F(ModbusDiagnosis, ATestReadsCoilsAndNamesAddressesAsTheDeviceCounts) {
  device.values[0] = 1;
  add("HR:1");
  start(settings(R"(,"base":1)"));
  ASSERT_TRUE(until([&] { return good(0); }));
  const model::Node reply = ask("test", R"({"address":"CO:1:2"})");
  EXPECT_EQ(
      model::to_json(*reply.find("registers")),
      R"([{"address":"CO:1","hex":null,"value":true},{"address":"CO:2","hex":null,"value":false}])");
  EXPECT_EQ(model::to_json(*reply.find("readings")),
            R"([{"dtype":"bool","order":"ABCD","values":[true,false]}])");
}

TEST_F(ModbusDiagnosis, ATestThatFailsSaysWhatToDo) {
  add("HR:0");
  start(settings());
  ASSERT_TRUE(until([&] { return good(0); }));
  device.refused = {500};
  const model::Node refused = ask("test", R"({"address":"HR:500"})");
  EXPECT_EQ(text(refused, "ok"), "false");
  EXPECT_THAT(text(refused, "detail"), HasSubstr("exception 2 (illegal data address)"));
  EXPECT_THAT(text(ask("test", R"({"device":"defualt","address":"HR:0"})"), "error"),
              HasSubstr("did you mean 'default'"));
  EXPECT_THAT(text(ask("test", R"({"address":"5"})"), "error"), HasSubstr("two things"));
  EXPECT_THAT(text(ask("test", R"({"address":"HR:0","count":126})"), "error"),
              HasSubstr("from 1 to 125"));
  EXPECT_THAT(text(ask("test", R"({"address":"HR:65535","count":2})"), "error"),
              HasSubstr("pass the last"));
  EXPECT_THAT(text(ask("test", "{}"), "error"), HasSubstr("'address' is missing"));
  EXPECT_THAT(text(ask("test", "no json"), "error"), HasSubstr("not JSON"));
}

TEST_F(ModbusDiagnosis, ATestOfAUnitThatIsMuteDoesNotDisturbTheOthers) {
  add("HR:0");
  start(settings());
  ASSERT_TRUE(until([&] { return good(0); }));
  device.mute_units = {7};
  const model::Node mute = ask("test", R"({"address":"HR:0","unit":7})");
  EXPECT_EQ(text(mute, "ok"), "false");
  EXPECT_THAT(text(mute, "detail"), HasSubstr("read HR 0..3 unit 7"));
  EXPECT_THAT(text(mute, "detail"), HasSubstr("check the unit"));
  EXPECT_TRUE(good(0));
  EXPECT_EQ(device.connections, 1u);
}

TEST_F(ModbusDiagnosis, SettingsThatNobodySavedAreTestedWithoutAnyConfiguration) {
  device.values[0] = 42;
  server.acknowledging = true;
  server.listen();
  link::RunOptions options;
  options.name = "test.1";
  options.link = directory / "link.sock";
  options.data = directory / "test";
  runtime =
      std::make_unique<link::Runtime>(loop, options, std::make_unique<ModbusConnector>("test.1"));
  ASSERT_TRUE(runtime->start([](int) {}));
  ASSERT_TRUE(until([&] { return server.is_up(); }));
  const auto with = [&](const std::string& given) {
    return ask("test", fmt::format(R"({{"settings":{},"address":"HR:0","count":2}})", given));
  };
  const model::Node reply = with(settings());
  EXPECT_EQ(reading(reply, "uint16", "ABCD"), "[42,0]");
  EXPECT_THAT(text(with(R"({"hots":"a"})"), "error"), HasSubstr("did you mean 'host'"));
  const auto port = device.port();
  device.stop();
  const model::Node refused =
      with(fmt::format(R"({{"host":"127.0.0.1","port":{},"timeout":"200ms"}})", port));
  EXPECT_EQ(text(refused, "ok"), "false");
  EXPECT_THAT(text(refused, "detail"), HasSubstr("check host and port"));
}

TEST_F(ModbusDiagnosis, EvidenceIsTheLastFrameThatCarriedATag) {
  device.values[5] = 0x4248, device.values[6] = 0x0000;
  for (int i = 0; i < 10; ++i)
    add(fmt::format("HR:{}", i));
  device.broken = {{9, ExceptionCode::server_device_failure}};
  start(settings());
  ASSERT_TRUE(until([&] { return good(8) && is(9, model::kBadDeviceFailure); }));
  const model::Node reply =
      ask("evidence", R"({"device":"default","address":"HR:5","dtype":"float32","type":"float"})");
  EXPECT_EQ(text(reply, "registers"), "4248 0000") << model::to_json(reply);
  EXPECT_EQ(text(reply, "raw"), "50");
  EXPECT_EQ(text(reply, "dtype"), "float32");
  EXPECT_EQ(text(reply, "order"), "ABCD");
  const auto& frames = reply.find("frames")->items;
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_THAT(text(frames[0], "text"), StartsWith("read HR "));
  EXPECT_THAT(text(frames[1], "text"), StartsWith("HR "));
  EXPECT_EQ(text(frames[1], "direction"), "received");
  const model::Node broken = ask("evidence", R"({"address":"HR:9","type":"int"})");
  EXPECT_EQ(text(broken, "registers"), "(null)");
  EXPECT_EQ(text(broken, "exception"), "exception 4 (server device failure)");
  const model::Node never = ask("evidence", R"({"address":"HR:900","type":"int"})");
  EXPECT_TRUE(never.find("frames")->items.empty());
  EXPECT_THAT(text(ask("evidence", R"({"address":"XX:1"})"), "error"), HasSubstr("XX:1"));
}

}  // namespace
}  // namespace tagwerk::connectors::modbus
