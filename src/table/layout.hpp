#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "base/error.hpp"
#include "model/sample.hpp"

/// The bytes of a table segment: every constant, struct and offset of docs/formats/table.md, and
/// the check of a header that somebody else wrote. No pointers inside, offsets only; little-endian.
/// On disk: docs/formats/table.md
namespace tagwerk::table {

static_assert(std::endian::native == std::endian::little, "the segment is little-endian");

inline constexpr std::uint64_t kMagic = 0x545f4b5245574754;  // bytes "TGWERK_T"
inline constexpr std::uint32_t kLayoutVersion = 1;
inline constexpr std::uint32_t kHeaderBytes = 4096;
inline constexpr std::uint32_t kSlotBytes = 64;
inline constexpr std::uint32_t kEntryBytes = 64;
/// Area offsets count units of this many bytes, so 32 bits reach 64 GiB.
inline constexpr std::uint32_t kAreaUnit = 16;
inline constexpr std::uint32_t kMaxPath = 1023;
inline constexpr std::uint32_t kMaxInstance = 63;
inline constexpr std::uint32_t kMaxSlots = 1U << 26;
inline constexpr std::uint64_t kMaxArea = std::uint64_t{1} << 36;
inline constexpr std::uint32_t kMaxValueBytes = 1U << 30;

using Word = std::atomic<std::uint64_t>;
using HalfWord = std::atomic<std::uint32_t>;
static_assert(Word::is_always_lock_free && sizeof(Word) == 8 && alignof(Word) == 8);
static_assert(HalfWord::is_always_lock_free && sizeof(HalfWord) == 4);

/// The numbers of model::Type are part of the layout (four bits in the control word).
using model::Type;
inline constexpr std::uint8_t kTypeCount = 10;
/// Strings, json and arrays live in the area; the rest fits the slot.
constexpr bool needs_area(Type type) {
  return type >= Type::string;
}

enum class State : std::uint32_t { creating = 0, in_use = 1, replaced = 2 };

struct Header {
  // Constant after creation. Magic, version and state keep their places in every layout.
  Word magic;                   // 0, stored last
  std::uint32_t version;        // 8
  std::uint32_t header_bytes;   // 12
  std::uint64_t segment_bytes;  // 16
  std::uint32_t slot_capacity;  // 24
  std::uint32_t bucket_count;   // 28, a power of two
  std::uint64_t buckets;        // 32
  std::uint64_t entries;        // 40
  std::uint64_t slots;          // 48
  std::uint64_t area;           // 56
  std::uint64_t area_bytes;     // 64
  std::int64_t created_utc_ns;  // 72
  char instance[64];            // 80, padded with zeros
  char reserved_1[48];
  HalfWord state;  // 192
  char reserved_2[60];

  // Changed by a takeover.
  HalfWord writer_pid;        // 256, 0 = closed
  HalfWord reserved_3;        // 260
  Word writer_start_ticks;    // 264, field 22 of /proc/PID/stat
  Word writer_pid_namespace;  // 272, inode of /proc/self/ns/pid
  Word generation;            // 280
  HalfWord sysv_key;          // 288, of the System V segment beside the POSIX one; 0 = none
  char reserved_4[28];

  Word heartbeat_mono_ns;  // 320, CLOCK_MONOTONIC
  Word heartbeat_utc_ns;   // 328
  char reserved_5[48];

  Word committed;  // 384: number of the last committed batch; its low half is the futex word
  char reserved_6[56];

  Word directory;       // 448: step for every change of the directory
  HalfWord slot_limit;  // 456: slots from here on were never used
  HalfWord tag_count;   // 460
  Word next_tag_id;     // 464: for tags that are defined without one
  char reserved_7[40];
};
static_assert(offsetof(Header, instance) == 80 && offsetof(Header, state) == 192);
static_assert(offsetof(Header, writer_pid) == 256 && offsetof(Header, sysv_key) == 288);
static_assert(offsetof(Header, heartbeat_mono_ns) == 320 && offsetof(Header, committed) == 384 &&
              offsetof(Header, directory) == 448);
static_assert(sizeof(Header) == 512);

/// A slot, one cache line: who reads a tag touches this and nothing else.
struct alignas(kSlotBytes) Cell {
  struct Copy {
    Word value;   // bool, int, float bits, or AreaReference
    Word source;  // ns since 1970
    Word server;
  };
  Word control;
  Copy copies[2];       // 8, 32
  HalfWord quality[2];  // 56
};
static_assert(sizeof(Cell) == kSlotBytes && offsetof(Cell, copies) == 8 &&
              offsetof(Cell, quality) == 56);

/// What the directory says about the tag in the slot of the same index.
struct alignas(kEntryBytes) Entry {
  Word tag_id;  // 0 = no tag
  Word path;    // AreaReference
  Word area;    // AreaReference: first of two copies, length = bytes of each
  Word hash;    // hash_path
  Word type;    // declared
  char reserved[24];
};
static_assert(sizeof(Entry) == kEntryBytes);

/// Where bytes are in the area. Low half: offset in units; high half: length in bytes.
struct AreaReference {
  std::uint32_t unit = 0;
  std::uint32_t length = 0;

