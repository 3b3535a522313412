#include <algorithm>
#include <array>
#include <unordered_map>

#include "history/block.hpp"
#include "history/block_layout.hpp"
#include "history/number_form.hpp"
#include "history/sequence_encoder.hpp"
#include "history/statistics.hpp"
#include "history/unit.hpp"

namespace tagwerk::history {

using base::Bytes;
using base::ByteWriter;
using model::Type;

/// What is kept between calls.
struct BlockEncoder::Work {
  Columns points;
  SequenceEncoder sequences;
  std::vector<std::uint64_t> ticks, ks, numbers;
  std::vector<std::int64_t> integers;
  std::vector<double> floats;
  std::vector<NumberPatch> patches;
  std::unordered_map<std::string_view, std::uint64_t> codes;
  std::vector<std::string_view> texts;

  Status encode(const Columns& columns, Bytes& out);
  Status encode_times(const Columns& columns, Layout& layout, Bytes& out);
  void encode_nulls(const Columns& columns, Bytes& out);
  void encode_qualities(const Columns& columns, Bytes& out);
  Status encode_values(const Columns& columns, Layout& layout, Bytes& out);
  NumberForm form_of(const Columns& columns, bool floating);
  void encode_numbers(const NumberForm& form, Bytes& out);
  Status encode_texts(const Columns& columns, Bytes& out);
  Status encode_arrays(const Columns& columns, Bytes& out);
};

namespace {

/// The entries of `all` whose point is not null; `all` itself when none is.
template <class T>
std::span<const T> present(const Columns& columns, const std::vector<T>& all,
                           std::vector<T>& kept) {
  if (columns.null_count() == 0) return all;
  kept.clear();
  for (std::size_t i = 0; i < all.size(); ++i)
    if (!columns.is_null(i)) kept.push_back(all[i]);
  return kept;
}

bool are_consistent(const Columns& columns) {
  const std::size_t count = columns.size();
  if (columns.qualities.size() != count) return false;
  if (!columns.nulls.empty() && columns.nulls.size() != count) return false;
  switch (columns.type) {
    case Type::null:
      return columns.null_count() == count;
    case Type::boolean:
    case Type::integer:
      return columns.integers.size() == count;
    case Type::floating:
      return columns.floats.size() == count;
    case Type::string:
    case Type::json:
      return columns.codes.size() == count;
    default:
      return columns.ends.size() == count;
  }
}

}  // namespace

Status BlockEncoder::Work::encode_times(const Columns& columns, Layout& layout, Bytes& out) {
  const auto& times = columns.times;
  layout.first_time = times.front();
  ticks.resize(times.size());
  ticks[0] = 0;
  std::uint64_t wrong = 0;
  for (std::size_t i = 1; i < times.size(); ++i) {
    ticks[i] = static_cast<std::uint64_t>(times[i]) - static_cast<std::uint64_t>(times[0]);
    wrong |= times[i] < times[i - 1] ? 1 : 0;
  }
  if (wrong != 0) {
    const auto at = std::ranges::is_sorted_until(times) - times.begin();
    return fail(ErrorCode::invalid_argument,
                "history block: point {} of {} is older than the one before it; sort them by time",
                at + 1, times.size());
  }
  layout.tick = divide_by_unit(ticks, 0);
  sequences.encode(ticks, out);
  return {};
}

/// Lengths of runs, in turn with a value and null; the first may be 0.
void BlockEncoder::Work::encode_nulls(const Columns& columns, Bytes& out) {
  numbers.clear();
  bool null = false;
  numbers.push_back(0);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns.is_null(i) != null) {
      null = !null;
      numbers.push_back(0);
    }
    ++numbers.back();
  }
  ByteWriter(out).varint(numbers.size());
  sequences.encode(numbers, out);
}

void BlockEncoder::Work::encode_qualities(const Columns& columns, Bytes& out) {
  numbers.assign(columns.qualities.begin(), columns.qualities.end());
  sequences.encode(numbers, out);
}

NumberForm BlockEncoder::Work::form_of(const Columns& columns, bool floating) {
  const bool scalars = columns.type <= Type::floating;
  if (floating)
    return to_form(scalars ? present(columns, columns.floats, floats) : columns.floats, ks,
                   patches);
  patches.clear();
  return to_form(scalars ? present(columns, columns.integers, integers) : columns.integers, ks);
}

void BlockEncoder::Work::encode_numbers(const NumberForm& form, Bytes& out) {
  sequences.encode(ks, out,
                   form.is_bits() ? SequenceEncoder::Kind::bits : SequenceEncoder::Kind::number);
  if (!form.has_patches) return;
  ByteWriter writer(out);
  writer.varint(patches.size());
  std::uint32_t next = 0;
  for (const NumberPatch& each : patches) {
    writer.varint(each.place - next);
    writer.u64(each.bits);
    next = each.place + 1;
  }
}

