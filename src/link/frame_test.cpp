#include "link/frame.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <random>
#include <rapidcheck/gtest.h>

#include "link/configuration.hpp"
#include "link/frame_for_test.hpp"
#include "link/frame_reader.hpp"
#include "link/samples.hpp"
#include "link/trace_frame.hpp"

namespace tagwerk::link {
namespace {

using base::Bytes;
using base::ByteView;

template <class Frame>
void expect_round_trip(const Frame& frame) {
  Bytes bytes;
  encode(frame, bytes);
  FrameReader reader;
  reader.append(bytes);
  const auto view = reader.next();
  ASSERT_TRUE(view && *view);
  Frame decoded;
  const auto status = decode((*view)->payload, decoded);
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(decoded, frame);
  // Every shorter payload and one byte more are refused.
  for (std::size_t size = 0; size < payload_of(bytes).size(); ++size)
    EXPECT_FALSE(decode(payload_of(bytes).first(size), decoded)) << size;
  bytes.push_back(std::byte{0});
  EXPECT_FALSE(decode(payload_of(bytes), decoded));
}

TEST(LinkFrame, EveryMessageComesBackAsItWasAndIsRefusedWhenCutOrLengthened) {
  expect_round_trip(Hello{1, "plc", "modbus", "secret", 77, 4711, 3, 9, 12});
  expect_round_trip(Welcome{1, "a1b2c3d4", 8});
  expect_round_trip(Refused{true, "no connector 'plc'"});
  expect_round_trip(Configured{7, {{3, "no device 'x'"}, {9, ""}}});
  expect_round_trip(ConfigurationError{7, {"settings.host is missing"}});
  expect_round_trip(Ack{77, 11});
  expect_round_trip(Write{5, 7, 3, 1500, true, Value::of(2.5)});
  expect_round_trip(Write{5, 7, 3, 1500, false, Value::string("on")});
  expect_round_trip(WriteResult{5, model::kBadTimeout, "no answer", Value()});
  expect_round_trip(Log{LogLevel::warn, UtcTime(Duration(123)), "plc1 is back"});
  expect_round_trip(State{R"({"state":"running"})"});
  expect_round_trip(Ping{1});
  expect_round_trip(Pong{2});
  expect_round_trip(Stop{"the server stops"});
  expect_round_trip(Request{8, 1000, "browse", "{}"});
  expect_round_trip(Reply{8, false, "this connector cannot browse"});
  expect_round_trip(TraceRequest{9, 4711, 100, true, false, "plc1"});
  expect_round_trip(Trace{
      9,
      4713,
      true,
      {{"plc1", "10.0.0.1", 40001, "10.0.0.5", 502}, {"plc2", "", 0, "", 0}},
      {{4712, UtcTime(Duration(5)), kNoDelay, 0, TraceDirection::sent, 12, "read HR 0", Bytes(12)},
       {4713, UtcTime(Duration(9)), Duration(4), 1, TraceDirection::received, 70'000, "",
        Bytes(3)}}});
}

TEST(LinkFrame, AConfigurationOfAHundredThousandBindingsTravelsInParts) {
  Configuration configuration{42, R"({"host":"10.0.0.5"})", {}};
  for (std::uint32_t i = 0; i < 100'000; ++i)
    configuration.bindings.push_back({i, "plc1", "HR:" + std::to_string(i * 2), "float32", "",
                                      model::Type::floating, std::chrono::seconds(1), 0.5,
                                      std::chrono::seconds(9), i % 2 == 0, i % 3 == 0, i % 5 == 0,
                                      "/Plant/Tag" + std::to_string(i)});
  Bytes bytes;
  ASSERT_TRUE(encode_configuration(configuration, bytes));
  const auto decoded = decode_configuration(bytes);
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(decoded->revision, 42u);
  EXPECT_EQ(decoded->settings, configuration.settings);
  EXPECT_EQ(decoded->bindings, configuration.bindings);
  bytes.resize(bytes.size() / 2);
  EXPECT_FALSE(decode_configuration(bytes));
}

TEST(LinkFrame, PartsOfAConfigurationOutOfOrderAreRefused) {
  ConfigurationAssembler assembler;
  EXPECT_FALSE(assembler.add(Configure{1, 1, 3, "", {}}));
  EXPECT_TRUE(assembler.add(Configure{1, 0, 3, "{}", {}}));
  EXPECT_FALSE(assembler.add(Configure{2, 1, 3, "", {}}));
  EXPECT_FALSE(assembler.add(Configure{1, 0, 1, "{}", {Binding{.handle = 1}}}));
}

TEST(LinkFrame, ABindingWithoutPeriodOrWithNegativeDeadbandIsRefused) {
  const auto accepted = [](const Binding& binding) {
    Bytes bytes;
    encode(Configure{1, 0, 1, "{}", {binding}}, bytes);
    Configure decoded;
    return decode(payload_of(bytes), decoded).has_value();
  };
  EXPECT_TRUE(accepted({.period = Duration(1)}));
  EXPECT_FALSE(accepted({.period = Duration(0)}));
  EXPECT_FALSE(accepted({.period = Duration(1), .deadband = -1}));
  EXPECT_FALSE(accepted({.period = Duration(1), .deadband = std::nan("")}));
}

TEST(LinkFrame, LongTextsAreCutAtACharacter) {
  std::string text(4095, 'x');
  text += "ü and more";
  Bytes bytes;
  encode(Log{LogLevel::info, {}, text}, bytes);
  Log log;
  ASSERT_TRUE(decode(payload_of(bytes), log));
  EXPECT_EQ(log.text, std::string(4095, 'x'));
}

TEST(LinkFrameReader, CutsTheSameFramesOutOfAnyPieces) {
  std::mt19937 random(1);
  Bytes bytes;
  for (std::uint64_t i = 0; i < 500; ++i) {
    encode(Ping{i}, bytes);
    encode(State{std::string(random() % 2000, 's')}, bytes);
  }
  FrameReader reader;
  std::size_t frames = 0;
  std::uint64_t pings = 0;
  for (ByteView rest = bytes; !rest.empty();) {
    const auto size = std::min<std::size_t>(rest.size(), 1 + random() % 3000);
    reader.append(rest.first(size));
    rest = rest.subspan(size);
    while (true) {
      const auto frame = reader.next();
      ASSERT_TRUE(frame);
      if (!*frame) break;
      ++frames;
      Ping ping;
      if ((*frame)->type == FrameType::ping && decode((*frame)->payload, ping)) {
        EXPECT_EQ(ping.number, pings++);
      }
    }
  }
  EXPECT_EQ(frames, 1000u);
  EXPECT_EQ(pings, 500u);
}

TEST(LinkFrameReader, RefusesLengthsOutsideTheLimitsBeforeTheBytesArrive) {
  const auto refused = [](std::uint32_t length, std::size_t limit) {
    Bytes bytes;
    base::ByteWriter(bytes).u32(length);
    FrameReader reader(limit);
    reader.append(bytes);
    return !reader.next().has_value();
  };
  EXPECT_TRUE(refused(0, kMaxFrame));
  EXPECT_FALSE(refused(1, kMaxFrame));
  EXPECT_FALSE(refused(kMaxFrame, kMaxFrame));
  EXPECT_TRUE(refused(kMaxFrame + 1, kMaxFrame));
  EXPECT_TRUE(refused(0xffffffff, kMaxFrame));
  EXPECT_TRUE(refused(kMaxFrameBefore + 1, kMaxFrameBefore));
}

TEST(LinkFrameReader, RefusesUnknownTypes) {
  for (const std::uint8_t type : {0, 20, 255}) {
    Bytes bytes;
    base::ByteWriter writer(bytes);
    writer.u32(1);
    writer.u8(type);
    FrameReader reader;
    reader.append(bytes);
    EXPECT_FALSE(reader.next());
  }
}

/// Whatever the payload, every decoder comes back.
void decode_as_everything(ByteView payload) {
  const auto as = [&]<class Frame>(Frame frame) { (void)decode(payload, frame); };
  as(Hello{}), as(Welcome{}), as(Refused{}), as(Configure{}), as(Configured{});
  as(ConfigurationError{}), as(Ack{}), as(Write{}), as(WriteResult{}), as(Log{}), as(State{});
  as(Ping{}), as(Pong{}), as(Stop{}), as(Request{}), as(Reply{}), as(TraceRequest{}), as(Trace{});
  std::vector<Sample> samples;
  (void)decode_samples(payload, samples);
}

RC_GTEST_PROP(LinkFrame, GarbageNeverCrashesADecoder, (const std::vector<std::uint8_t>& garbage)) {
  decode_as_everything(std::as_bytes(std::span(garbage)));
}

TEST(LinkFrame, ATraceNamesOnlyConnectionsAndBytesItHas) {
  const auto accepted = [](const Trace& trace) {
    Bytes bytes;
    encode(trace, bytes);
    Trace decoded;
    return decode(payload_of(bytes), decoded).has_value();
  };
  Trace trace{1, 1, false, {{"plc", "", 0, "", 0}}, {TraceItem{}}};
  EXPECT_TRUE(accepted(trace));
  trace.items[0].connection = 1;
  EXPECT_FALSE(accepted(trace));
  trace.items[0] = {.bytes = Bytes(3)};
  EXPECT_FALSE(accepted(trace));
  trace.items[0].size = 3;
  EXPECT_TRUE(accepted(trace));
  Bytes bytes;
  encode(TraceRequest{.limit = 0}, bytes);
  TraceRequest decoded;
  EXPECT_FALSE(decode(payload_of(bytes), decoded));
}

TEST(LinkFrame, FlippedBitsNeverCrashADecoder) {
  std::mt19937 random(7);
  Configuration configuration{42, "{}", {}};
  for (std::uint32_t i = 0; i < 20; ++i)
    configuration.bindings.push_back(
        {.handle = i, .device = "plc", .address = "HR:1", .period = Duration(1), .path = "/A"});
  Bytes configure;
  ASSERT_TRUE(encode_configuration(configuration, configure));
  Bytes trace;
  encode(Trace{1, 20, false, {{"plc", "10.0.0.1", 1, "10.0.0.5", 502}}, std::vector<TraceItem>(20)},
         trace);
  for (int round = 0; round < 20'000; ++round) {
    Bytes damaged = round % 2 == 0 ? configure : trace;
    for (std::uint32_t flips = 1 + random() % 4; flips > 0; --flips)
      damaged[random() % damaged.size()] ^= std::byte(1u << (random() % 8));
    decode_as_everything(payload_of(damaged));
  }
}

}  // namespace
}  // namespace tagwerk::link
