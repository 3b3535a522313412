#include "history/journal_row.hpp"

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

/// Writes numbers with their bytes apart: the lowest of all first.
template <class Number>
class Column {
 public:
  Column(std::byte* begin, std::size_t count) : begin_(begin), count_(count) {}

  void set(std::size_t i, Number number) {
    for (std::size_t byte = 0; byte < sizeof(Number);
         ++byte, number = static_cast<Number>(number >> 7 >> 1))
      begin_[byte * count_ + i] = static_cast<std::byte>(number);
  }
  Number get(std::size_t i) const {
    Number out = 0;
    for (std::size_t byte = sizeof(Number); byte-- > 0;)
      out = static_cast<Number>(out << 7 << 1 | std::to_integer<Number>(begin_[byte * count_ + i]));
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
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto& [tag, point, keep] = records[i];
    std::uint64_t bits = bits_of(point.value);
    if (point.value.has_buffer()) {
      const std::size_t before = buffers_.size();
      link::encode_value(point.value, buffers);
      bits = buffers_.size() - before;
    }
    columns.tags.set(i, tag);
    columns.times.set(i, static_cast<std::uint64_t>(point.time.time_since_epoch().count()));
    columns.values.set(i, bits);
    columns.qualities.set(i, point.quality.code);
    columns.kinds.set(i, static_cast<std::uint8_t>(static_cast<unsigned>(point.value.type()) |
                                                   (keep ? kKeep : 0U)));
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
