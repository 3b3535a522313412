#pragma once

#include <cstdint>
#include <span>

#include <tagwerk/table.h>

#include "table/directory.hpp"
#include "table/latch.hpp"
#include "table/shared_memory.hpp"

/// Reading a mapped segment in the words of the C ABI, without allocation: what the C functions and
/// the C++ Reader are made of. Safe on a damaged segment: every index and reference is checked
/// where it is used. Threads: any
namespace tagwerk::table {

tagwerk_table_status find_tag(const View& view, std::string_view path,
                              tagwerk_table_handle& handle);

/// Whether the slot is still the handle's tag; refreshes the handle after a change of the
/// directory. REPLACED: the whole segment is not the table any more.
tagwerk_table_status check_handle(const View& view, tagwerk_table_handle& handle);

tagwerk_table_status read_tag(const View& view, tagwerk_table_handle& handle,
                              tagwerk_table_value& value);

/// Attempts of a consistent read, with growing pauses in between (about 3 ms in all).
inline constexpr int kSnapshotAttempts = 2000;

tagwerk_table_status read_tags(const View& view, std::span<tagwerk_table_handle> handles,
                               std::span<tagwerk_table_value> values, std::size_t& failed);

/// The first tag at or after the cursor.
tagwerk_table_status next_tag(const View& view, std::uint32_t& cursor, tagwerk_table_tag& tag);

/// Until the committed number differs from `seen`; a negative timeout is none.
tagwerk_table_status wait_for_commit(const View& view, std::uint64_t& seen, int timeout_ms);
/// Wakes all who wait; returns how many.
int wake_waiting(const Word& committed);

/// Memory: what the operating system says of the segment; nullptr = a view inside the writer.
void fill_information(const View& view, const SharedMemory* memory, tagwerk_table_information& out);

}  // namespace tagwerk::table
