#include "history/journal_row.hpp"

#include <algorithm>
#include <array>

#include "history/value_bits.hpp"
#include "link/samples.hpp"

namespace tagwerk::history {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kMaxBytes = std::size_t{256} << 20;
/// tag, time, value, quality, kind
constexpr std::size_t kFixed = 8 + 8 + 8 + 4 + 1;
constexpr std::uint8_t kTypeBits = 0x0f;
constexpr std::uint8_t kKeep = 0x10;

/// So many numbers at a time stay in the first cache while their bytes are taken apart.
constexpr std::size_t kStride = 1024;

/// Numbers with their bytes apart: the lowest of all first.
template <class Number>
class Column {
 public:
  Column(std::byte* begin, std::size_t count) : begin_(begin), count_(count) {}

  void set(std::size_t from, std::span<const Number> numbers) {
    for (std::size_t byte = 0; byte < sizeof(Number); ++byte) {
      std::byte* const out = begin_ + byte * count_ + from;
      for (std::size_t i = 0; i < numbers.size(); ++i)
        out[i] = static_cast<std::byte>(numbers[i] >> (8 * byte));
    }
  }
  Number get(std::size_t i) const {
    Number out = 0;
    for (std::size_t byte = 0; byte < sizeof(Number); ++byte)
      out = static_cast<Number>(
          out |
          static_cast<Number>(std::to_integer<Number>(begin_[byte * count_ + i]) << (8 * byte)));
    return out;
  }
  std::byte* end() const { return begin_ + sizeof(Number) * count_; }

 private:
  std::byte* begin_;
  std::size_t count_;
};

struct FixedColumns {
  FixedColumns(std::byte* begin, std::size_t count)
      : tags(begin, count),
        times(tags.end(), count),
        values(times.end(), count),
        qualities(values.end(), count),
        kinds(qualities.end(), count) {}

  Column<std::uint64_t> tags, times, values;
  Column<std::uint32_t> qualities;
  Column<std::uint8_t> kinds;
};

/// The columns of up to kStride records, before their bytes are taken apart.
struct Stride {
  std::array<std::uint64_t, kStride> tags, times, values;
  std::array<std::uint32_t, kStride> qualities;
  std::array<std::uint8_t, kStride> kinds;

  void set(std::size_t i, const Record& record, std::uint64_t value) {
    const Point& point = record.point;
    tags[i] = record.tag;
    times[i] = static_cast<std::uint64_t>(point.time.time_since_epoch().count());
    values[i] = value;
    qualities[i] = point.quality.code;
    kinds[i] = static_cast<std::uint8_t>(static_cast<unsigned>(point.value.type()) |
                                         (record.keep ? kKeep : 0U));
  }
  void move_to(FixedColumns& out, std::size_t from, std::size_t count) const {
    out.tags.set(from, std::span(tags).first(count));
    out.times.set(from, std::span(times).first(count));
    out.values.set(from, std::span(values).first(count));
    out.qualities.set(from, std::span(qualities).first(count));
    out.kinds.set(from, std::span(kinds).first(count));
  }
};

std::unexpected<Error> broken(std::string_view what) {
  return fail(ErrorCode::corrupt, "a journal row is damaged: {}", what);
}

}  // namespace

Result<base::ByteView> JournalRowEncoder::encode(std::span<const Record> records) {
  if (records.size() > kMaxRowPoints)
    return fail(ErrorCode::limit_exceeded, "{} points for one journal row, {} fit", records.size(),
                kMaxRowPoints);
  columns_.resize(records.size() * kFixed);
  buffers_.clear();
  base::ByteWriter buffers(buffers_);
  FixedColumns columns(columns_.data(), records.size());
  Stride stride;
  for (std::size_t from = 0; from < records.size(); from += kStride) {
    const std::size_t count = std::min(kStride, records.size() - from);
    for (std::size_t i = 0; i < count; ++i) {
      const Record& record = records[from + i];
      std::uint64_t bits = bits_of(record.point.value);
      if (record.point.value.has_buffer()) {
        const std::size_t before = buffers_.size();
        link::encode_value(record.point.value, buffers);
        bits = buffers_.size() - before;
      }
      stride.set(i, record, bits);
    }
    stride.move_to(columns, from, count);
  }
  columns_.insert(columns_.end(), buffers_.begin(), buffers_.end());
  if (columns_.size() > kMaxBytes)
    return fail(ErrorCode::limit_exceeded, "{} bytes for one journal row, {} fit", columns_.size(),
                kMaxBytes);
  const auto frame = compressor_.compress(columns_, SIZE_MAX);
  if (frame.empty())
    return fail(ErrorCode::internal, "zstd could not pack {} bytes", columns_.size());
  row_.clear();
  base::ByteWriter row(row_);
  row.u8(kVersion);
  row.varint(records.size());
  row.varint(columns_.size());
  row.bytes(frame);
  return row_;
}

Status JournalRowDecoder::decode(base::ByteView row, std::vector<Record>& out) {
  base::ByteReader head(row);
  if (const auto version = head.u8(); version != kVersion)
    return broken(fmt::format("version {} where {} is known", version, kVersion));
  const std::uint64_t count = head.varint(), size = head.varint();
  if (!head.ok() || count > kMaxRowPoints || size > kMaxBytes || size < count * kFixed)
    return broken(fmt::format("{} points in {} bytes", count, size));
  columns_.resize(size);
  if (!decompressor_.decompress(head.bytes(head.remaining()), columns_))
    return broken("its zstd frame does not hold what it should");
  const FixedColumns columns(columns_.data(), count);
  base::ByteReader buffers(base::ByteView(columns_).subspan(count * kFixed));
  const std::size_t before = out.size();
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t kind = columns.kinds.get(i);
    const auto type = static_cast<model::Type>(kind & kTypeBits);
    std::optional<Value> value = value_of(type, columns.values.get(i));
    if (type >= model::Type::string) {
      base::ByteReader bytes(buffers.bytes(columns.values.get(i)));
      value = link::decode_value(bytes);
      if (!value || value->type() != type || !bytes.finished()) {
        out.resize(before);
        return broken(fmt::format("the value of point {} is no {}", i, model::to_string(type)));
      }
    }
    out.push_back(
        {.tag = columns.tags.get(i),
         .point = {.time = UtcTime{Duration(static_cast<std::int64_t>(columns.times.get(i)))},
                   .quality = {columns.qualities.get(i)},
                   .value = std::move(*value)},
         .keep = (kind & kKeep) != 0});
  }
  if (buffers.finished()) return {};
  out.resize(before);
  return broken("bytes are left over");
}

}  // namespace tagwerk::history
