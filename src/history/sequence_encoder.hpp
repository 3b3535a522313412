#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "history/compression.hpp"
#include "history/distinct.hpp"
#include "history/sequence.hpp"

namespace tagwerk::history {

/// Writes sequences in the form that takes the fewest bytes of those there are; its memory is kept
/// between calls. Threads: an object is one thread's
class SequenceEncoder {
 public:
  /// What the numbers are. Bit patterns of floats are also tried with XOR, places in a dictionary
  /// with no other one.
  enum class Kind : std::uint8_t { number, bits, places };

  void encode(Numbers numbers, base::Bytes& out, Kind kind = Kind::number) {
    encode(numbers, out, kind, 0);
  }
  Compressor& compressor() { return compressor_; }

 private:
  /// Memory of one nesting; a nested sequence must not overwrite that of the one around it.
  struct Level {
    std::vector<std::uint64_t> residuals;
    std::vector<std::uint64_t> values;
    std::vector<std::uint64_t> which;
  };

  void encode(Numbers numbers, base::Bytes& out, Kind kind, unsigned nesting);
  bool encode_dictionary(Numbers numbers, double bits_without, base::Bytes& out, unsigned nesting);
  void encode_runs(Numbers numbers, base::Bytes& out, unsigned nesting);
  bool encode_compressed(Numbers residuals, unsigned low, unsigned widest, base::Bytes& out);

  std::array<Level, kMaxNesting + 1> levels_;
  DistinctNumbers distinct_;
  std::vector<std::byte> high_;
  Compressor compressor_;
};

}  // namespace tagwerk::history
