#include <algorithm>
#include <bit>

#include "history/block.hpp"
#include "history/block_layout.hpp"
#include "history/number_form.hpp"
#include "history/sequence_decoder.hpp"
#include "history/statistics.hpp"

namespace tagwerk::history {

using base::ByteReader;
using base::ByteView;
using model::Type;

/// What is kept between calls. Each function is false when the bytes make no sense.
struct BlockDecoder::Work {
  SequenceDecoder sequences;
  std::vector<std::uint64_t> numbers;
  std::vector<std::byte> raw;

  bool decode_times(ByteReader& in, const Layout& layout, Columns& out);
  bool decode_nulls(ByteReader& in, const Layout& layout, Columns& out);
  bool decode_qualities(ByteReader& in, const Layout& layout, Columns& out);
  bool decode_values(ByteReader& in, const Layout& layout, Columns& out);
  bool decode_integers(ByteReader& in, const NumberForm& form, bool boolean, std::size_t count,
                       Columns& out);
  bool decode_floats(ByteReader& in, const NumberForm& form, std::size_t count, Columns& out);
  bool decode_texts(ByteReader& in, std::size_t count, Columns& out);
  bool decode_arrays(ByteReader& in, const Layout& layout, Columns& out);
};

namespace {

/// Moves the entries of values to their points; nulls get `filler`.
template <class T>
void spread(const Columns& columns, std::vector<T>& entries, T filler) {
  if (columns.nulls.empty()) return;
  std::size_t next = entries.size();
  entries.resize(columns.size(), filler);
  for (std::size_t i = columns.size(); i-- > 0;)
    entries[i] = columns.is_null(i) ? filler : entries[--next];
}

bool read_number_patches(ByteReader& in, std::vector<double>& out) {
  const std::uint64_t count = in.varint();
  if (count > out.size()) return false;
  std::size_t at = 0;
  for (std::uint64_t i = 0; i < count; ++i, ++at) {
    const std::uint64_t gap = in.varint(), bits = in.u64();
    if (!in.ok() || gap >= out.size() - at) return false;
    at += gap;
    out[at] = std::bit_cast<double>(bits);
  }
  return in.ok();
}

/// What the readers of header and body both have to say.
std::unexpected<Error> unreadable(std::string_view what) {
  return fail(ErrorCode::corrupt,
              "history block: its {} cannot be read though the checksum is right; the block is not "
              "Tagwerk's",
              what);
}

}  // namespace

bool BlockDecoder::Work::decode_times(ByteReader& in, const Layout& layout, Columns& out) {
  numbers.resize(layout.points);
  if (!sequences.decode(in, numbers)) return false;
  out.times.resize(layout.points);
  const auto first = static_cast<std::uint64_t>(layout.first_time);
  std::uint64_t wrong = numbers.front() | (numbers.back() ^ layout.span);
  for (std::size_t i = 0; i < out.times.size(); ++i)
    out.times[i] = static_cast<std::int64_t>(first + numbers[i] * layout.tick);
  for (std::size_t i = 1; i < numbers.size(); ++i)
    wrong |= numbers[i] < numbers[i - 1] ? 1 : 0;
  return wrong == 0 && out.times.front() <= out.times.back();
}

bool BlockDecoder::Work::decode_nulls(ByteReader& in, const Layout& layout, Columns& out) {
  if (!layout.has(header_flag::kNulls)) {
    if (layout.type == Type::null) out.nulls.assign(layout.points, 1);
    return true;
  }
  const std::uint64_t runs = in.varint();
  if (runs > layout.points + 1) return false;
  numbers.resize(runs);
  if (!sequences.decode(in, numbers)) return false;
  bool null = false;
  for (const std::uint64_t length : numbers) {
    if (length > layout.points - out.nulls.size()) return false;
    out.nulls.resize(out.nulls.size() + length, null ? 1 : 0);
    null = !null;
  }
  return out.nulls.size() == layout.points && out.null_count() == layout.nulls;
}

bool BlockDecoder::Work::decode_qualities(ByteReader& in, const Layout& layout, Columns& out) {
  if (!layout.has(header_flag::kQualities)) {
    out.qualities.assign(layout.points, 0);
    return true;
  }
  numbers.resize(layout.points);
  if (!sequences.decode(in, numbers)) return false;
  out.qualities.resize(layout.points);
  std::uint64_t any = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    any |= numbers[i];
    out.qualities[i] = static_cast<std::uint32_t>(numbers[i]);
  }
  return any >> 32 == 0;
}

bool BlockDecoder::Work::decode_integers(ByteReader& in, const NumberForm& form, bool boolean,
                                         std::size_t count, Columns& out) {
  if (form.kind != NumberForm::Kind::whole || form.has_patches) return false;
  numbers.resize(count);
  out.integers.resize(count);
  if (!sequences.decode(in, numbers)) return false;
  from_form(form, numbers, out.integers);
  return !boolean || std::ranges::all_of(out.integers,
                                         [](std::int64_t each) { return each == 0 || each == 1; });
}

bool BlockDecoder::Work::decode_floats(ByteReader& in, const NumberForm& form, std::size_t count,
                                       Columns& out) {
  if (form.kind == NumberForm::Kind::whole) return false;
  numbers.resize(count);
  out.floats.resize(count);
  if (!sequences.decode(in, numbers)) return false;
  from_form(form, numbers, out.floats);
  return !form.has_patches || read_number_patches(in, out.floats);
}

