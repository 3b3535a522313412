#include "history/decimal.hpp"

#include <algorithm>
#include <cmath>

namespace tagwerk::history {
namespace {

constexpr std::uint64_t kNotMantissa = 0xfff0000000000000;

/// Decimals that no number has: it is a misfit for all.
constexpr unsigned kNone = static_cast<unsigned>(kPowersOfTen.size());
constexpr double kBitsPerDecimal = 3.32;
/// What a patch takes in a block.
constexpr double kMisfitBits = 80;

struct Attempt {
  std::uint64_t whole;
  std::uint64_t wrong;  ///< 0: it fits
};

template <Precision P>
inline Attempt attempt(double number, double power) {
  const double shifted = number * power + kRounder;
  const auto bits = std::bit_cast<std::uint64_t>(shifted);
  const double back = rounded<P>((shifted - kRounder) / power);
  // A sum outside 2^52 … 2^53 has another exponent: the number was too large.
  return {bits - kRounderBits,
          (std::bit_cast<std::uint64_t>(back) ^ std::bit_cast<std::uint64_t>(number)) |
              ((bits ^ kRounderBits) & kNotMantissa)};
}

template <Precision P>
unsigned decimals_of(double number) {
  constexpr double kLargest = 0x1p51;
  for (unsigned decimals = 0; decimals < kNone; ++decimals) {
    const double power = kPowersOfTen[decimals];
    if (attempt<P>(number, power).wrong == 0) return decimals;
    if (!(std::fabs(number) * power < kLargest)) break;
  }
  return kNone;
}

/// How many numbers need how many decimals.
using Needs = std::array<std::size_t, kNone + 1>;

/// The decimals that are cheapest when those who need more are misfits; `fitting` others need none
/// of them.
unsigned cheapest(const Needs& needs, unsigned least, double fitting) {
  double total = fitting, beyond = 0;
  for (unsigned decimals = 0; decimals <= kNone; ++decimals) {
    total += static_cast<double>(needs[decimals]);
    if (decimals > least) beyond += static_cast<double>(needs[decimals]);
  }
  unsigned best = least;
  double fewest = INFINITY;
  for (unsigned decimals = least; decimals < kNone; ++decimals) {
    if (decimals > least) beyond -= static_cast<double>(needs[decimals]);
    const double bits = total * kBitsPerDecimal * decimals + beyond * kMisfitBits;
    if (bits < fewest) {
      fewest = bits;
      best = decimals;
    }
  }
  return best;
}

/// A first guess from numbers all over the block.
template <Precision P>
unsigned sampled_decimals(std::span<const double> numbers) {
  constexpr std::size_t kSamples = 16;
  Needs needs{};
  const std::size_t step = std::max<std::size_t>(1, numbers.size() / kSamples);
  for (std::size_t i = 0; i < numbers.size(); i += step)
    ++needs[decimals_of<P>(numbers[i])];
  if (needs[kNone] * 4 > numbers.size() / step) return kNone;
  return cheapest(needs, 0, 0);
}

template <Precision P>
void attempt_all(std::span<const double> numbers, unsigned decimals, DecimalFit& out) {
  const double power = kPowersOfTen[decimals];
  out.decimals = decimals;
  out.whole.resize(numbers.size());
  std::uint64_t* const whole = out.whole.data();
  std::uint64_t wrong = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const Attempt one = attempt<P>(numbers[i], power);
    whole[i] = one.whole;
    wrong |= one.wrong;
  }
  out.misfits.clear();
  if (wrong == 0) return;
  for (std::size_t i = 0; i < numbers.size(); ++i)
    if (attempt<P>(numbers[i], power).wrong != 0)
      out.misfits.push_back(static_cast<std::uint32_t>(i));
}

template <Precision P>
bool fit(std::span<const double> numbers, DecimalFit& out) {
  const unsigned guess = sampled_decimals<P>(numbers);
  if (guess == kNone) return false;
  attempt_all<P>(numbers, guess, out);
  if (out.misfits.empty()) return true;
  Needs needs{};
  for (const std::uint32_t place : out.misfits)
    ++needs[decimals_of<P>(numbers[place])];
  const auto fitting = static_cast<double>(numbers.size() - out.misfits.size());
  const unsigned better = cheapest(needs, guess, fitting);
  if (better != guess) attempt_all<P>(numbers, better, out);
  return out.misfits.size() * 8 <= numbers.size();
}

}  // namespace

bool are_binary32(std::span<const double> numbers) {
  std::uint64_t wrong = 0;
  for (const double each : numbers)
    wrong |= std::bit_cast<std::uint64_t>(rounded<Precision::binary32>(each)) ^
             std::bit_cast<std::uint64_t>(each);
  return wrong == 0;
}

bool fit_decimal(std::span<const double> numbers, Precision precision, DecimalFit& out) {
  return precision == Precision::binary64 ? fit<Precision::binary64>(numbers, out)
                                          : fit<Precision::binary32>(numbers, out);
}

}  // namespace tagwerk::history
