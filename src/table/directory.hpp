#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "table/layout.hpp"

/// Path -> slot: an open-addressed index of buckets over one entry per slot.
///
/// Each change is a row of single stores, none of which makes a present tag unfindable, and ends in
/// a step of header.directory. sync point C: storage of a removed tag is reused only after that
/// step, so a reader who finds the number unchanged after looking has seen nothing that was reused
/// under its eyes. On disk: docs/formats/table.md
namespace tagwerk::table {

struct Found {
  std::uint32_t slot = 0;
  std::uint64_t tag_id = 0;
  std::uint64_t directory = 0;
};

enum class FindResult : std::uint8_t { found, absent, unsteady };

/// Looks the path up; starts again when the directory changed meanwhile (a bounded number of
/// times). Threads: any. Does not allocate; safe on a damaged segment.
FindResult find_path(const View& view, std::string_view path, Found& out);

struct EntryCopy {
  std::uint64_t tag_id = 0;
  std::uint64_t directory = 0;
  Type type = Type::null;
  std::uint32_t area_bytes = 0;
  std::uint32_t path_length = 0;
  AreaReference area;
  AreaReference path_at;
};

/// The tag in a slot, with its path in `path` (kMaxPath bytes); absent for an empty slot.
/// Threads: any. Does not allocate; safe on a damaged segment.
FindResult read_entry(const View& view, std::uint32_t slot, EntryCopy& out, char* path);

/// Slots that were ever used: never more than there are.
std::uint32_t slot_limit(const View& view);

/// The writer's side of the index.
/// Threads: the writer's
class Index {
 public:
  explicit Index(const MutableView& view) : view_(view) {}

  /// The slot's entry is complete.
  void insert(std::uint32_t slot, std::uint64_t hash);
  /// Takes the slot's bucket with this hash out; false when there is none.
  bool erase(std::uint32_t slot, std::uint64_t hash);
  bool holds(std::uint32_t slot, std::uint64_t hash) const;
  /// After a takeover: takes out buckets that lead to no tag, have another hash, cannot be reached
  /// or were met before. Leaves at most one per slot.
  void purge();
  /// The step after which storage may be reused.
  void step();

 private:
  std::uint32_t mask() const { return view_.geometry().bucket_count - 1; }
  std::optional<std::uint32_t> locate(std::uint32_t slot, std::uint64_t hash) const;
  std::uint32_t home_of(std::uint32_t at) const;
  bool reachable(std::uint32_t at) const;
  bool sound(std::uint32_t at, std::vector<bool>& met) const;
  void close_gap(std::uint32_t gap);

  const MutableView& view_;
};

}  // namespace tagwerk::table
