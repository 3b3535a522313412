#pragma once

#include <cstdint>
#include <span>

namespace tagwerk::history {

/// Replaces each number by (number - base) / unit, with the largest unit that divides all. Returns
/// the unit, 1 when all numbers are base.
std::uint64_t divide_by_unit(std::span<std::uint64_t> numbers, std::uint64_t base);

}  // namespace tagwerk::history
