#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/error.hpp"

/// What a table needs of the memory under it, whichever way processes find that memory.
namespace tagwerk::table {

/// What the operating system says of a segment.
struct SegmentStat {
  std::uint64_t bytes = 0;       ///< as reserved
  std::uint64_t used_bytes = 0;  ///< memory really taken
  std::uint64_t inode = 0;       ///< System V: the segment's id + 1
  std::uint32_t owner_uid = 0;
  std::uint32_t group_gid = 0;
  std::uint32_t mode = 0;
  bool removed = false;  ///< no name or key leads to it any more
};

/// A mapped segment.
/// Threads: one thread, except bytes()
class SharedMemory {
 public:
  SharedMemory() = default;
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;
  virtual ~SharedMemory() = default;

  virtual std::span<std::byte> bytes() const = 0;
  virtual SegmentStat stat() const = 0;
  /// Whether another process holds the writer's lock; nothing where the segment has none.
  virtual std::optional<bool> locked_by_other() const = 0;
  /// Takes memory for the range now, so that a store into it cannot fail later.
  /// Fails: limit_exceeded, naming the segment and the bytes
  virtual Status take_memory(std::uint64_t offset, std::uint64_t bytes) = 0;
};

}  // namespace tagwerk::table
