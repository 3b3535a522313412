#include "link/samples.hpp"

#include <gtest/gtest.h>
#include <random>
#include <rapidcheck/gtest.h>

#include "base/build_for_test.hpp"
#include "link/frame.hpp"
#include "link/frame_for_test.hpp"

namespace tagwerk::link {
namespace {

using base::Bytes;
using base::ByteView;
using base::ByteWriter;
using model::Type;

rc::Gen<Value> gen_value() {
  return rc::gen::map(
      rc::gen::tuple(rc::gen::inRange(0, 10), rc::gen::arbitrary<std::int64_t>(),
                     rc::gen::arbitrary<double>(),
                     rc::gen::container<std::vector<std::string>>(rc::gen::string<std::string>())),
      [](const auto& all) -> Value {
        const auto& [type, integer, floating, texts] = all;
        const std::string text = texts.empty() ? "" : texts.front();
        switch (static_cast<Type>(type)) {
          case Type::boolean:
            return Value::of(integer % 2 == 0);
          case Type::integer:
            return Value::of(integer);
          case Type::floating:
            return Value::of(floating);
          case Type::string:
            return Value::string(text);
          case Type::json:
            return Value::json(text);
          case Type::bool_array:
            return Value::array(std::vector<bool>(texts.size(), true));
          case Type::int_array:
            return Value::array(std::vector<std::int64_t>(texts.size(), integer));
          case Type::float_array:
            return Value::array(std::vector<double>(texts.size(), floating));
          case Type::string_array:
            return Value::array(texts);
          default:
            return Value();
        }
      });
}

/// Handles mostly consecutive, times and qualities mostly alike, so that runs form and break.
rc::Gen<std::vector<Sample>> gen_samples() {
  const auto sample = rc::gen::map(
      rc::gen::tuple(gen_value(), rc::gen::inRange(0, 4), rc::gen::arbitrary<std::int64_t>(),
                     rc::gen::arbitrary<std::uint32_t>()),
      [](const auto& all) {
        const auto& [value, kind, time, code] = all;
        Sample made{value, UtcTime(Duration(1000)), model::kGood, 0};
        if (kind == 0) made.time = UtcTime(Duration(time));
        if (kind == 1) made.quality = Quality{code};
        made.slot = kind == 2 ? code % kNoSlot : kNoSlot;
        return made;
      });
  return rc::gen::map(rc::gen::nonEmpty(rc::gen::container<std::vector<Sample>>(sample)),
                      [](std::vector<Sample> samples) {
                        Slot next = 0;
                        for (Sample& each : samples) {
                          if (each.slot == kNoSlot) each.slot = next;
                          next = each.slot + 1 == kNoSlot ? 0 : each.slot + 1;
                        }
                        return samples;
                      });
}

std::vector<Sample> round_trip(std::span<const Sample> samples) {
  std::vector<Sample> out;
  for (std::uint64_t sequence = 1; !samples.empty(); ++sequence) {
    Bytes frame;
    const std::size_t taken = encode_samples({sequence, 9}, samples, frame);
    const auto header = decode_samples(payload_of(frame), out);
    EXPECT_EQ(header, (SamplesHeader{sequence, 9}));
    EXPECT_LE(frame.size(), kMaxFrame);
    samples = samples.subspan(taken);
  }
  return out;
}

RC_GTEST_PROP(LinkSamples, ComeBackAsTheyWere, ()) {
  const auto samples = *gen_samples();
  RC_ASSERT(round_trip(samples) == samples);
}

RC_GTEST_PROP(LinkSamples, ACutFrameIsRefusedAndLeavesNothingBehind, ()) {
  const auto samples = *gen_samples();
  Bytes frame;
  encode_samples({1, 1}, samples, frame);
  const auto payload = payload_of(frame);
  const auto size = *rc::gen::inRange<std::size_t>(0, payload.size());
  std::vector<Sample> out(3);
  // A cut between two runs leaves a shorter whole frame; any other is refused.
  if (!decode_samples(payload.first(size), out)) RC_ASSERT(out.size() == 3u);
}

TEST(LinkSamples, FlippedBitsNeverCrashTheDecoder) {
  std::mt19937 random(5);
  std::vector<Sample> samples;
  for (Slot i = 0; i < 30; ++i) {
    const UtcTime time{Duration(i / 4)};
    samples.push_back({Value::of(i * 0.5), time, model::kGood, i});
    samples.push_back({Value::string("text"), time, model::kGood, 100 + i});
    samples.push_back({Value::array(std::vector<std::string>{"a", "b"}), time, model::kBad, i});
    samples.push_back({Value(), time, model::kBadNoCommunication, i});
  }
  Bytes frame;
  ASSERT_EQ(encode_samples({1, 1}, samples, frame), samples.size());
  for (int round = 0; round < base::many(50'000, 5'000); ++round) {
    Bytes damaged = frame;
    for (std::uint32_t flips = 1 + random() % 4; flips > 0; --flips)
      damaged[kFrameHeader + random() % (damaged.size() - kFrameHeader)] ^=
          std::byte(1u << (random() % 8));
    std::vector<Sample> out;
    if (!decode_samples(payload_of(damaged), out)) {
      ASSERT_TRUE(out.empty());
    }
  }
}

TEST(LinkSamples, AThousandConsecutiveFloatsAreOneRun) {
  std::vector<Sample> samples;
  for (Slot i = 0; i < 1000; ++i)
    samples.push_back({Value::of(i * 0.5), UtcTime(Duration(7)), model::kGood, i});
  Bytes frame;
  EXPECT_EQ(encode_samples({1, 1}, samples, frame), 1000u);
  EXPECT_LT(frame.size(), 8000u + 50u);
}

TEST(LinkSamples, FramesStayNearTheirTargetSize) {
  std::vector<Sample> samples(100'000, Sample{Value::of(1.0), UtcTime(), model::kGood, 5});
  Bytes frame;
  EXPECT_LT(encode_samples({1, 1}, samples, frame), 100'000u);
  EXPECT_LT(frame.size(), kSamplesFrameTarget + 64);
  for (Slot i = 0; i < samples.size(); ++i)
    samples[i].slot = i;
  frame.clear();
  encode_samples({1, 1}, samples, frame);
  EXPECT_LT(frame.size(), kSamplesFrameTarget + 64);
  EXPECT_EQ(round_trip(samples), samples);
}

TEST(LinkSamples, NullsOfAWholeDeviceTakeAFewBytesAndAreStillBounded) {
  std::vector<Sample> samples;
  for (Slot i = 0; i < 200'000; ++i)
    samples.push_back({Value(), UtcTime(), model::kBadNoCommunication, i});
  Bytes frame;
  EXPECT_EQ(encode_samples({1, 1}, samples, frame), kMaxSamplesPerFrame);
  EXPECT_LT(frame.size(), 100u);
  EXPECT_EQ(round_trip(samples), samples);
}

TEST(LinkSamples, AValueTooLargeToTravelArrivesAsNullThatSaysSo) {
  const std::vector<Sample> samples{
      {Value::of(1.0), UtcTime(), model::kGood, 0},
      {Value::string(std::string(kMaxValueBytes, 'x')), UtcTime(), model::kGood, 1},
      {Value::of(2.0), UtcTime(), model::kGood, 2}};
  const auto out = round_trip(samples);
  ASSERT_EQ(out.size(), 3u);
  EXPECT_EQ(out[0], samples[0]);
  EXPECT_TRUE(out[1].value.is_null());
  EXPECT_EQ(out[1].quality, kBadEncodingLimitsExceeded);
  EXPECT_EQ(out[2], samples[2]);
}

/// One run with these fields and the column bytes given.
Bytes frame_with(std::uint64_t first, std::uint64_t count, std::uint8_t type, std::size_t column) {
  Bytes payload;
  ByteWriter out(payload);
  out.u64(1);
  out.u64(1);
  out.i64(0);
  out.varint(first);
  out.varint(count);
  out.zigzag(0);
  out.u32(0);
  out.u8(type);
  payload.resize(payload.size() + column);
  return payload;
}

TEST(LinkSamples, CountsAndHandlesAtTheEdgesAreChecked) {
  const auto accepted = [](const Bytes& payload) {
    std::vector<Sample> out;
    return decode_samples(payload, out).has_value();
  };
  EXPECT_TRUE(accepted(frame_with(0, 2, 3, 16)));
  EXPECT_FALSE(accepted(frame_with(0, 2, 3, 15)));
  EXPECT_FALSE(accepted(frame_with(0, 0, 3, 0)));
  EXPECT_FALSE(accepted(frame_with(0, 1, 10, 8)));
  EXPECT_FALSE(accepted(frame_with(0, ~0ull, 3, 8)));
  EXPECT_FALSE(accepted(frame_with(0, (1ull << 61) + 1, 3, 8)));
  EXPECT_TRUE(accepted(frame_with(kNoSlot - 1, 1, 0, 0)));
  EXPECT_FALSE(accepted(frame_with(kNoSlot - 1, 2, 0, 0)));
  EXPECT_FALSE(accepted(frame_with(kNoSlot, 1, 0, 0)));
  EXPECT_FALSE(accepted(frame_with(~0ull, 1, 0, 0)));
  EXPECT_TRUE(accepted(frame_with(0, kMaxSamplesPerFrame, 0, 0)));
  EXPECT_FALSE(accepted(frame_with(0, kMaxSamplesPerFrame + 1, 0, 0)));
}

}  // namespace
}  // namespace tagwerk::link