bool BlockDecoder::Work::decode_texts(ByteReader& in, std::size_t count, Columns& out) {
  const std::uint64_t texts = in.varint();
  if (texts > count) return false;
  numbers.resize(texts);
  if (!sequences.decode(in, numbers)) return false;
  std::size_t bytes = 0;
  for (const std::uint64_t each : numbers) {
    if (each > kMaxTextBytes - bytes) return false;
    bytes += each;
  }
  ByteView content;
  const std::uint64_t frame = in.varint();
  if (frame == 0) {
    content = in.bytes(bytes);
  } else {
    const auto compressed = in.bytes(frame);
    raw.resize(bytes);
    if (!in.ok() || !sequences.decompressor().decompress(compressed, raw)) return false;
    content = raw;
  }
  if (!in.ok()) return false;
  out.texts.reserve(texts);
  for (const std::uint64_t each : numbers) {
    out.texts.emplace_back(base::as_text(content.first(each)));
    content = content.subspan(each);
  }
  numbers.resize(count);
  if (!sequences.decode(in, numbers)) return false;
  out.codes.resize(count);
  std::uint64_t largest = 0;
  for (std::size_t i = 0; i < count; ++i) {
    largest = std::max(largest, numbers[i]);
    out.codes[i] = static_cast<std::uint32_t>(numbers[i]);
  }
  return count == 0 || largest < texts;
}

bool BlockDecoder::Work::decode_arrays(ByteReader& in, const Layout& layout, Columns& out) {
  numbers.resize(layout.values());
  if (!sequences.decode(in, numbers)) return false;
  std::size_t elements = 0;
  out.ends.reserve(layout.points);
  for (std::size_t i = 0, next = 0; i < layout.points; ++i) {
    if (!out.is_null(i)) {
      const std::uint64_t length = numbers[next++];
      if (length > kMaxElements - elements) return false;
      elements += length;
    }
    out.ends.push_back(static_cast<std::uint32_t>(elements));
  }
  if (layout.type == Type::string_array) return decode_texts(in, elements, out);
  NumberForm form;
  if (!read_form(in, form)) return false;
  return layout.type == Type::float_array
             ? decode_floats(in, form, elements, out)
             : decode_integers(in, form, layout.type == Type::bool_array, elements, out);
}

bool BlockDecoder::Work::decode_values(ByteReader& in, const Layout& layout, Columns& out) {
  const std::size_t count = layout.values();
  bool good = true;
  switch (layout.type) {
    case Type::null:
      return true;
    case Type::boolean:
    case Type::integer:
      good = decode_integers(in, layout.form, layout.type == Type::boolean, count, out);
      if (good) spread(out, out.integers, std::int64_t{0});
      return good;
    case Type::floating:
      good = decode_floats(in, layout.form, count, out);
      if (good) spread(out, out.floats, 0.0);
      return good;
    case Type::string:
    case Type::json:
      good = decode_texts(in, count, out);
      if (good) spread(out, out.codes, std::uint32_t{0});
      return good;
    default:
      return decode_arrays(in, layout, out);
  }
}

BlockDecoder::BlockDecoder() : work_(std::make_unique<Work>()) {}
BlockDecoder::~BlockDecoder() = default;

Result<BlockHeader> read_header(ByteView block) {
  const auto layout = read_layout(block);
  if (!layout) return std::unexpected(layout.error());
  // Between times at both ends of what an int64 holds lies more than it holds.
  const auto time_of = [&](std::uint64_t ticks) {
    constexpr auto kLongest = static_cast<std::uint64_t>(Duration::max().count());
    return Duration(static_cast<std::int64_t>(std::min(ticks * layout->tick, kLongest)));
  };
  BlockHeader out;
  out.size = layout->header_size + layout->body_size;
  out.type = layout->type;
  out.points = static_cast<std::uint32_t>(layout->points);
  out.nulls = static_cast<std::uint32_t>(layout->nulls);
  out.good = static_cast<std::uint32_t>(layout->good);
  out.first_time = UtcTime(Duration(layout->first_time));
  out.last_time = UtcTime(Duration(static_cast<std::int64_t>(
      static_cast<std::uint64_t>(layout->first_time) + layout->span * layout->tick)));
  out.first_quality = Quality{layout->first_quality};
  out.last_quality = Quality{layout->last_quality};
  out.first_is_null = layout->first_is_null;
  out.last_is_null = layout->last_is_null;
  out.held = time_of(layout->held);
  out.good_time = time_of(layout->good_ticks);
  if (layout->has_numbers()) out.numbers = summary_of(*layout);
  return out;
}

Status BlockDecoder::decode(ByteView block, Columns& out) {
  out.clear();
  const auto layout = read_layout(block);
  if (!layout) return std::unexpected(layout.error());
  const ByteView body = block.subspan(layout->header_size);
  if (body.size() != layout->body_size)
    return fail(ErrorCode::corrupt, "history block: {} bytes follow its header and should be {}",
                body.size(), layout->body_size);
  if (const auto found = checksum(body); found != layout->body_checksum)
    return fail(ErrorCode::corrupt,
                "history block: the checksum of its {} points is {:08x} and should be {:08x}; the "
                "block is damaged",
                layout->points, found, layout->body_checksum);
  ByteReader in(body);
  std::string_view wrong;
  if (!work_->decode_times(in, *layout, out))
    wrong = "times";
  else if (!work_->decode_nulls(in, *layout, out))
    wrong = "nulls";
  else if (!work_->decode_qualities(in, *layout, out))
    wrong = "qualities";
  else if (!work_->decode_values(in, *layout, out) || !in.finished())
    wrong = "values";
  out.type = layout->type;
  if (wrong.empty()) return {};
  out.clear();
  return unreadable(wrong);
}

}  // namespace tagwerk::history