  static constexpr AreaReference from(std::uint64_t word) {
    return {static_cast<std::uint32_t>(word), static_cast<std::uint32_t>(word >> 32)};
  }
  constexpr std::uint64_t word() const { return unit | std::uint64_t{length} << 32; }
};
constexpr std::uint32_t units_of(std::uint64_t bytes) {
  return static_cast<std::uint32_t>((bytes + kAreaUnit - 1) / kAreaUnit);
}

/// A bucket of the path index. Low half: slot + 1, 0 = empty; high half: the hash's high half.
constexpr std::uint64_t bucket_word(std::uint32_t slot, std::uint64_t hash) {
  return (hash & 0xffffffff00000000U) | (slot + 1);
}

/// Source: FNV-1a, 64 bits
constexpr std::uint64_t hash_path(std::string_view path) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : path)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

/// Where the parts are, checked against the size of the mapping: use this, never the header again.
struct Geometry {
  std::uint64_t segment_bytes = 0;
  std::uint32_t slot_capacity = 0;
  std::uint32_t bucket_count = 0;
  std::uint64_t buckets = 0;
  std::uint64_t entries = 0;
  std::uint64_t slots = 0;
  std::uint64_t area = 0;
  std::uint64_t area_bytes = 0;

  bool operator==(const Geometry&) const = default;
};

/// Fails: invalid_argument, naming the limit
Result<Geometry> plan_geometry(std::uint32_t slot_capacity, std::uint64_t area_bytes);

/// Why a segment cannot be used.
enum class HeaderFault : std::uint8_t { damaged, wrong_version, not_ready, replaced };
struct HeaderProblem {
  HeaderFault fault;
  std::string text;
};
/// Every offset inside the mapping, aligned and without overlap.
std::expected<Geometry, HeaderProblem> check_header(std::span<const std::byte> mapping);

/// A segment in memory. Indices are the caller's to check; the geometry was.
class View {
 public:
  View() = default;
  View(std::byte* base, const Geometry& geometry) : base_(base), geometry_(geometry) {}

  const Geometry& geometry() const { return geometry_; }
  const Header& header() const { return *reinterpret_cast<const Header*>(base_); }
  const Cell& cell(std::uint32_t i) const { return at<const Cell>(geometry_.slots, i); }
  const Entry& entry(std::uint32_t i) const { return at<const Entry>(geometry_.entries, i); }
  const Word& bucket(std::uint32_t i) const { return at<const Word>(geometry_.buckets, i); }
  /// The reference lies inside the area (it may come from a damaged segment).
  bool inside(AreaReference reference) const {
    return std::uint64_t{reference.unit} * kAreaUnit +
               std::uint64_t{units_of(reference.length)} * kAreaUnit <=
           geometry_.area_bytes;
  }
  const Word* area(std::uint32_t unit) const {
    return &at<const Word>(geometry_.area, std::size_t{unit} * (kAreaUnit / sizeof(Word)));
  }

 protected:
  template <class T>
  T& at(std::uint64_t offset, std::size_t index) const {
    return reinterpret_cast<T*>(base_ + offset)[index];
  }

  std::byte* base_ = nullptr;
  Geometry geometry_;
};

/// The writer's view. Everything but the slots (see latch.hpp) is stored through it, so that a twin
/// of the same geometry gets the same stores in the same order.
/// Threads: the writer's
class MutableView : public View {
 public:
  using View::View;

  /// From here on every store goes into that segment, too, after the first; nullptr = no more.
  void set_twin(std::byte* base) { twin_ = base; }
  /// The twin alone; only where there is one.
  MutableView twin() const { return {twin_, geometry_}; }

  Cell& own_cell(std::uint32_t i) const { return at<Cell>(geometry_.slots, i); }
  /// Memory of the area that no copy refers to yet.
  Word* fresh_area(std::uint32_t unit) const {
    return &at<Word>(geometry_.area, std::size_t{unit} * (kAreaUnit / sizeof(Word)));
  }

  void store(const Word& word, std::uint64_t value) const { store_in_both(word, value); }
  void store(const HalfWord& word, std::uint32_t value) const { store_in_both(word, value); }
  void store_bytes(std::uint32_t unit, std::span<const std::byte> bytes) const;

 private:
  template <class Atomic, class Number>
  void store_in_both(const Atomic& word, Number value) const {
    const auto offset = reinterpret_cast<const std::byte*>(&word) - base_;
    reinterpret_cast<Atomic*>(base_ + offset)->store(value, std::memory_order_release);
    if (twin_ != nullptr)
      reinterpret_cast<Atomic*>(twin_ + offset)->store(value, std::memory_order_release);
  }

  std::byte* twin_ = nullptr;
};

}  // namespace tagwerk::table
