#include "table/access.hpp"

#include <algorithm>
#include <climits>
#include <cstring>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/time.hpp"
#include "table/process.hpp"

namespace tagwerk::table {
namespace {

tagwerk_table_status status_of(FindResult result) {
  switch (result) {
    case FindResult::found:
      return TAGWERK_TABLE_OK;
    case FindResult::absent:
      return TAGWERK_TABLE_NOT_FOUND;
    case FindResult::unsteady:
      return TAGWERK_TABLE_UNSTEADY;
  }
  return TAGWERK_TABLE_NOT_FOUND;
}

void pause_briefly() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// First attempts at once, later ones further apart, so that a batch can end in between.
void pause_between(int attempt) {
  for (int i = 0; i < std::min(attempt, 64); ++i)
    pause_briefly();
}

/// The bytes a slot refers to, into the caller's buffer. What the reference says is checked.
tagwerk_table_status copy_bytes(const View& view, AreaReference at, tagwerk_table_value& value) {
  if (!view.inside(at)) return TAGWERK_TABLE_DAMAGED;
  value.data_length = at.length;
  if (value.data == nullptr && value.data_capacity == 0) return TAGWERK_TABLE_OK;
  if (value.data == nullptr || value.data_capacity < at.length) return TAGWERK_TABLE_TOO_LARGE;
  load_bytes(view.area(at.unit), std::span(static_cast<std::byte*>(value.data), at.length));
  return TAGWERK_TABLE_OK;
}

tagwerk_table_status fill(const View& view, const Current& current, tagwerk_table_value& value) {
  value.type = static_cast<std::uint32_t>(current.type);
  value.quality = current.quality;
  value.source_time_ns = current.source_ns;
  value.server_time_ns = current.server_ns;
  value.number = current.number;
  value.data_length = 0;
  if (needs_area(current.type)) [[unlikely]] {
    value.as_bits = 0;
    return copy_bytes(view, current.reference(), value);
  }
  value.as_bits = current.bits;
  return TAGWERK_TABLE_OK;
}

tagwerk_table_status read_newest(const View& view, const Cell& cell, tagwerk_table_value& value) {
  for (int attempt = 0; attempt < kReadAttempts; ++attempt) {
    Current current;
    Control seen;
    if (!read_slot(cell, current, seen)) break;
    const auto status = fill(view, current, value);
    if (!needs_area(current.type) || unchanged(cell, seen)) return status;
  }
  return TAGWERK_TABLE_UNSTEADY;
}

/// UNSTEADY: this number is out of reach for the tag.
tagwerk_table_status read_at(const View& view, const Cell& cell, std::uint64_t committed,
                             tagwerk_table_value& value) {
  const auto& word = view.header().committed;
  Current current;
  Control seen;
  bool previous = false;
  if (!read_slot_at(cell, word, committed, current, seen, previous)) return TAGWERK_TABLE_UNSTEADY;
  const auto status = fill(view, current, value);
  if (!needs_area(current.type)) return status;
  if (!unchanged(cell, seen)) return TAGWERK_TABLE_UNSTEADY;
  if (previous && word.load(std::memory_order_relaxed) != committed) return TAGWERK_TABLE_UNSTEADY;
  return status;
}

/// One attempt at one number. *at is where it ended.
tagwerk_table_status read_all_at(const View& view, std::uint64_t committed,
                                 std::span<tagwerk_table_handle> handles,
                                 std::span<tagwerk_table_value> values, std::size_t& at) {
  for (at = 0; at < handles.size(); ++at) {
    const auto status = read_at(view, view.cell(handles[at].slot), committed, values[at]);
    if (status != TAGWERK_TABLE_OK) return status;
  }
  return TAGWERK_TABLE_OK;
}

tagwerk_table_status check_handles(const View& view, std::span<tagwerk_table_handle> handles,
                                   std::size_t& failed) {
  for (failed = 0; failed < handles.size(); ++failed) {
    const auto status = check_handle(view, handles[failed]);
    if (status != TAGWERK_TABLE_OK) return status;
  }
  return TAGWERK_TABLE_OK;
}

/// After the last attempt: each value whole, together or not.
tagwerk_table_status read_apart(const View& view, std::span<tagwerk_table_handle> handles,
                                std::span<tagwerk_table_value> values, std::size_t& failed) {
  for (std::size_t i = 0; i < handles.size(); ++i) {
    const auto status = read_tag(view, handles[i], values[i]);
    if (status == TAGWERK_TABLE_OK) continue;
    failed = i;
    return status;
  }
  return TAGWERK_TABLE_UNSTEADY;
}

bool is_replaced(const View& view) {
  return view.header().state.load(std::memory_order_acquire) ==
         static_cast<std::uint32_t>(State::replaced);
}

constexpr Duration kHeartbeatPatience = std::chrono::seconds{5};

std::uint32_t* futex_word(const Word& committed) {
  // The low half; the kernel only reads it.
  return const_cast<std::uint32_t*>(reinterpret_cast<const std::uint32_t*>(&committed));
}

/// The pid may be another namespace's: then the lock tells, and without one the heartbeat.
bool writer_lives(const ProcessIdentity& writer, const SharedMemory* memory, Duration age) {
  if (writer.pid == 0) return false;
  if (writer.pid_namespace == this_process().pid_namespace) return is_alive(writer);
  const auto locked = memory != nullptr ? memory->locked_by_other() : std::nullopt;
  return locked.value_or(age < kHeartbeatPatience);
}

ProcessIdentity writer_of(const Header& header) {
  return {header.writer_pid.load(std::memory_order_acquire),
          header.writer_start_ticks.load(std::memory_order_acquire),
          header.writer_pid_namespace.load(std::memory_order_acquire)};
}

}  // namespace

tagwerk_table_status find_tag(const View& view, std::string_view path,
                              tagwerk_table_handle& handle) {
  Found found;
  const auto result = find_path(view, path, found);
  if (is_replaced(view)) return TAGWERK_TABLE_REPLACED;
  if (result == FindResult::found) handle = {found.tag_id, found.directory, found.slot, 0};
  return status_of(result);
}

tagwerk_table_status check_handle(const View& view, tagwerk_table_handle& handle) {
  if (handle.slot >= view.geometry().slot_capacity) return TAGWERK_TABLE_GONE;
  const auto step = view.header().directory.load(std::memory_order_acquire);
  if (step == handle.directory) [[likely]]
    return TAGWERK_TABLE_OK;
  if (is_replaced(view)) return TAGWERK_TABLE_REPLACED;
  if (handle.slot >= slot_limit(view)) return TAGWERK_TABLE_GONE;
  const auto tag_id = view.entry(handle.slot).tag_id.load(std::memory_order_acquire);
  if (tag_id == 0 || tag_id != handle.tag_id) return TAGWERK_TABLE_GONE;
  handle.directory = step;
  return TAGWERK_TABLE_OK;
}

tagwerk_table_status read_tag(const View& view, tagwerk_table_handle& handle,
                              tagwerk_table_value& value) {
  if (handle.slot >= view.geometry().slot_capacity) return TAGWERK_TABLE_GONE;
  for (int attempt = 0; attempt < kReadAttempts; ++attempt) {
    const auto status = read_newest(view, view.cell(handle.slot), value);
    // sync point C: a value of the slot's next tag was stored after the directory's step.
    if (view.header().directory.load(std::memory_order_relaxed) == handle.directory) [[likely]]
      return status;
    const auto checked = check_handle(view, handle);
    if (checked != TAGWERK_TABLE_OK) return checked;
  }
  return TAGWERK_TABLE_UNSTEADY;
}

tagwerk_table_status read_tags(const View& view, std::span<tagwerk_table_handle> handles,
                               std::span<tagwerk_table_value> values, std::size_t& failed) {
  for (int attempt = 0; attempt < kSnapshotAttempts; ++attempt) {
    const auto step = view.header().directory.load(std::memory_order_acquire);
    auto status = check_handles(view, handles, failed);
    if (status != TAGWERK_TABLE_OK) return status;
    const auto committed = view.header().committed.load(std::memory_order_acquire);
    status = read_all_at(view, committed, handles, values, failed);
    const bool same = view.header().directory.load(std::memory_order_relaxed) == step;
    if (same && status != TAGWERK_TABLE_UNSTEADY) return status;
    pause_between(attempt);
  }
  return read_apart(view, handles, values, failed);
}

tagwerk_table_status next_tag(const View& view, std::uint32_t& cursor, tagwerk_table_tag& tag) {
  if (is_replaced(view)) return TAGWERK_TABLE_REPLACED;
  for (const auto limit = slot_limit(view); cursor < limit; ++cursor) {
    EntryCopy entry;
    char path[kMaxPath];
    const auto result = read_entry(view, cursor, entry, path);
    if (result == FindResult::unsteady) return TAGWERK_TABLE_UNSTEADY;
    if (result == FindResult::absent) continue;
    tag.handle = {entry.tag_id, entry.directory, cursor++, 0};
    tag.type = static_cast<std::uint32_t>(entry.type);
    tag.area_bytes = entry.area_bytes;
    tag.path_length = entry.path_length;
    if (tag.path == nullptr) return TAGWERK_TABLE_OK;
    if (tag.path_capacity <= entry.path_length) return TAGWERK_TABLE_TOO_LARGE;
    std::memcpy(tag.path, path, entry.path_length);
    tag.path[entry.path_length] = '\0';
    return TAGWERK_TABLE_OK;
  }
  return TAGWERK_TABLE_END;
}

tagwerk_table_status wait_for_commit(const View& view, std::uint64_t& seen, int timeout_ms) {
  const auto& committed = view.header().committed;
  const auto deadline = base::mono_now() + std::chrono::milliseconds(std::max(timeout_ms, 0));
  for (;;) {
    if (is_replaced(view)) return TAGWERK_TABLE_REPLACED;
    const auto now = committed.load(std::memory_order_acquire);
    if (now != seen) {
      seen = now;
      return TAGWERK_TABLE_OK;
    }
    timespec left{};
    if (timeout_ms >= 0) {
      const auto ns = (deadline - base::mono_now()).count();
      if (ns <= 0) return TAGWERK_TABLE_TIMEOUT;
      left = {static_cast<time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)};
    }
    ::syscall(SYS_futex, futex_word(committed), FUTEX_WAIT, static_cast<std::uint32_t>(now),
              timeout_ms >= 0 ? &left : nullptr, nullptr, 0);
  }
}

