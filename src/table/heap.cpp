#include "table/heap.hpp"

#include "base/assert.hpp"

namespace tagwerk::table {

void Heap::insert(std::uint32_t unit, std::uint32_t units) {
  if (units == 0) return;
  by_place_.emplace(unit, units);
  by_size_.emplace(units, unit);
  free_ += units;
}

void Heap::erase(std::map<std::uint32_t, std::uint32_t>::iterator extent) {
  by_size_.erase({extent->second, extent->first});
  free_ -= extent->second;
  by_place_.erase(extent);
}

std::optional<std::uint32_t> Heap::allocate(std::uint32_t units) {
  const auto found = by_size_.lower_bound({units, 0});
  if (units == 0 || found == by_size_.end()) return {};
  const auto unit = found->second;
  reserve(unit, units);
  return unit;
}

bool Heap::reserve(std::uint32_t unit, std::uint32_t units) {
  if (units == 0) return true;
  auto extent = by_place_.upper_bound(unit);
  if (extent == by_place_.begin()) return false;
  --extent;
  const auto [start, size] = *extent;
  if (unit - start > size || size - (unit - start) < units) return false;
  erase(extent);
  insert(start, unit - start);
  insert(unit + units, size - (unit - start) - units);
  return true;
}

void Heap::release(std::uint32_t unit, std::uint32_t units) {
  if (units == 0) return;
  auto next = by_place_.lower_bound(unit);
  TAGWERK_ASSERT(next == by_place_.end() || next->first >= unit + units);
  if (next != by_place_.end() && next->first == unit + units) {
    units += next->second;
    const auto joined = next++;
    erase(joined);
  }
  if (next != by_place_.begin()) {
    const auto before = std::prev(next);
    TAGWERK_ASSERT(before->first + before->second <= unit);
    if (before->first + before->second == unit) {
      unit = before->first;
      units += before->second;
      erase(before);
    }
  }
  insert(unit, units);
}

}  // namespace tagwerk::table
