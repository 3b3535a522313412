#include "history/unit.hpp"

#include <algorithm>
#include <bit>
#include <numeric>

#include "history/decimal.hpp"
#include "history/sequence.hpp"

namespace tagwerk::history {
namespace {

/// Below it a double's arithmetic says exactly whether one number divides another, and how often.
constexpr std::uint64_t kExact = std::uint64_t{1} << 51;

/// A whole number of less than 2^52 as a double, without the conversion that processors do one by
/// one.
double double_of(std::uint64_t number) {
  constexpr double kOne = 0x1p52;
  return std::bit_cast<double>(number | std::bit_cast<std::uint64_t>(kOne)) - kOne;
}

std::uint64_t common_divisor(Numbers numbers, std::size_t step, std::uint64_t unit) {
  for (std::size_t i = 0; i < numbers.size() && unit != 1; i += step)
    if (numbers[i] != 0 && (unit == 0 || numbers[i] % unit != 0)) unit = std::gcd(unit, numbers[i]);
  return unit;
}

bool divides_all(Numbers numbers, std::uint64_t unit) {
  const auto divisor = static_cast<double>(unit);
  const double inverse = 1 / divisor;
  std::uint64_t wrong = 0;
  for (const std::uint64_t each : numbers) {
    const double number = double_of(each);
    const double quotient = number * inverse + kRounder - kRounder;
    wrong |=
        std::bit_cast<std::uint64_t>(quotient * divisor) ^ std::bit_cast<std::uint64_t>(number);
  }
  return wrong == 0;
}

void divide(NumbersOut numbers, std::uint64_t unit) {
  const double inverse = 1 / static_cast<double>(unit);
  for (std::uint64_t& each : numbers)
    each = std::bit_cast<std::uint64_t>(double_of(each) * inverse + kRounder) - kRounderBits;
}

}  // namespace

std::uint64_t divide_by_unit(NumbersOut numbers, std::uint64_t base) {
  std::uint64_t any = 0;
  for (std::uint64_t& each : numbers)
    any |= each -= base;
  if (any == 0) return 1;
  std::uint64_t unit = common_divisor(numbers, numbers.size() / 16 + 1, 0);
  if (unit == 1) return 1;
  const bool exact = any < kExact;
  if (!exact || unit == 0 || !divides_all(numbers, unit)) unit = common_divisor(numbers, 1, unit);
  if (unit <= 1) return 1;
  if (exact)
    divide(numbers, unit);
  else
    for (std::uint64_t& each : numbers)
      each /= unit;
  return unit;
}

}  // namespace tagwerk::history
