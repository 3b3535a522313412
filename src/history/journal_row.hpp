#pragma once

#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "history/columns.hpp"
#include "history/compression.hpp"
#include "model/sample.hpp"

namespace tagwerk::history {

/// A point that is to be recorded.
struct Record {
  TagId tag = 0;
  Point point;
  bool keep = false;  ///< where there is a point of that time already, that one stays

  bool operator==(const Record&) const = default;
};

inline constexpr std::size_t kMaxRowPoints = std::size_t{1} << 20;

/// Rows of the journal. On disk: docs/formats/history.md
/// Threads: an object is one thread's
class JournalRowEncoder {
 public:
  /// The row; valid until the next call.
  /// Fails: limit_exceeded above kMaxRowPoints or 256 MiB
  Result<base::ByteView> encode(std::span<const Record> records);

 private:
  Compressor compressor_;
  base::Bytes columns_;
  base::Bytes buffers_;
  base::Bytes row_;
};

class JournalRowDecoder {
 public:
  /// Appends to `out`.
  /// Fails: corrupt, naming what is wrong; `out` is then as before
  Status decode(base::ByteView row, std::vector<Record>& out);

 private:
  Decompressor decompressor_;
  base::Bytes columns_;
};

}  // namespace tagwerk::history
