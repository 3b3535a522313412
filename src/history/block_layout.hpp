#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "history/number_form.hpp"
#include "model/value.hpp"

/// The header as it stands in the bytes: times in ticks, numbers as k. BlockHeader is what it
/// means. On disk: docs/formats/history-block.md, Header
namespace tagwerk::history {

inline constexpr std::uint8_t kBlockVersion = 1;
/// Version, type, header size, body size, body checksum, first time.
inline constexpr std::size_t kFixedBytes = 20;
inline constexpr std::size_t kChecksumBytes = 4;
inline constexpr std::size_t kMaxHeaderBytes = 512;
/// No block is larger than this, whatever is in it.
inline constexpr std::size_t kMaxBodyBytes = std::size_t{48} << 20;

namespace header_flag {
inline constexpr std::uint8_t kNulls = 1;      ///< some values are null
inline constexpr std::uint8_t kQualities = 2;  ///< not every quality is 0
inline constexpr std::uint8_t kWhole = 4;      ///< statistics as whole numbers
inline constexpr std::uint8_t kFloats = 8;     ///< statistics as floats
inline constexpr std::uint8_t kAll = 15;
}  // namespace header_flag

/// Sums over k, exact.
struct WholeStatistics {
  std::uint64_t largest = 0, first = 0, last = 0;
  std::uint64_t sum = 0, squares = 0;
  std::uint64_t steps = 0;  ///< Σ k × ticks to the next point
  std::uint64_t lines = 0;  ///< Σ (k + k of the next point, or k again where that is null) × ticks
};

/// Of values as they are; `bits` are those of a double, or of an int64.
struct FloatStatistics {
  std::uint64_t least = 0, largest = 0, first = 0, last = 0;
  double sum = 0, squares = 0, steps = 0, lines = 0;
};

struct Layout {
  model::Type type = model::Type::null;
  std::uint8_t flags = 0;
  std::size_t header_size = 0, body_size = 0;
  std::uint32_t body_checksum = 0;
  std::int64_t first_time = 0;
  std::uint64_t points = 0;
  std::uint64_t tick = 1;
  std::uint64_t span = 0;  ///< ticks from the first point to the last
  std::uint64_t nulls = 0, held = 0;
  bool first_is_null = false, last_is_null = false;
  std::uint64_t good = 0, good_ticks = 0;
  std::uint32_t first_quality = 0, last_quality = 0;
  NumberForm form;
  std::uint64_t least_at = 0, largest_at = 0;  ///< ticks of the earliest least and largest value
  WholeStatistics whole;
  FloatStatistics floats;

  bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
  /// bool, int or float: the header has a form and statistics.
  bool has_numbers() const;
  std::size_t values() const { return static_cast<std::size_t>(points - nulls); }
};

std::uint32_t checksum(base::ByteView bytes);

/// Puts the header of `layout` before the body, which is what `out` has from `begin` on.
void insert_header(Layout layout, std::size_t begin, base::Bytes& out);

/// Reads and checks the header, its checksum too.
/// Fails: corrupt, naming what is wrong
Result<Layout> read_layout(base::ByteView block);

}  // namespace tagwerk::history
