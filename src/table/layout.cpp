#include "table/layout.hpp"

#include <algorithm>

#include "table/latch.hpp"

namespace tagwerk::table {
namespace {

constexpr std::uint64_t kPage = 4096;

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) {
  return (value + unit - 1) / unit * unit;
}

struct Part {
  const char* name;
  std::uint64_t offset;
  std::uint64_t bytes;
};

std::unexpected<HeaderProblem> damaged(std::string text) {
  return std::unexpected(HeaderProblem{HeaderFault::damaged, std::move(text)});
}

std::expected<void, HeaderProblem> check_parts(std::span<Part> parts, std::uint64_t segment_bytes) {
  std::ranges::sort(parts, {}, &Part::offset);
  std::uint64_t end = kHeaderBytes;
  for (const auto& part : parts) {
    if (part.offset < end || part.offset % kSlotBytes != 0)
      return damaged(fmt::format("{} at offset {} overlap the part before or are not aligned to {}",
                                 part.name, part.offset, kSlotBytes));
    if (part.offset > segment_bytes || part.bytes > segment_bytes - part.offset)
      return damaged(fmt::format("{} end at {} + {}, the segment at {}", part.name, part.offset,
                                 part.bytes, segment_bytes));
    end = part.offset + part.bytes;
  }
  return {};
}

std::expected<void, HeaderProblem> check_identity(std::span<const std::byte> mapping) {
  if (mapping.empty())
    return std::unexpected(HeaderProblem{HeaderFault::not_ready, "it is still empty"});
  if (mapping.size() < kHeaderBytes)
    return damaged(fmt::format("{} bytes, a header alone has {}", mapping.size(), kHeaderBytes));
  const auto& header = *reinterpret_cast<const Header*>(mapping.data());
  const auto magic = header.magic.load(std::memory_order_acquire);
  if (magic == 0)
    return std::unexpected(HeaderProblem{HeaderFault::not_ready, "its header is not finished"});
  if (magic != kMagic)
    return damaged(fmt::format("magic {:016x}, expected {:016x}", magic, kMagic));
  if (header.version != kLayoutVersion)
    return std::unexpected(HeaderProblem{
        HeaderFault::wrong_version,
        fmt::format("layout version {}, this program knows {}", header.version, kLayoutVersion)});
  if (header.state.load(std::memory_order_acquire) == static_cast<std::uint32_t>(State::replaced))
    return std::unexpected(HeaderProblem{HeaderFault::replaced, "a new segment took its place"});
  return {};
}

std::expected<void, HeaderProblem> check_counts(const Header& header) {
  if (header.header_bytes != kHeaderBytes)
    return damaged(
        fmt::format("header of {} bytes, expected {}", header.header_bytes, kHeaderBytes));
  if (header.slot_capacity == 0 || header.slot_capacity > kMaxSlots)
    return damaged(fmt::format("{} slots, allowed are 1 to {}", header.slot_capacity, kMaxSlots));
  if (!std::has_single_bit(header.bucket_count) || header.bucket_count <= header.slot_capacity)
    return damaged(fmt::format("{} buckets: not a power of two above the {} slots",
                               header.bucket_count, header.slot_capacity));
  if (header.area_bytes % kSlotBytes != 0 || header.area_bytes > kMaxArea)
    return damaged(fmt::format("area of {} bytes", header.area_bytes));
  return {};
}

}  // namespace

void MutableView::store_bytes(std::uint32_t unit, std::span<const std::byte> bytes) const {
  table::store_bytes(fresh_area(unit), bytes);
  if (twin_ != nullptr) table::store_bytes(twin().fresh_area(unit), bytes);
}

Result<Geometry> plan_geometry(std::uint32_t slot_capacity, std::uint64_t area_bytes) {
  if (slot_capacity == 0 || slot_capacity > kMaxSlots)
    return fail(ErrorCode::invalid_argument, "a table of {} slots: allowed are 1 to {}",
                slot_capacity, kMaxSlots);
  if (area_bytes > kMaxArea)
    return fail(ErrorCode::invalid_argument, "an area of {} bytes: allowed are at most {}",
                area_bytes, kMaxArea);
  Geometry g;
  g.slot_capacity = slot_capacity;
  g.bucket_count = std::bit_ceil(slot_capacity * 2);
  g.area_bytes = round_up(std::max<std::uint64_t>(area_bytes, kPage), kPage);
  g.buckets = kHeaderBytes;
  g.entries = round_up(g.buckets + std::uint64_t{g.bucket_count} * sizeof(Word), kPage);
  g.slots = round_up(g.entries + std::uint64_t{slot_capacity} * kEntryBytes, kPage);
  g.area = round_up(g.slots + std::uint64_t{slot_capacity} * kSlotBytes, kPage);
  g.segment_bytes = g.area + g.area_bytes;
  return g;
}

std::expected<Geometry, HeaderProblem> check_header(std::span<const std::byte> mapping) {
  if (auto identity = check_identity(mapping); !identity) return std::unexpected(identity.error());
  const auto& header = *reinterpret_cast<const Header*>(mapping.data());
  if (auto counts = check_counts(header); !counts) return std::unexpected(counts.error());
  const Geometry g{header.segment_bytes, header.slot_capacity, header.bucket_count,
                   header.buckets,       header.entries,       header.slots,
                   header.area,          header.area_bytes};
  if (g.segment_bytes > mapping.size())
    return damaged(fmt::format("the header speaks of {} bytes, the segment has {}", g.segment_bytes,
                               mapping.size()));
  Part parts[] = {
      {"buckets", g.buckets, std::uint64_t{g.bucket_count} * sizeof(Word)},
      {"entries", g.entries, std::uint64_t{g.slot_capacity} * kEntryBytes},
      {"slots", g.slots, std::uint64_t{g.slot_capacity} * kSlotBytes},
      {"area", g.area, g.area_bytes},
  };
  if (auto fine = check_parts(parts, g.segment_bytes); !fine) return std::unexpected(fine.error());
  return g;
}

}  // namespace tagwerk::table
