#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.hpp"

/// Numbers of one width as a stream of bits: number i is bits i × width to (i + 1) × width, the
/// least significant first, of bytes in order; what is left of the last byte is zero. On disk:
/// docs/formats/history-block.md
namespace tagwerk::history {

/// The widest that one unaligned 64-bit load finds wherever it begins.
inline constexpr unsigned kMaxPackedWidth = 57;
inline constexpr unsigned kUnpackedWidth = 64;

/// 0 to 57, or 64: the widths there are.
constexpr unsigned storable_width(unsigned width) {
  return width <= kMaxPackedWidth ? width : kUnpackedWidth;
}
constexpr bool is_storable_width(unsigned width) {
  return width == storable_width(width);
}
constexpr std::uint64_t low_bits(unsigned width) {
  return width >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
}
constexpr std::size_t packed_size(std::size_t count, unsigned width) {
  return (count * width + 7) / 8;
}

/// Appends the low `width` bits of each number. The width is storable.
void pack(std::span<const std::uint64_t> numbers, unsigned width, base::Bytes& out);

/// Fills `out`; `in` has packed_size(out.size(), width) bytes, the width is storable.
void unpack(base::ByteView in, unsigned width, std::span<std::uint64_t> out);

}  // namespace tagwerk::history
