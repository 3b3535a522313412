#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <tagwerk/table.h>

#include "base/time.hpp"
#include "model/quality.hpp"
#include "model/sample.hpp"
#include "table/access.hpp"
#include "table/segment.hpp"
#include "table/sysv_segment.hpp"

namespace tagwerk::table {

/// A current value as the rest of the program knows it.
struct TableValue {
  Value value = {};
  Quality quality = {};
  UtcTime source_time = kNever;
  UtcTime server_time = kNever;
  /// The publish that brought it; a cache keyed by (slot, number) never shows an old value.
  std::uint64_t number = 0;
};

struct TagRecord {
  std::string path = {};
  TagId id = 0;
  Slot slot = kNoSlot;
  model::Type type = model::Type::null;
  std::uint32_t area_bytes = 0;
};

/// Reads a table: another process's, or inside the server the engine's own (Writer::reader).
/// Threads: any; several at once
/// Owns:    its mapping, when opened by name
class Reader {
 public:
  /// Fails: not_found, permission_denied, corrupt, conflict (other layout), unavailable (being
  /// made), io
  static Result<Reader> open(std::string_view instance);
  /// The same table by the key of its System V segment.
  static Result<Reader> open_sysv(SysvKey key);
  explicit Reader(const View& view) : view_(view) {}

  /// The fast path: newest whole value by slot, without asking whose slot it is. For texts and
  /// arrays bits is an AreaReference. False: no such slot, or overtaken by the writer kReadAttempts
  /// times.
  bool read(Slot slot, Current& out) const {
    return slot < view_.geometry().slot_capacity && read_slot(view_.cell(slot), out);
  }
  /// The same with texts and arrays; null with a bad quality where there is no such slot.
  TableValue read(Slot slot) const;
  /// Only as long as the slot is this tag's, else null with a bad quality: a slot may go to another
  /// tag while somebody still holds the old one. Numbers and bools do not allocate.
  TableValue read(Slot slot, TagId tag) const;

  Result<TagRecord> find(std::string_view path) const;
  std::vector<TagRecord> tags() const;
  /// Consistent values of several tags.
  /// Fails: not_found (a slot without tag), unavailable (unsteady)
  Result<std::vector<TableValue>> read_many(std::span<const TagRecord> tags) const;

  std::uint64_t committed() const {
    return view_.header().committed.load(std::memory_order_acquire);
  }
  /// False: nothing was committed since `seen`; REPLACED counts as a change.
  bool wait_changed(std::uint64_t& seen, int timeout_ms) const;
  tagwerk_table_information information() const;
  const View& view() const { return view_; }

 private:
  static Result<Reader> over(std::shared_ptr<SharedMemory> memory, std::string_view name);

  std::shared_ptr<SharedMemory> memory_;
  View view_;
};

/// One line of `tagwerk table ls`.
struct InstanceRecord {
  std::string instance;
  SegmentStat stat;
  Result<tagwerk_table_information> information;
  /// Only the System V segment is left; information is from there.
  bool has_name = true;
  SysvKey sysv_key = 0;  ///< 0 = none, or not known
};
/// Every instance with a segment, also those that cannot be read (the error says why), sorted.
std::vector<InstanceRecord> list_instances();

}  // namespace tagwerk::table
