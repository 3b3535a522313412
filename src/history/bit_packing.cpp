#include "history/bit_packing.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/assert.hpp"

namespace tagwerk::history {
namespace {

static_assert(std::endian::native == std::endian::little, "bits are packed as they lie in memory");

/// Eight numbers take as many bytes as one has bits, so every group begins at a byte.
constexpr std::size_t kGroup = 8;
/// The largest group, and what a load or store of eight bytes reaches beyond its end.
constexpr std::size_t kSlack = 2 * sizeof(std::uint64_t);
constexpr std::size_t kGroupBytes = kUnpackedWidth + kSlack;

template <unsigned Width>
void pack_groups(const std::uint64_t* in, std::size_t groups, std::byte* out) {
  for (; groups > 0; --groups, in += kGroup, out += Width) {
    std::uint64_t gathered = 0;
    unsigned filled = 0;
    std::byte* at = out;
#pragma GCC unroll 8
    for (std::size_t i = 0; i < kGroup; ++i) {
      const std::uint64_t number = in[i] & low_bits(Width);
      gathered |= number << filled;
      filled += Width;
      if (filled >= 64) {
        std::memcpy(at, &gathered, 8);
        at += 8;
        filled -= 64;
        gathered = filled == 0 ? 0 : number >> (Width - filled);
      }
    }
    if (filled > 0) std::memcpy(at, &gathered, 8);
  }
}

template <unsigned Width>
void unpack_groups(const std::byte* in, std::size_t groups, std::uint64_t* out) {
  for (; groups > 0; --groups, in += Width, out += kGroup) {
#pragma GCC unroll 8
    for (std::size_t i = 0; i < kGroup; ++i) {
      std::uint64_t word = 0;
      std::memcpy(&word, in + i * Width / 8, 8);
      out[i] = (word >> (i * Width % 8)) & low_bits(Width);
    }
  }
}

using PackGroups = void (*)(const std::uint64_t*, std::size_t, std::byte*);
using UnpackGroups = void (*)(const std::byte*, std::size_t, std::uint64_t*);

template <unsigned... Widths>
constexpr auto packers(std::integer_sequence<unsigned, Widths...>) {
  return std::array<PackGroups, sizeof...(Widths)>{pack_groups<Widths>...};
}
template <unsigned... Widths>
constexpr auto unpackers(std::integer_sequence<unsigned, Widths...>) {
  return std::array<UnpackGroups, sizeof...(Widths)>{unpack_groups<Widths>...};
}

using Widths = std::make_integer_sequence<unsigned, kMaxPackedWidth + 1>;
constexpr auto kPackers = packers(Widths{});
constexpr auto kUnpackers = unpackers(Widths{});

}  // namespace

void pack(std::span<const std::uint64_t> numbers, unsigned width, base::Bytes& out) {
  TAGWERK_ASSERT(is_storable_width(width));
  const std::size_t begin = out.size(), size = packed_size(numbers.size(), width);
  const std::size_t groups = numbers.size() / kGroup;
  out.resize(begin + size + kSlack);
  std::byte* const at = out.data() + begin;
  if (width == kUnpackedWidth) {
    std::ranges::copy(std::as_bytes(numbers), at);
  } else {
    kPackers[width](numbers.data(), groups, at);
    std::array<std::uint64_t, kGroup> rest{};
    std::array<std::byte, kGroupBytes> bytes{};
    std::ranges::copy(numbers.subspan(groups * kGroup), rest.begin());
    kPackers[width](rest.data(), 1, bytes.data());
    std::copy_n(bytes.begin(), size - groups * width, at + groups * width);
  }
  out.resize(begin + size);
}

void unpack(base::ByteView in, unsigned width, std::span<std::uint64_t> out) {
  TAGWERK_ASSERT(is_storable_width(width) && in.size() == packed_size(out.size(), width));
  if (out.empty()) return;
  if (width == kUnpackedWidth) {
    std::memcpy(out.data(), in.data(), in.size());
    return;
  }
  // The last bytes are read from a copy that has room behind them.
  std::size_t groups = out.size() / kGroup;
  while (groups > 0 && groups * width + kSlack > in.size())
    --groups;
  kUnpackers[width](in.data(), groups, out.data());
  while (groups * kGroup < out.size()) {
    const std::size_t left = std::min(kGroup, out.size() - groups * kGroup);
    std::array<std::byte, kGroupBytes> bytes{};
    std::array<std::uint64_t, kGroup> numbers;
    std::ranges::copy(in.subspan(groups * width, packed_size(left, width)), bytes.begin());
    kUnpackers[width](bytes.data(), 1, numbers.data());
    std::copy_n(numbers.begin(), left, out.begin() + static_cast<std::ptrdiff_t>(groups * kGroup));
    ++groups;
  }
}

}  // namespace tagwerk::history
