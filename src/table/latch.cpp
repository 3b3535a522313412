#include "table/latch.hpp"

#include <algorithm>
#include <cstring>

namespace tagwerk::table {

void store_bytes(Word* to, std::span<const std::byte> bytes) {
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(Word)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, std::min(sizeof(word), bytes.size() - at));
    to++->store(word, std::memory_order_release);
  }
}

void load_bytes(const Word* from, std::span<std::byte> bytes) {
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(Word)) {
    const std::uint64_t word = from++->load(std::memory_order_acquire);
    std::memcpy(bytes.data() + at, &word, std::min(sizeof(word), bytes.size() - at));
  }
}

bool equal_bytes(const Word* stored, std::span<const std::byte> bytes) {
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(Word)) {
    const std::uint64_t word = stored++->load(std::memory_order_acquire);
    if (std::memcmp(bytes.data() + at, &word, std::min(sizeof(word), bytes.size() - at)) != 0)
      return false;
  }
  return true;
}

}  // namespace tagwerk::table
