#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/build_for_test.hpp"
#include "history/block.hpp"
#include "history/block_for_test.hpp"
#include "history/points_for_test.hpp"

namespace tagwerk::history {
namespace {

using base::Bytes;
using base::ByteView;
using model::Type;
using testing::HasSubstr;

Bytes block_of_type(Type type, std::uint64_t seed, std::size_t count) {
  PointMaker maker(seed);
  Bytes out;
  EXPECT_TRUE(BlockEncoder().encode(maker.points(type, count), out));
  return out;
}

std::string fault_of(ByteView block) {
  Columns columns;
  BlockDecoder decoder;
  const auto read = decoder.decode(block, columns);
  if (read) return "";
  EXPECT_EQ(read.error().code, ErrorCode::corrupt);
  EXPECT_EQ(columns.size(), 0u);
  return read.error().message;
}

TEST(BlockDamage, EveryFlippedByteIsFound) {
  for (int type = 0; type < 10; ++type) {
    const Bytes whole = block_of_type(static_cast<Type>(type), 7, 120);
    ASSERT_EQ(fault_of(whole), "");
    for (std::size_t i = 0; i < whole.size(); ++i)
      for (const unsigned mask : {0x01u, 0x10u, 0x80u, 0xffu}) {
        Bytes damaged = whole;
        damaged[i] ^= static_cast<std::byte>(mask);
        EXPECT_NE(fault_of(damaged), "") << "byte " << i << " of type " << type;
      }
  }
}

TEST(BlockDamage, EveryTruncationIsFoundAndSoIsEveryByteTooMany) {
  for (int type = 0; type < 10; ++type) {
    Bytes whole = block_of_type(static_cast<Type>(type), 8, 120);
    for (std::size_t size = 0; size < whole.size(); ++size)
      EXPECT_NE(fault_of(ByteView(whole).first(size)), "") << size << " bytes of type " << type;
    whole.push_back(std::byte{0});
    EXPECT_THAT(fault_of(whole), HasSubstr("bytes follow its header"));
  }
}

TEST(BlockDamage, AHeaderAloneIsCheckedAlone) {
  Bytes block = block_of_type(Type::floating, 9, 200);
  block.back() ^= std::byte{1};
  EXPECT_TRUE(read_header(block));
  EXPECT_THAT(fault_of(block), HasSubstr("the checksum of its 200 points"));
  block[20] ^= std::byte{1};
  const auto header = read_header(block);
  ASSERT_FALSE(header);
  EXPECT_THAT(header.error().message, HasSubstr("the checksum of its header"));
}

TEST(BlockDamage, AnotherVersionIsNamed) {
  Bytes block = block_of_type(Type::boolean, 9, 10);
  block[0] = std::byte{2};
  EXPECT_THAT(fault_of(block), HasSubstr("version 2 is not known here, only 1"));
  EXPECT_FALSE(block_size(block));
}

TEST(BlockDamage, ClaimsAboveTheLimitsAreRefusedWithoutTakingMemory) {
  Bytes block = block_of_type(Type::integer, 10, 10);
  block[7] = std::byte{0xff};
  EXPECT_THAT(fault_of(block), HasSubstr("a body of 4278190"));
  Bytes points = block_of_type(Type::integer, 10, 10);
  points[20] = std::byte{0xff};
  points[21] = std::byte{0x7f};
  EXPECT_NE(fault_of(with_right_checksums(points)), "");
}

/// Bytes with the right checksums, as somebody would make them who means ill: anything but a crash
/// will do.
RC_GTEST_PROP(BlockDamage, WhatIsForgedNeverCrashes, ()) {
  PointMaker maker(*rc::gen::arbitrary<std::uint64_t>());
  Bytes block;
  RC_ASSERT(BlockEncoder().encode(maker.points(64), block).has_value());
  for (int i = 0; i < base::many(200, 40); ++i) {
    Bytes forged = block;
    for (std::uint64_t change = 0; change <= maker.below(3); ++change)
      forged[maker.below(forged.size())] = static_cast<std::byte>(maker.below(256));
    if (maker.below(8) == 0) forged.resize(maker.below(forged.size()));
    Columns columns;
    if (BlockDecoder().decode(with_right_checksums(forged), columns))
      RC_ASSERT(columns.size() <= kMaxPoints && columns.size() > 0);
  }
}

}  // namespace
}  // namespace tagwerk::history
