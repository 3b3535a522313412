#pragma once

#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/time.hpp"
#include "model/sample.hpp"
#include "store/sqlite_file.hpp"

namespace tagwerk::history {

/// Where a block lies, and when its points are.
struct BlockPlace {
  TagId tag = 0;
  UtcTime first, last;
  std::int64_t piece = 0;
  std::size_t at = 0;
  std::size_t bytes = 0;
};

inline std::int64_t nanos_of(UtcTime time) {
  return time.time_since_epoch().count();
}
/// From a row with first, last, piece, at and bytes.
inline BlockPlace place_of(TagId tag, const store::SqliteStatement& row) {
  return {.tag = tag,
          .first = UtcTime{Duration(row.integer(0))},
          .last = UtcTime{Duration(row.integer(1))},
          .piece = row.integer(2),
          .at = static_cast<std::size_t>(row.integer(3)),
          .bytes = static_cast<std::size_t>(row.integer(4))};
}

/// Blocks that share a row, as they are put together.
/// Threads: one
class PieceWriter {
 public:
  void add(TagId tag, UtcTime first, UtcTime last, base::ByteView block);
  void clear();

  bool empty() const { return blocks_.empty(); }
  std::size_t blocks() const { return blocks_.size(); }
  /// `piece` is not known yet.
  const std::vector<BlockPlace>& places() const { return blocks_; }
  base::ByteView tags() const { return tags_; }
  base::ByteView data() const { return data_; }

 private:
  std::vector<BlockPlace> blocks_;
  base::Bytes tags_;
  base::Bytes data_;
};

/// The tags of a row, in the order of its blocks.
/// Fails: corrupt
Result<std::vector<TagId>> tags_of_piece(base::ByteView tags);

}  // namespace tagwerk::history
