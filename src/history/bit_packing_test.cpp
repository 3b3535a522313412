#include "history/bit_packing.hpp"

#include <gtest/gtest.h>
#include <random>

namespace tagwerk::history {
namespace {

std::vector<std::uint64_t> random_numbers(std::size_t count, unsigned width) {
  std::mt19937_64 random(width);
  std::vector<std::uint64_t> out(count);
  for (std::uint64_t& each : out)
    each = random() & low_bits(width);
  return out;
}

TEST(BitPacking, EveryWidthAndLengthComesBack) {
  for (unsigned width = 0; width <= 64; ++width) {
    if (!is_storable_width(width)) continue;
    for (std::size_t count = 0; count < 40; ++count) {
      const auto numbers = random_numbers(count, width);
      base::Bytes bytes;
      pack(numbers, width, bytes);
      ASSERT_EQ(bytes.size(), packed_size(count, width)) << width;
      std::vector<std::uint64_t> back(count);
      unpack(bytes, width, back);
      ASSERT_EQ(back, numbers) << width << " bits, " << count << " numbers";
    }
  }
}

TEST(BitPacking, TakesTheLowBitsAndFillsTheLastByteWithZeros) {
  const std::vector<std::uint64_t> numbers{0xff, 0x02, 0x09};
  base::Bytes bytes;
  pack(numbers, 3, bytes);
  EXPECT_EQ(bytes, (base::Bytes{std::byte{0b01'010'111}, std::byte{0b0}}));
}

TEST(BitPacking, AppendsBehindWhatIsThere) {
  base::Bytes bytes{std::byte{1}};
  pack(std::vector<std::uint64_t>{5}, 8, bytes);
  EXPECT_EQ(bytes, (base::Bytes{std::byte{1}, std::byte{5}}));
}

}  // namespace
}  // namespace tagwerk::history
