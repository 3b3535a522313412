#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

/// A sequence: unsigned 64-bit numbers, of which the reader knows how many there are. One byte says
/// how it is written: what is foretold from the numbers before (low four bits), and how the rest is
/// packed (high four bits). On disk: docs/formats/history-block.md, Sequences
namespace tagwerk::history {

using Numbers = std::span<const std::uint64_t>;
using NumbersOut = std::span<std::uint64_t>;

/// What the numbers that are packed are.
enum class Predictor : std::uint8_t {
  smallest = 0,  ///< distance from the smallest
  delta = 1,     ///< difference from the one before, less the smallest difference
  zigzag = 2,    ///< difference from the one before, sign in bit 0
  change = 3,    ///< difference of differences, sign in bit 0
  exclusive = 4  ///< XOR with the one before
};
inline constexpr std::size_t kPredictors = 5;

enum class Packing : std::uint8_t {
  constant = 0,    ///< all alike
  packed = 1,      ///< bit-packed
  patched = 2,     ///< bit-packed; the high bits of the few larger ones follow
  compressed = 3,  ///< low bits packed, the eight above them a zstd frame of bytes, patches
  runs = 4,        ///< of equal numbers: values and lengths
  dictionary = 5,  ///< distinct numbers and which of them
};

/// Numbers that follow from those before and are not packed: 0, or as many as the seeds that are
/// written.
constexpr std::size_t seeds_of(Predictor predictor) {
  switch (predictor) {
    case Predictor::smallest:
      return 0;
    case Predictor::change:
      return 2;
    default:
      return 1;
  }
}

/// Runs and dictionaries are made of sequences: those of sequences, and so on no deeper than this.
inline constexpr unsigned kMaxNesting = 2;

constexpr std::uint64_t zigzag_of(std::uint64_t difference) {
  return (difference << 1) ^ (0 - (difference >> 63));
}
constexpr std::uint64_t unzigzag(std::uint64_t number) {
  return (number >> 1) ^ (0 - (number & 1));
}

}  // namespace tagwerk::history
