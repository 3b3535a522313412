#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "history/sequence.hpp"

/// What each predictor leaves of a sequence, and what that would cost.
namespace tagwerk::history {

/// How many numbers have how many bits.
using WidthCounts = std::array<std::uint32_t, 65>;

/// What one pass over a sequence shows. Differences wrap; they are compared as signed numbers.
struct Survey {
  std::uint64_t least = 0, largest = 0;
  std::uint64_t least_delta = 0, largest_delta = 0;
  std::size_t runs = 0;  ///< of equal numbers

  bool is_constant() const { return runs <= 1; }
  bool has_constant_delta() const { return least_delta == largest_delta; }
};

/// Of a sequence that is not empty.
Survey survey_of(Numbers numbers);

/// The width to pack at, and what that costs with what sticks out as patches.
struct Width {
  unsigned width = 0;
  unsigned widest = 0;
  std::size_t patches = 0;
  double bits = 0;
};
Width best_width(Numbers residuals);

/// The predictor that leaves the least, judged by windows all over a long sequence.
Predictor best_predictor(Numbers numbers, const Survey& survey, bool with_exclusive);

/// The seeds, as they stand before the packed residuals.
void write_seeds(Numbers numbers, Predictor predictor, const Survey& survey, base::Bytes& out);
void residuals_of(Numbers numbers, Predictor predictor, const Survey& survey,
                  std::vector<std::uint64_t>& out);

/// The number of low bits that are better packed than compressed, when it would pay to compress
/// those above them. Goes by how often each high part occurs; what repeats as a pattern is cheaper
/// still.
std::optional<unsigned> split_for_compression(Numbers residuals, const Width& width);

}  // namespace tagwerk::history