Status BlockEncoder::Work::encode_texts(const Columns& columns, Bytes& out) {
  codes.clear();
  texts.clear();
  ks.clear();
  std::size_t bytes = 0;
  const bool scalars = columns.type < Type::bool_array;
  for (std::size_t i = 0; i < columns.codes.size(); ++i) {
    if (scalars && columns.is_null(i)) continue;
    const std::string_view text = columns.texts[columns.codes[i]];
    const auto [found, is_new] = codes.try_emplace(text, texts.size());
    if (is_new) {
      texts.push_back(text);
      bytes += text.size();
    }
    ks.push_back(found->second);
  }
  if (bytes > kMaxTextBytes)
    return fail(ErrorCode::limit_exceeded,
                "history block: its texts have {} bytes, more than {}; make it of fewer points",
                bytes, kMaxTextBytes);
  numbers.clear();
  Bytes raw;
  raw.reserve(bytes);
  for (const std::string_view each : texts) {
    numbers.push_back(each.size());
    ByteWriter(raw).bytes(base::as_bytes(each));
  }
  ByteWriter writer(out);
  writer.varint(texts.size());
  sequences.encode(numbers, out);
  constexpr std::size_t kShortest = 64;
  const auto frame = raw.size() < kShortest
                         ? base::ByteView()
                         : sequences.compressor().compress(raw, raw.size() - raw.size() / 16);
  writer.varint(frame.size());
  writer.bytes(frame.empty() ? raw : frame);
  sequences.encode(ks, out);
  return {};
}

Status BlockEncoder::Work::encode_arrays(const Columns& columns, Bytes& out) {
  if (columns.ends.back() > kMaxElements)
    return fail(ErrorCode::limit_exceeded,
                "history block: its arrays have {} elements, more than {}; make it of fewer points",
                columns.ends.back(), kMaxElements);
  numbers.clear();
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (!columns.is_null(i)) numbers.push_back(columns.ends[i] - columns.begin_of(i));
  sequences.encode(numbers, out);
  if (columns.type == Type::string_array) return encode_texts(columns, out);
  const NumberForm form = form_of(columns, columns.type == Type::float_array);
  NumberForm written = form;
  written.has_patches = !patches.empty();
  write_form(written, out);
  encode_numbers(written, out);
  return {};
}

Status BlockEncoder::Work::encode_values(const Columns& columns, Layout& layout, Bytes& out) {
  switch (layout.type) {
    case Type::null:
      return {};
    case Type::boolean:
    case Type::integer:
    case Type::floating:
      layout.form = form_of(columns, layout.type == Type::floating);
      encode_numbers(layout.form, out);
      summarize(columns, ticks, ks, layout);
      return {};
    case Type::string:
    case Type::json:
      return encode_texts(columns, out);
    default:
      return encode_arrays(columns, out);
  }
}

Status BlockEncoder::Work::encode(const Columns& columns, Bytes& out) {
  if (columns.size() == 0)
    return fail(ErrorCode::invalid_argument, "history block: there are no points to make it of");
  if (columns.size() > kMaxPoints)
    return fail(ErrorCode::limit_exceeded,
                "history block: {} points are more than {}; make several blocks", columns.size(),
                kMaxPoints);
  if (!are_consistent(columns))
    return fail(ErrorCode::invalid_argument,
                "history block: the columns of {} points have different lengths", columns.size());
  const std::size_t begin = out.size();
  Layout layout;
  layout.type = columns.null_count() == columns.size() ? Type::null : columns.type;
  auto encoded = encode_times(columns, layout, out);
  if (encoded) {
    count_points(columns, ticks, layout);
    if (layout.has(header_flag::kNulls)) encode_nulls(columns, out);
    if (layout.has(header_flag::kQualities)) encode_qualities(columns, out);
    encoded = encode_values(columns, layout, out);
  }
  if (encoded)
    insert_header(layout, begin, out);
  else
    out.resize(begin);
  return encoded;
}

BlockEncoder::BlockEncoder() : work_(std::make_unique<Work>()) {}
BlockEncoder::~BlockEncoder() = default;

Status BlockEncoder::encode(const Columns& columns, Bytes& out) {
  return work_->encode(columns, out);
}

Status BlockEncoder::encode(std::span<const Point> points, Bytes& out) {
  Columns& columns = work_->points;
  columns.clear();
  for (const Point& each : points)
    if (!columns.append(each))
      return fail(
          ErrorCode::invalid_argument,
          "history block: point {} is of type {} and those before it of type {}; make a block "
          "of each type",
          columns.size() + 1, model::to_string(each.value.type()), model::to_string(columns.type));
  return work_->encode(columns, out);
}

}  // namespace tagwerk::history
