#include "history/distinct.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace tagwerk::history {

std::size_t DistinctNumbers::entry_of(std::uint64_t number) const {
  constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15;
  std::size_t at = (number * kGolden) >> 54;
  static_assert(kPlaces == std::size_t{1} << (64 - 54));
  while (places_[at] != 0 && keys_[at] != number)
    at = (at + 1) % kPlaces;
  return at;
}

bool DistinctNumbers::may_be_few(std::span<const std::uint64_t> numbers) {
  constexpr std::size_t kSamples = 32;
  if (numbers.size() < 4 * kSamples) return true;
  std::array<std::uint64_t, kSamples> samples;
  for (std::size_t i = 0; i < kSamples; ++i)
    samples[i] = numbers[i * (numbers.size() / kSamples)];
  return find(samples, kSamples - kSamples / 8);
}

bool DistinctNumbers::find(std::span<const std::uint64_t> numbers, std::size_t most) {
  TAGWERK_ASSERT(most <= kMost);
  for (const std::size_t at : used_)
    places_[at] = 0;
  used_.clear();
  values_.clear();
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (i > 0 && numbers[i] == numbers[i - 1]) continue;
    const std::size_t at = entry_of(numbers[i]);
    if (places_[at] != 0) continue;
    if (values_.size() == most) return false;
    keys_[at] = numbers[i];
    places_[at] = 1;
    used_.push_back(at);
    values_.push_back(numbers[i]);
  }
  std::ranges::sort(values_);
  for (std::size_t i = 0; i < values_.size(); ++i)
    places_[entry_of(values_[i])] = static_cast<std::uint16_t>(i + 1);
  return true;
}

void DistinctNumbers::places(std::span<const std::uint64_t> numbers,
                             std::span<std::uint64_t> out) const {
  for (std::size_t i = 0; i < numbers.size(); ++i)
    out[i] = places_[entry_of(numbers[i])] - 1u;
}

}  // namespace tagwerk::history
