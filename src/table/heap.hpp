#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace tagwerk::table {

/// Which units of the area are free. The book is the writer's own memory: nothing of it is in the
/// segment, so a dead writer leaves no half-done allocation; a takeover reserves what the directory
/// refers to. Threads: one
class Heap {
 public:
  explicit Heap(std::uint32_t units) { insert(0, units); }

  /// Smallest free extent that fits, lowest first.
  std::optional<std::uint32_t> allocate(std::uint32_t units);
  /// False: part of it is taken already or outside.
  bool reserve(std::uint32_t unit, std::uint32_t units);
  /// The extent was allocated or reserved as a whole.
  void release(std::uint32_t unit, std::uint32_t units);
  std::uint64_t free_units() const { return free_; }

 private:
  void insert(std::uint32_t unit, std::uint32_t units);
  void erase(std::map<std::uint32_t, std::uint32_t>::iterator extent);

  std::map<std::uint32_t, std::uint32_t> by_place_;
  std::set<std::pair<std::uint32_t, std::uint32_t>> by_size_;
  std::uint64_t free_ = 0;
};

}  // namespace tagwerk::table
