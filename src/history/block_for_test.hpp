#pragma once

#include <cstring>

#include "base/bytes.hpp"
#include "history/block_layout.hpp"

namespace tagwerk::history {

/// The bytes with the checksums that they should have, as far as they have a header: what an
/// attacker would send.
inline base::Bytes with_right_checksums(base::Bytes block) {
  if (block.size() < kFixedBytes + kChecksumBytes) return block;
  const std::size_t header =
      std::to_integer<std::size_t>(block[2]) | std::to_integer<std::size_t>(block[3]) << 8;
  if (header < kFixedBytes + kChecksumBytes || header > block.size()) return block;
  const auto put = [&](std::uint32_t number, std::size_t at) {
    std::memcpy(block.data() + at, &number, sizeof number);
  };
  const base::ByteView all(block);
  put(static_cast<std::uint32_t>(block.size() - header), 4);
  put(checksum(all.subspan(header)), 8);
  put(checksum(all.first(header - kChecksumBytes)), header - kChecksumBytes);
  return block;
}

}  // namespace tagwerk::history
