#pragma once

#include <bit>
#include <cstdint>
#include <span>

#include "table/layout.hpp"

/// The protocol of one slot: how it is written and read, without knowing where slots come from.
///
/// Every field is an atomic word: stores release, loads acquire. That costs nothing on x86-64 and
/// gives the two orders everything rests on:
///   sync point A: who reads a byte of publish n+2 in a copy also sees the control word of publish
///   n+1, because
///                 that was stored before; so an unchanged control word means an untouched copy.
///   sync point B: who reads a byte of a batch also sees the committed number of the batch before
///   it.
/// Threads: one writer, many readers
/// On disk: docs/formats/table.md
namespace tagwerk::table {

/// The control word: everything about a slot that changes at once.
/// bit 0: the copy that is whole · bit 1: the other copy holds the state before this batch ·
/// bits 2-5: type of the whole copy · bits 6-9: type of the other · bits 10-63: publish number.
struct Control {
  std::uint64_t word = 0;

  static constexpr Control make(std::uint64_t number, unsigned copy, bool previous, Type type,
                                Type other) {
    return {number << 10 | static_cast<std::uint64_t>(other) << 6 |
            static_cast<std::uint64_t>(type) << 2 | (previous ? 2U : 0U) | copy};
  }
  constexpr unsigned copy() const { return word & 1; }
  constexpr bool previous() const { return (word & 2) != 0; }
  constexpr Type type() const { return checked((word >> 2) & 15); }
  constexpr Type other_type() const { return checked((word >> 6) & 15); }
  constexpr std::uint64_t number() const { return word >> 10; }
  constexpr Control without_previous() const { return {word & ~std::uint64_t{2}}; }

 private:
  static constexpr Type checked(std::uint64_t bits) {
    return bits < kTypeCount ? static_cast<Type>(bits) : Type::null;
  }
};

/// What a slot holds. For strings and arrays bits is an AreaReference.
struct Current {
  Type type = Type::null;
  std::uint32_t quality = 0;
  std::uint64_t bits = 0;
  std::int64_t source_ns = 0;
  std::int64_t server_ns = 0;
  /// The publish that brought it; a cache keyed by it never shows an old value.
  std::uint64_t number = 0;

  bool as_bool() const { return bits != 0; }
  std::int64_t as_int() const { return static_cast<std::int64_t>(bits); }
  double as_float() const { return std::bit_cast<double>(bits); }
  AreaReference reference() const { return AreaReference::from(bits); }
  bool operator==(const Current&) const = default;
};

/// How often a read starts again before it gives up; each time the writer has published the slot
/// twice.
inline constexpr int kReadAttempts = 10'000;

inline void load_copy(const Cell& cell, unsigned copy, Current& out) {
  out.bits = cell.copies[copy].value.load(std::memory_order_acquire);
  out.source_ns =
      static_cast<std::int64_t>(cell.copies[copy].source.load(std::memory_order_acquire));
  out.server_ns =
      static_cast<std::int64_t>(cell.copies[copy].server.load(std::memory_order_acquire));
  out.quality = cell.quality[copy].load(std::memory_order_acquire);
}

/// The newest whole value, with the control word it was read under; false after kReadAttempts.
inline bool read_slot(const Cell& cell, Current& out, Control& seen) {
  for (int attempt = 0; attempt < kReadAttempts; ++attempt) {
    const Control before{cell.control.load(std::memory_order_acquire)};
    load_copy(cell, before.copy(), out);
    if (cell.control.load(std::memory_order_relaxed) != before.word) [[unlikely]]  // sync point A
      continue;
    out.type = before.type();
    out.number = before.number();
    seen = before;
    return true;
  }
  return false;
}
inline bool read_slot(const Cell& cell, Current& out) {
  Control seen;
  return read_slot(cell, out, seen);
}

/// Whether what was read under this control word is still untouched (bytes of the area included).
inline bool unchanged(const Cell& cell, Control seen) {
  return cell.control.load(std::memory_order_relaxed) == seen.word;
}

/// The value as it was after the batch `committed`. With a newer value in the slot the copy before
/// it is taken; that one is only trusted while no further batch was committed. `previous` says
/// which it was. False: too late, start again with a newer number.
inline bool read_slot_at(const Cell& cell, const Word& committed_word, std::uint64_t committed,
                         Current& out, Control& seen, bool& previous) {
  for (int attempt = 0; attempt < 4; ++attempt) {
    const Control before{cell.control.load(std::memory_order_acquire)};
    previous = before.number() > committed;
    if (previous && !before.previous()) return false;
    load_copy(cell, before.copy() ^ (previous ? 1U : 0U), out);
    if (cell.control.load(std::memory_order_relaxed) != before.word) continue;    // sync point A
    if (previous && committed_word.load(std::memory_order_relaxed) != committed)  // sync point B
      return false;
    out.type = previous ? before.other_type() : before.type();
    out.number = previous ? committed : before.number();
    seen = before;
    return true;
  }
  return false;
}

/// The numbers of the batch being written.
struct Batch {
  std::uint64_t committed = 0;
  std::uint64_t current = 1;
};

/// Prepares the copy that is not whole for the next value and says which it is. Nothing readers
/// look at changes, except that a second publish in one batch gives up the state before the batch.
inline unsigned open_copy(Cell& cell, Batch& batch) {
  const Control now{cell.control.load(std::memory_order_relaxed)};
  if (now.number() > batch.committed) [[unlikely]] {
    if (now.previous()) cell.control.store(now.without_previous().word, std::memory_order_release);
    if (now.number() >= batch.current) batch.current = now.number() + 1;
  }
  return now.copy() ^ 1U;
}

/// Stores the value into the copy that open_copy named and turns the slot over to it.
inline void close_copy(Cell& cell, const Batch& batch, const Current& value) {
  const Control now{cell.control.load(std::memory_order_relaxed)};
  const unsigned copy = now.copy() ^ 1U;
  cell.copies[copy].value.store(value.bits, std::memory_order_release);
  cell.copies[copy].source.store(static_cast<std::uint64_t>(value.source_ns),
                                 std::memory_order_release);
  cell.copies[copy].server.store(static_cast<std::uint64_t>(value.server_ns),
                                 std::memory_order_release);
  cell.quality[copy].store(value.quality, std::memory_order_release);
  const bool previous = now.number() <= batch.committed;
  cell.control.store(Control::make(batch.current, copy, previous, value.type, now.type()).word,
                     std::memory_order_release);  // the publish
}

inline void write_slot(Cell& cell, Batch& batch, const Current& value) {
  open_copy(cell, batch);
  close_copy(cell, batch, value);
}

/// Bytes to and from the area, word by word; the last word is padded with zeros.
void store_bytes(Word* to, std::span<const std::byte> bytes);
void load_bytes(const Word* from, std::span<std::byte> bytes);
bool equal_bytes(const Word* stored, std::span<const std::byte> bytes);

}  // namespace tagwerk::table
