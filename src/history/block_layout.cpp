#include "history/block_layout.hpp"

#include <algorithm>
#include <zlib.h>

#include "base/assert.hpp"
#include "history/block.hpp"

namespace tagwerk::history {

using base::ByteReader;
using base::Bytes;
using base::ByteView;
using base::ByteWriter;
using model::Type;

namespace {

constexpr std::uint8_t kFirstIsNull = 1;
constexpr std::uint8_t kLastIsNull = 2;

void write_statistics(const Layout& layout, ByteWriter& out) {
  if (layout.has(header_flag::kWhole)) {
    const WholeStatistics& of = layout.whole;
    for (const std::uint64_t each :
         {of.largest, of.first, of.last, of.sum, of.squares, of.steps, of.lines})
      out.varint(each);
  } else {
    const FloatStatistics& of = layout.floats;
    for (const std::uint64_t each : {of.least, of.largest, of.first, of.last})
      out.u64(each);
    for (const double each : {of.sum, of.squares, of.steps, of.lines})
      out.f64(each);
  }
  out.varint(layout.least_at);
  out.varint(layout.largest_at);
}

void read_statistics(ByteReader& in, Layout& layout) {
  if (layout.has(header_flag::kWhole)) {
    WholeStatistics& of = layout.whole;
    for (std::uint64_t* each :
         {&of.largest, &of.first, &of.last, &of.sum, &of.squares, &of.steps, &of.lines})
      *each = in.varint();
  } else {
    FloatStatistics& of = layout.floats;
    for (std::uint64_t* each : {&of.least, &of.largest, &of.first, &of.last})
      *each = in.u64();
    for (double* each : {&of.sum, &of.squares, &of.steps, &of.lines})
      *each = in.f64();
  }
  layout.least_at = in.varint();
  layout.largest_at = in.varint();
}

void write_counts(const Layout& layout, ByteWriter& out) {
  out.varint(layout.points);
  out.varint(layout.tick);
  out.varint(layout.span);
  out.u8(layout.flags);
  if (layout.has(header_flag::kNulls)) {
    out.varint(layout.nulls);
    out.varint(layout.held);
    out.u8(static_cast<std::uint8_t>((layout.first_is_null ? kFirstIsNull : 0u) |
                                     (layout.last_is_null ? kLastIsNull : 0u)));
  }
  if (layout.has(header_flag::kQualities)) {
    out.varint(layout.good);
    out.varint(layout.good_ticks);
    out.u32(layout.first_quality);
    out.u32(layout.last_quality);
  }
}

void read_counts(ByteReader& in, Layout& layout) {
  layout.points = in.varint();
  layout.tick = in.varint();
  layout.span = in.varint();
  layout.flags = in.u8();
  layout.held = layout.good_ticks = layout.span;
  layout.good = layout.points;
  if (layout.has(header_flag::kNulls)) {
    layout.nulls = in.varint();
    layout.held = in.varint();
    const unsigned ends = in.u8();
    layout.first_is_null = (ends & kFirstIsNull) != 0;
    layout.last_is_null = (ends & kLastIsNull) != 0;
  } else if (layout.type == Type::null) {
    layout.nulls = layout.points;
    layout.held = 0;
    layout.first_is_null = layout.last_is_null = true;
  }
  if (layout.has(header_flag::kQualities)) {
    layout.good = in.varint();
    layout.good_ticks = in.varint();
    layout.first_quality = in.u32();
    layout.last_quality = in.u32();
  }
}

/// Bytes whose checksum is right, but which no encoder writes.
std::unexpected<Error> nonsense(std::string_view what, std::uint64_t number) {
  return fail(ErrorCode::corrupt, "history block: {} {} cannot be; the block is not Tagwerk's",
              what, number);
}

bool fits_forms(Type type, const NumberForm& form) {
  const bool whole = form.kind == NumberForm::Kind::whole;
  return type == Type::floating ? !whole : whole && !form.has_patches;
}

Status check(const Layout& layout) {
  if (layout.points == 0 || layout.points > kMaxPoints)
    return nonsense("a number of points of", layout.points);
  if (layout.flags > header_flag::kAll) return nonsense("flags", layout.flags);
  // Where every value is null the type says so.
  if (layout.has(header_flag::kNulls) &&
      (layout.type == Type::null || layout.nulls == 0 || layout.nulls >= layout.points))
    return nonsense("a number of nulls of", layout.nulls);
  if (layout.good > layout.points) return nonsense("a number of good points of", layout.good);
  // The times of a block lie within 64 bits, so no span does not.
  if (layout.tick == 0 || layout.span > ~std::uint64_t{0} / layout.tick)
    return nonsense("a tick of", layout.tick);
  if (layout.held > layout.span || layout.good_ticks > layout.span)
    return nonsense("a duration of", std::max(layout.held, layout.good_ticks));
  const bool whole = layout.has(header_flag::kWhole), floats = layout.has(header_flag::kFloats);
  if (layout.has_numbers() ? whole == floats : whole || floats)
    return nonsense("flags", layout.flags);
  if (layout.has_numbers() &&
      (!fits_forms(layout.type, layout.form) || (whole && !layout.form.is_exact())))
    return nonsense("a form of numbers of", static_cast<std::uint64_t>(layout.form.kind));
  if (layout.least_at > layout.span || layout.largest_at > layout.span)
    return nonsense("a time of the least or largest value of", layout.least_at);
  return {};
}

struct Sizes {
  std::uint8_t version = 0, type = 0;
  std::size_t header = 0, body = 0;
};

Result<Sizes> read_sizes(ByteView block) {
  ByteReader in(block);
  Sizes sizes;
  sizes.version = in.u8();
  sizes.type = in.u8();
  sizes.header = in.u16();
  sizes.body = in.u32();
  if (!in.ok())
    return fail(ErrorCode::corrupt,
                "history block: {} bytes are less than the beginning of a block", block.size());
  if (sizes.version != kBlockVersion)
    return fail(ErrorCode::corrupt,
                "history block: version {} is not known here, only {}; it is damaged or of a newer "
                "Tagwerk",
                sizes.version, kBlockVersion);
  if (sizes.type > static_cast<unsigned>(Type::string_array))
    return fail(ErrorCode::corrupt, "history block: there is no type {}; the block is damaged",
                sizes.type);
  if (sizes.header < kFixedBytes + kChecksumBytes || sizes.header > kMaxHeaderBytes)
    return fail(ErrorCode::corrupt,
                "history block: a header of {} bytes is outside {} … {}; the block is damaged",
                sizes.header, kFixedBytes + kChecksumBytes, kMaxHeaderBytes);
  if (sizes.body > kMaxBodyBytes)
    return fail(ErrorCode::corrupt,
                "history block: a body of {} bytes is above {}; the block is damaged", sizes.body,
                kMaxBodyBytes);
  return sizes;
}

}  // namespace

bool Layout::has_numbers() const {
  return type >= Type::boolean && type <= Type::floating;
}

std::uint32_t checksum(ByteView bytes) {
  return static_cast<std::uint32_t>(
      ::crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

void insert_header(Layout layout, std::size_t begin, Bytes& out) {
  const std::size_t body_size = out.size() - begin;
  TAGWERK_ASSERT(body_size <= kMaxBodyBytes);
  Bytes header;
  header.reserve(kMaxHeaderBytes);
  ByteWriter writer(header);
  writer.u8(kBlockVersion);
  writer.u8(static_cast<std::uint8_t>(layout.type));
  writer.u16(0);
  writer.u32(static_cast<std::uint32_t>(body_size));
  writer.u32(checksum(ByteView(out).subspan(begin)));
  writer.i64(layout.first_time);
  write_counts(layout, writer);
  if (layout.has_numbers()) {
    write_form(layout.form, header);
    write_statistics(layout, writer);
  }
  const std::size_t size = header.size() + kChecksumBytes;
  header[2] = static_cast<std::byte>(size);
  header[3] = static_cast<std::byte>(size >> 8);
  writer.u32(checksum(header));
  out.insert(out.begin() + static_cast<std::ptrdiff_t>(begin), header.begin(), header.end());
}

Result<std::size_t> block_size(ByteView begin) {
  const auto sizes = read_sizes(begin);
  if (!sizes) return std::unexpected(sizes.error());
  return sizes->header + sizes->body;
}

Result<Layout> read_layout(ByteView block) {
  const auto sizes = read_sizes(block);
  if (!sizes) return std::unexpected(sizes.error());
  if (block.size() < sizes->header)
    return fail(ErrorCode::corrupt, "history block: its header has {} bytes and only {} are there",
                sizes->header, block.size());
  const std::size_t covered = sizes->header - kChecksumBytes;
  ByteReader stated(block.subspan(covered, kChecksumBytes));
  const std::uint32_t found = checksum(block.first(covered)), expected = stated.u32();
  if (found != expected)
    return fail(
        ErrorCode::corrupt,
        "history block: the checksum of its header is {:08x} and should be {:08x}; the block "
        "is damaged",
        found, expected);
  ByteReader in(block.subspan(8, covered - 8));
  Layout layout;
  layout.type = static_cast<Type>(sizes->type);
  layout.header_size = sizes->header;
  layout.body_size = sizes->body;
  layout.body_checksum = in.u32();
  layout.first_time = in.i64();
  read_counts(in, layout);
  bool known = in.ok();
  if (known && layout.has_numbers()) {
    known = read_form(in, layout.form);
    read_statistics(in, layout);
  }
  if (!known || !in.finished()) return nonsense("a header size of", sizes->header);
  if (const auto sound = check(layout); !sound) return std::unexpected(sound.error());
  return layout;
}

}  // namespace tagwerk::history
