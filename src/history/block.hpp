#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/time.hpp"
#include "history/columns.hpp"
#include "model/quality.hpp"
#include "model/value.hpp"

/// Blocks: about a thousand points of one tag in as few bytes as they need. A header in front
/// answers for all of them, so that aggregates over long ranges decode nothing. On disk:
/// docs/formats/history-block.md
namespace tagwerk::history {

inline constexpr std::size_t kMaxPoints = 4096;
/// Elements of all arrays of a block.
inline constexpr std::size_t kMaxElements = std::size_t{1} << 20;
/// Bytes of the texts of a block, each different one counted once.
inline constexpr std::size_t kMaxTextBytes = std::size_t{16} << 20;

/// What a header says of bools (as 0 and 1), ints and floats that are not null.
/// A segment is the time from one point to the next, both of this block; what is before the first
/// point or after the last one belongs to nobody here.
struct NumberSummary {
  model::Value first, last, least, largest;  ///< of the tag's type
  UtcTime least_time, largest_time;          ///< of the earliest with that value
  double sum = 0;
  double squares = 0;  ///< Σ (value − mean)²: population variance × number of values
  /// Value × seconds over the segments that begin with a value, which holds until the next point …
  double step_integral = 0;
  /// … or goes on a straight line to the next point where that has a value.
  double line_integral = 0;
};

struct BlockHeader {
  std::size_t size = 0;  ///< of the whole block
  model::Type type = model::Type::null;
  std::uint32_t points = 0;
  std::uint32_t nulls = 0;
  std::uint32_t good = 0;  ///< points whose quality is Good, whatever the value
  UtcTime first_time, last_time;
  Quality first_quality, last_quality;
  bool first_is_null = false, last_is_null = false;
  Duration held{};       ///< of the segments that begin with a value
  Duration good_time{};  ///< of the segments that begin with a good point
  /// Absent for texts and arrays, and where every value is null.
  std::optional<NumberSummary> numbers;
};

/// Bytes of the block that begins here, from its first eight: to find the next one behind it.
/// Fails: corrupt when that is no block
Result<std::size_t> block_size(base::ByteView begin);

/// The header alone; `block` may end anywhere behind it.
/// Fails: corrupt, naming what is wrong
Result<BlockHeader> read_header(base::ByteView block);

/// Threads: an object is one thread's
/// Owns:    memory that is kept between calls: about 40 bytes for each point of the largest block
class BlockEncoder {
 public:
  BlockEncoder();
  ~BlockEncoder();
  BlockEncoder(const BlockEncoder&) = delete;
  BlockEncoder& operator=(const BlockEncoder&) = delete;

  /// Appends one block. Times ascend; equal ones may follow each other.
  /// Fails: invalid_argument without points, when times go back or types differ; limit_exceeded
  /// above one of the
  ///        limits: give it fewer. `out` is then as it was.
  Status encode(std::span<const Point> points, base::Bytes& out);
  Status encode(const Columns& columns, base::Bytes& out);

 private:
  struct Work;
  std::unique_ptr<Work> work_;
};

/// Threads: an object is one thread's
class BlockDecoder {
 public:
  BlockDecoder();
  ~BlockDecoder();
  BlockDecoder(const BlockDecoder&) = delete;
  BlockDecoder& operator=(const BlockDecoder&) = delete;

  /// Replaces `out`. `block` is one whole block and nothing else. A null has a 0, an empty text or
  /// no elements. Limits: what is above, whatever the bytes claim Fails: corrupt, naming what is
  /// wrong; `out` is then empty
  Status decode(base::ByteView block, Columns& out);

 private:
  struct Work;
  std::unique_ptr<Work> work_;
};

}  // namespace tagwerk::history