int wake_waiting(const Word& committed) {
  return static_cast<int>(
      ::syscall(SYS_futex, futex_word(committed), FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0));
}

void fill_information(const View& view, const SharedMemory* memory,
                      tagwerk_table_information& out) {
  const auto& header = view.header();
  out = {};
  std::memcpy(out.instance, header.instance, sizeof out.instance);
  out.instance[sizeof out.instance - 1] = '\0';
  out.layout_version = header.version;
  const auto beat = header.heartbeat_mono_ns.load(std::memory_order_acquire);
  out.heartbeat_age_ns =
      base::mono_now().time_since_epoch().count() - static_cast<std::int64_t>(beat);
  const auto writer = writer_of(header);
  out.writer_pid = writer.pid;
  out.writer_alive = writer_lives(writer, memory, Duration{out.heartbeat_age_ns}) ? 1 : 0;
  out.replaced = is_replaced(view) ? 1 : 0;
  out.slot_capacity = view.geometry().slot_capacity;
  out.tag_count = header.tag_count.load(std::memory_order_acquire);
  out.generation = header.generation.load(std::memory_order_acquire);
  out.directory = header.directory.load(std::memory_order_acquire);
  out.publish = header.committed.load(std::memory_order_acquire);
  out.heartbeat_utc_ns =
      static_cast<std::int64_t>(header.heartbeat_utc_ns.load(std::memory_order_acquire));
  out.sysv_key = header.sysv_key.load(std::memory_order_acquire);
  const auto stat = memory != nullptr ? memory->stat() : SegmentStat{};
  out.removed = stat.removed && out.replaced == 0 ? 1 : 0;
  out.owner_uid = stat.owner_uid;
  out.mode = stat.mode;
  out.segment_bytes = view.geometry().segment_bytes;
  out.used_bytes = stat.used_bytes;
  out.area_bytes = view.geometry().area_bytes;
}

}  // namespace tagwerk::table
