#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "model/quality.hpp"
#include "model/value.hpp"

namespace tagwerk::history {

/// What one tag was at a time. A null value is a hole, with the reason as quality.
struct Point {
  UtcTime time = kNever;
  Quality quality;
  Value value;

  bool operator==(const Point&) const = default;
};

/// Points of one tag as columns: what a block is made of, and what it is decoded into. Plain data,
/// so that those who aggregate run over the vectors; reused, it allocates nothing. Each vector that
/// the type uses has one entry for each point, also for a null (0, the first text, no elements).
struct Columns {
  model::Type type = model::Type::null;  ///< of all values that are not null; null: every value is
  std::vector<std::int64_t> times;       ///< nanoseconds since 1970 UTC
  std::vector<std::uint32_t> qualities;  ///< OPC UA StatusCodes
  std::vector<std::uint8_t> nulls;       ///< 1 where the value is null; empty: no value is

  std::vector<std::int64_t> integers;  ///< bool (0, 1), int; elements of arrays of them
  std::vector<double> floats;          ///< float; elements of arrays of it
  std::vector<std::uint32_t> codes;    ///< string, json: index into texts; elements of string[]
  std::vector<std::string> texts;      ///< each once after decoding
  std::vector<std::uint32_t>
      ends;  ///< arrays: where the elements of point i end, and those of i + 1 begin

  std::size_t size() const { return times.size(); }
  bool is_null(std::size_t i) const { return !nulls.empty() && nulls[i] != 0; }
  std::size_t null_count() const;
  std::size_t begin_of(std::size_t i) const { return i == 0 ? 0 : ends[i - 1]; }

  /// The value of point i; texts and arrays are copied.
  Value value(std::size_t i) const;
  Point point(std::size_t i) const;

  /// False, and nothing is added, when the value's type is another one than that of those before
  /// it.
  [[nodiscard]] bool append(const Point& point);
  /// Empty, capacity kept.
  void clear();
};

}  // namespace tagwerk::history
