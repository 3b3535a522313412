#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

/// Which floats are decimal numbers with few digits: m / 10^decimals for a whole m of less than
/// 2^51.
namespace tagwerk::history {

/// Powers of ten that a double holds exactly.
inline constexpr std::array<double, 23> kPowersOfTen{1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                     1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                     1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/// Added to a double of less than 2^51 it leaves the nearest whole number in the low bits; 1.5 ×
/// 2^52.
inline constexpr double kRounder = 6755399441055744.0;
inline constexpr std::uint64_t kRounderBits = std::bit_cast<std::uint64_t>(kRounder);

/// What m / 10^decimals is rounded to.
enum class Precision : std::uint8_t { binary64, binary32 };

template <Precision P>
double rounded(double quotient) {
  if constexpr (P == Precision::binary32)
    return static_cast<double>(static_cast<float>(quotient));
  else
    return quotient;
}

/// All numbers are floats of 32 bits.
bool are_binary32(std::span<const double> numbers);

/// How the numbers fit `decimals`: the m of each in two's complement, and the places of those that
/// have none.
struct DecimalFit {
  unsigned decimals = 0;
  std::vector<std::uint64_t> whole;
  std::vector<std::uint32_t> misfits;
};

/// Looks for the decimals that take the fewest bits, counting what every misfit costs. False when
/// too many do not fit: then another form is better.
[[nodiscard]] bool fit_decimal(std::span<const double> numbers, Precision precision,
                               DecimalFit& out);

}  // namespace tagwerk::history
