#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tagwerk::history {

/// Finds the distinct numbers of a sequence as long as they are few.
class DistinctNumbers {
 public:
  static constexpr std::size_t kMost = 256;

  /// False when a few numbers from all over are nearly all different: find() would go on for long,
  /// for nothing.
  bool may_be_few(std::span<const std::uint64_t> numbers);
  /// False as soon as there are more than `most`, which is at most kMost.
  bool find(std::span<const std::uint64_t> numbers, std::size_t most);
  /// What was found, ascending. Valid after find() said true.
  std::span<const std::uint64_t> values() const { return values_; }
  /// For each of the numbers given to find() its place among the values.
  void places(std::span<const std::uint64_t> numbers, std::span<std::uint64_t> out) const;

 private:
  static constexpr std::size_t kPlaces = 1024;

  /// Where the number is, or would be.
  std::size_t entry_of(std::uint64_t number) const;

  std::array<std::uint64_t, kPlaces> keys_{};
  std::array<std::uint16_t, kPlaces> places_{};  ///< 1 more than it is; 0 = free
  std::vector<std::uint64_t> values_;
  std::vector<std::size_t> used_;
};

}  // namespace tagwerk::history
