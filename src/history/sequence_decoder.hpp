#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "history/compression.hpp"
#include "history/sequence.hpp"

namespace tagwerk::history {

/// Reads what SequenceEncoder wrote; its memory is kept between calls.
/// Limits: takes memory for the numbers asked for, whatever the bytes say.
/// Threads: an object is one thread's
class SequenceDecoder {
 public:
  /// Fills `out`. False when the bytes are no sequence of that many numbers; `out` is then
  /// undefined.
  [[nodiscard]] bool decode(base::ByteReader& in, NumbersOut out) { return decode(in, out, 0); }
  Decompressor& decompressor() { return decompressor_; }

 private:
  struct Level {
    std::vector<std::uint64_t> values;
    std::vector<std::uint64_t> which;
  };

  bool decode(base::ByteReader& in, NumbersOut out, unsigned nesting);
  bool read_packing(base::ByteReader& in, Packing packing, NumbersOut out);
  bool read_compressed(base::ByteReader& in, NumbersOut out);
  bool read_runs(base::ByteReader& in, NumbersOut out, unsigned nesting);
  bool read_dictionary(base::ByteReader& in, NumbersOut out, unsigned nesting);

  std::array<Level, kMaxNesting> levels_;
  std::vector<std::byte> high_;
  Decompressor decompressor_;
};

}  // namespace tagwerk::history
