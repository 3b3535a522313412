#include <cmath>
#include <functional>
#include <gtest/gtest.h>
#include <random>
#include <rapidcheck/gtest.h>

#include "history/sequence_decoder.hpp"
#include "history/sequence_encoder.hpp"

namespace tagwerk::history {
namespace {

using base::Bytes;
using SequenceKind = SequenceEncoder::Kind;

Bytes encoded(Numbers numbers, SequenceKind kind = SequenceKind::number) {
  static SequenceEncoder encoder;
  Bytes out;
  encoder.encode(numbers, out, kind);
  return out;
}

std::optional<std::vector<std::uint64_t>> decoded(const Bytes& bytes, std::size_t count) {
  SequenceDecoder decoder;
  base::ByteReader in(bytes);
  std::vector<std::uint64_t> out(count);
  if (!decoder.decode(in, out) || !in.finished()) return {};
  return out;
}

Packing packing_of(const Bytes& bytes) {
  return static_cast<Packing>(std::to_integer<unsigned>(bytes.at(0)) >> 4);
}
Predictor predictor_of(const Bytes& bytes) {
  return static_cast<Predictor>(std::to_integer<unsigned>(bytes.at(0)) & 15);
}

using Law = std::function<std::uint64_t(std::uint64_t)>;

std::vector<std::uint64_t> made(std::size_t count, const Law& law) {
  std::vector<std::uint64_t> out;
  for (std::size_t i = 0; i < count; ++i)
    out.push_back(law(i));
  return out;
}

struct Case {
  const char* what;
  Law law;
  Packing packing;
  Predictor predictor;
  std::size_t most_bytes;
  SequenceKind kind = SequenceKind::number;
};

class Bell {
 public:
  std::uint64_t operator()(std::uint64_t) {
    return static_cast<std::uint64_t>(10'000 + distribution_(random_));
  }

 private:
  std::mt19937_64 random_{1};
  std::normal_distribution<double> distribution_{0, 100};
};

std::vector<Case> cases() {
  auto random = std::make_shared<std::mt19937_64>(1);
  const auto any = [random](std::uint64_t below) { return (*random)() % below; };
  return {
      {"one value", [](auto) { return 7; }, Packing::constant, Predictor::smallest, 3},
      {"a clock", [](auto i) { return i * 3; }, Packing::constant, Predictor::delta, 4},
      {"noise", [=](auto) { return 500 + any(1024); }, Packing::packed, Predictor::smallest, 1284},
      {"a counter", [=, n = std::uint64_t{0}](auto) mutable { return n += 900 + any(16); },
       Packing::packed, Predictor::delta, 520},
      {"a wave",
       [](auto i) {
         return static_cast<std::uint64_t>(2e6 + 1e6 * std::sin(static_cast<double>(i) / 50));
       },
       Packing::packed, Predictor::change, 1300},
      {"small, few large", [=](auto i) { return i % 100 == 50 ? 1u << 20 : any(4); },
       Packing::patched, Predictor::smallest, 310},
      {"bell-shaped noise", Bell(), Packing::compressed, Predictor::smallest, 1200},
      {"held noise",
       [=, n = std::uint64_t{0}](auto i) mutable { return n = i % 5 == 0 ? any(1024) : n; },
       Packing::runs, Predictor::smallest, 275},
      {"four far apart", [=](auto) { return any(4) * 1'234'567; }, Packing::dictionary,
       Predictor::smallest, 280},
      {"bits", [=](auto) { return 0x40590000'00000000 ^ (any(1u << 20) << 20); }, Packing::packed,
       Predictor::smallest, 5200, SequenceKind::bits},
  };
}

TEST(Sequence, EachKindOfNumbersHasItsForm) {
  for (const Case& each : cases()) {
    const auto numbers = made(1024, each.law);
    const Bytes bytes = encoded(numbers, each.kind);
    EXPECT_EQ(static_cast<int>(packing_of(bytes)), static_cast<int>(each.packing)) << each.what;
    EXPECT_EQ(static_cast<int>(predictor_of(bytes)), static_cast<int>(each.predictor)) << each.what;
    EXPECT_LE(bytes.size(), each.most_bytes) << each.what;
    EXPECT_EQ(decoded(bytes, numbers.size()), numbers) << each.what;
  }
}

TEST(Sequence, NothingTakesNoByte) {
  EXPECT_TRUE(encoded({}).empty());
}

TEST(Sequence, TheWholeRangeOfNumbersComesBack) {
  const std::uint64_t top = ~std::uint64_t{0};
  for (const std::vector<std::uint64_t>& each : {std::vector<std::uint64_t>{top},
                                                 {0, top},
                                                 {top, 0},
                                                 {0, top, 0, top / 2, 1},
                                                 {1, 2, 3, top}})
    for (const SequenceKind kind : {SequenceKind::number, SequenceKind::bits})
      EXPECT_EQ(decoded(encoded(each, kind), each.size()), each);
}

/// Numbers in all mixtures of width, repetition and drift.
std::vector<std::uint64_t> mixture() {
  const auto seed = *rc::gen::arbitrary<std::uint64_t>();
  const auto count = *rc::gen::inRange<std::size_t>(1, 1500);
  const auto width = *rc::gen::inRange(1, 65), repeat = *rc::gen::inRange(1, 20);
  const auto drift = *rc::gen::inRange<std::uint64_t>(0, 1000);
  const auto outliers = *rc::gen::inRange(0, 3) == 0;
  std::mt19937_64 random(seed);
  std::uint64_t last = 0;
  return made(count, [&](std::uint64_t i) {
    if (random() % static_cast<unsigned>(repeat) == 0) last = random() >> (64 - width);
    return last + drift * i + (outliers && random() % 64 == 0 ? random() : 0);
  });
}

RC_GTEST_PROP(Sequence, AnyNumbersComeBack, ()) {
  const auto numbers = mixture();
  const auto kind = *rc::gen::element(SequenceKind::number, SequenceKind::bits);
  RC_ASSERT(decoded(encoded(numbers, kind), numbers.size()) == numbers);
}

RC_GTEST_PROP(Sequence, ACutOneIsRefused, ()) {
  const auto numbers = mixture();
  Bytes bytes = encoded(numbers);
  bytes.resize(*rc::gen::inRange<std::size_t>(0, bytes.size()));
  RC_ASSERT(!decoded(bytes, numbers.size()));
}

Bytes bytes_of(std::initializer_list<int> all) {
  Bytes out;
  for (const int each : all)
    out.push_back(static_cast<std::byte>(each));
  return out;
}

TEST(Sequence, WhatNoEncoderWritesIsRefused) {
  EXPECT_FALSE(decoded(bytes_of({0x60, 0, 0}), 1)) << "a packing that is not there";
  EXPECT_FALSE(decoded(bytes_of({0x05, 0, 0}), 1)) << "a predictor that is not there";
  EXPECT_FALSE(decoded(bytes_of({0x10, 0, 58, 0, 0, 0, 0, 0, 0, 0, 0}), 1)) << "a width of 58";
  EXPECT_FALSE(decoded(bytes_of({0x20, 0, 1, 0, 1, 8, 1}), 8)) << "a patch behind the end";
  EXPECT_FALSE(decoded(bytes_of({0x20, 0, 1, 0, 1, 0, 0}), 8)) << "a patch of nothing";
  EXPECT_FALSE(decoded(bytes_of({0x40, 2, 0, 0, 0, 0, 0, 2}), 8)) << "lengths that make 6";
  EXPECT_FALSE(decoded(bytes_of({0x40, 1, 0, 0, 0, 0, 0, 8}), 8)) << "a length of 9";
  EXPECT_FALSE(decoded(bytes_of({0x50, 1, 0, 0, 0, 0, 0, 1}), 8)) << "place 1 of 1";
  EXPECT_FALSE(decoded(bytes_of({0x50, 9, 0, 0, 0, 0, 0, 0}), 8)) << "9 different of 8";
}

TEST(Sequence, RunsOfRunsOfRunsAreRefused) {
  // One run whose value and length are one run each, and so on.
  EXPECT_TRUE(decoded(bytes_of({0x40, 1, 0x40, 1, 0, 5, 0, 0, 0, 0, 0, 0, 0}), 1));
  EXPECT_FALSE(
      decoded(bytes_of({0x40, 1, 0x40, 1, 0x40, 1, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}), 1));
}

}  // namespace
}  // namespace tagwerk::history
