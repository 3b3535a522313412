#pragma once

#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "table/directory.hpp"
#include "table/heap.hpp"
#include "table/shared_memory.hpp"

namespace tagwerk::table {

/// The writer's book of tags: which slot, path and area each has. Adds, removes and renames so that
/// readers who are looking always find a whole directory, and so that a writer that dies in between
/// leaves one. Threads: the writer's
class Catalog {
 public:
  Catalog(const MutableView& view, SharedMemory& memory);

  /// A range of the segment.
  struct Extent {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
  };
  /// Where the segment has memory behind it; everything else was never used.
  std::vector<Extent> extents() const;
  /// The view has this twin from here on (nullptr = none any more); new tags take memory there,
  /// too. What extents() names has been taken already.
  void set_twin(SharedMemory* twin) { twin_ = twin; }

  /// Takes in what the segment holds (after a takeover). Entries that contradict each other are
  /// dropped. Returns how many were. Fails: limit_exceeded (shared memory)
  Result<std::uint32_t> adopt();

  std::optional<std::uint32_t> slot_of(std::uint64_t tag_id) const;
  std::optional<std::uint32_t> find(std::string_view path) const;
  bool in_use(std::uint32_t slot) const { return slot < ids_.size() && ids_[slot] != 0; }
  std::uint64_t id_in(std::uint32_t slot) const { return in_use(slot) ? ids_[slot] : 0; }
  /// First of the two areas of a slot; length = bytes of each. Unchecked but for the slot.
  AreaReference area_of(std::uint32_t slot) const { return areas_[slot]; }
  /// Slots ever used.
  std::uint32_t limit() const { return static_cast<std::uint32_t>(ids_.size()); }
  std::optional<std::uint32_t> free_slot();
  std::uint64_t fresh_id();

  /// Reserves everything the tag needs and fills its entry; readers do not see it before show().
  /// Fails: limit_exceeded (slots, area, shared memory)
  Status prepare(std::uint32_t slot, std::string_view path, Type type, std::uint32_t area_bytes);
  /// The slot is the tag's from here on, for the writer.
  void claim(std::uint32_t slot, std::uint64_t tag_id);
  /// And for readers.
  void show(std::uint32_t slot);
  /// The caller has committed a null for it.
  void remove(std::uint32_t slot);
  /// Fails: limit_exceeded
  Status rename(std::uint32_t slot, std::string_view path);
  void set_type(std::uint32_t slot, Type type);
  /// A new area; the old one is the caller's to release once no copy of the slot refers to it.
  /// Fails: limit_exceeded
  Result<AreaReference> replace_area(std::uint32_t slot, std::uint32_t bytes);
  void release_area(AreaReference area);

 private:
  Status take_memory(std::uint64_t offset, std::uint64_t bytes);
  Status take_slots(std::uint32_t limit);
  Status take_area(std::uint32_t unit, std::uint32_t units);
  Extent area_chunk(std::uint64_t chunk) const;
  Result<std::uint32_t> allocate(std::uint32_t units, std::string_view what);
  Result<AreaReference> store_path(std::string_view path);
  bool adopt_entry(std::uint32_t slot);
  Status take_storage(std::uint32_t slot);
  void drop_entry(std::uint32_t slot);
  void count_tag(int by);

  const MutableView& view_;
  SharedMemory& memory_;
  SharedMemory* twin_ = nullptr;
  Heap heap_;
  Index index_;
  std::vector<std::uint64_t> ids_;
  std::vector<AreaReference> areas_;
  std::unordered_map<std::uint64_t, std::uint32_t> slots_;
  std::vector<bool> taken_chunks_;
  std::uint32_t backed_slots_ = 0;
  std::uint32_t first_free_ = 0;
};

}  // namespace tagwerk::table
