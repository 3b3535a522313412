#include "link/samples.hpp"

#include <algorithm>
#include <cstring>

#include "base/assert.hpp"
#include "link/frame.hpp"

namespace tagwerk::link {
namespace {

using base::ByteReader;
using base::ByteView;
using base::ByteWriter;
using model::Type;

constexpr std::size_t kNumberSize = 8;

/// Time differences wrap around, so that any two times have one.
std::int64_t wrapping_difference(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
std::int64_t wrapping_sum(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

std::size_t varint_size(std::uint64_t v) {
  return v == 0 ? 1 : (static_cast<std::size_t>(std::bit_width(v)) + 6) / 7;
}
std::size_t text_size(std::string_view text) {
  return varint_size(text.size()) + text.size();
}

/// Bytes of a value in a column.
std::size_t column_size(const Value& value) {
  switch (value.type()) {
    case Type::null:
      return 0;
    case Type::boolean:
      return 1;
    case Type::integer:
    case Type::floating:
      return kNumberSize;
    case Type::string:
    case Type::json:
      return text_size(value.as_text());
    case Type::bool_array:
      return varint_size(value.as_bools().size()) + value.as_bools().size();
    case Type::int_array:
      return varint_size(value.as_ints().size()) + value.as_ints().size() * kNumberSize;
    case Type::float_array:
      return varint_size(value.as_floats().size()) + value.as_floats().size() * kNumberSize;
    case Type::string_array: {
      std::size_t size = varint_size(value.as_strings().size());
      for (const std::string& each : value.as_strings())
        size += text_size(each);
      return size;
    }
  }
  return 0;
}

void write_column_value(const Value& value, ByteWriter& out) {
  switch (value.type()) {
    case Type::null:
      return;
    case Type::boolean:
      return out.u8(value.as_bool() ? 1 : 0);
    case Type::integer:
      return out.i64(value.as_int());
    case Type::floating:
      return out.f64(value.as_float());
    case Type::string:
    case Type::json:
      return out.text(value.as_text());
    case Type::bool_array:
      out.varint(value.as_bools().size());
      for (const bool each : value.as_bools())
        out.u8(each ? 1 : 0);
      return;
    case Type::int_array:
      out.varint(value.as_ints().size());
      for (const std::int64_t each : value.as_ints())
        out.i64(each);
      return;
    case Type::float_array:
      out.varint(value.as_floats().size());
      for (const double each : value.as_floats())
        out.f64(each);
      return;
    case Type::string_array:
      out.varint(value.as_strings().size());
      for (const std::string& each : value.as_strings())
        out.text(each);
      return;
  }
}

/// Element count of an array whose elements take at least `width` bytes each; nothing is allocated
/// for more elements than there are bytes.
std::optional<std::size_t> read_count(ByteReader& in, std::size_t width) {
  const std::uint64_t count = in.varint();
  if (!in.ok() || count > in.remaining() / width) return std::nullopt;
  return static_cast<std::size_t>(count);
}

std::optional<bool> read_bool(ByteReader& in) {
  const std::uint8_t byte = in.u8();
  if (!in.ok() || byte > 1) return std::nullopt;
  return byte == 1;
}

std::optional<Value> read_bools(ByteReader& in) {
  const auto count = read_count(in, 1);
  if (!count) return std::nullopt;
  std::vector<bool> values(*count);
  for (std::size_t i = 0; i < *count; ++i) {
    const auto each = read_bool(in);
    if (!each) return std::nullopt;
    values[i] = *each;
  }
  return Value::array(std::move(values));
}

std::optional<Value> read_ints(ByteReader& in) {
  const auto count = read_count(in, kNumberSize);
  if (!count) return std::nullopt;
  std::vector<std::int64_t> values(*count);
  for (std::int64_t& each : values)
    each = in.i64();
  return Value::array(std::move(values));
}

std::optional<Value> read_floats(ByteReader& in) {
  const auto count = read_count(in, kNumberSize);
  if (!count) return std::nullopt;
  std::vector<double> values(*count);
  for (double& each : values)
    each = in.f64();
  return Value::array(std::move(values));
}

std::optional<Value> read_strings(ByteReader& in) {
  const auto count = read_count(in, 1);
  if (!count) return std::nullopt;
  std::vector<std::string> values(*count);
  for (std::string& each : values)
    each = in.text();
  if (!in.ok()) return std::nullopt;
  return Value::array(std::move(values));
}

std::optional<Value> read_column_value(Type type, ByteReader& in) {
  std::optional<Value> value;
  switch (type) {
    case Type::null:
      return Value();
    case Type::boolean:
      if (const auto each = read_bool(in)) value = Value::of(*each);
      break;
    case Type::integer:
      value = Value::of(in.i64());
      break;
    case Type::floating:
      value = Value::of(in.f64());
      break;
    case Type::string:
      value = Value::string(in.text());
      break;
    case Type::json:
      value = Value::json(in.text());
      break;
    case Type::bool_array:
      return read_bools(in);
    case Type::int_array:
      return read_ints(in);
    case Type::float_array:
      return read_floats(in);
    case Type::string_array:
      return read_strings(in);
  }
  if (!in.ok()) return std::nullopt;
  return value;
}

struct Run {
  std::uint32_t first_handle = 0;
  std::size_t count = 0;
  UtcTime time;
  Quality quality;
  Type type = Type::null;
};

bool too_large(const Value& value) {
  return value.has_buffer() && column_size(value) > kMaxValueBytes;
}

Run run_at(std::span<const Sample> samples, std::size_t room) {
  const Sample& head = samples.front();
  if (too_large(head.value))
    return {head.slot, 1, head.time, kBadEncodingLimitsExceeded, Type::null};
  Run run{head.slot, 0, head.time, head.quality, head.value.type()};
  std::size_t bytes = 0;
  for (const Sample& each : samples) {
    const bool same = each.slot - head.slot == run.count && each.time == run.time &&
                      each.quality == run.quality && each.value.type() == run.type;
    if (!same || run.count == kMaxSamplesPerFrame || too_large(each.value)) break;
    bytes += column_size(each.value);
    if (run.count > 0 && bytes > room) break;
    ++run.count;
  }
  return run;
}

void write_run(const Run& run, UtcTime base, std::span<const Sample> samples, ByteWriter& out) {
  out.varint(run.first_handle);
  out.varint(run.count);
  out.zigzag(
      wrapping_difference(run.time.time_since_epoch().count(), base.time_since_epoch().count()));
  out.u32(run.quality.code);
  out.u8(static_cast<std::uint8_t>(run.type));
  if (run.type == Type::null) return;
  for (const Sample& each : samples.first(run.count))
    write_column_value(each.value, out);
}

std::optional<Run> read_run(ByteReader& in, std::int64_t base) {
  const std::uint64_t first = in.varint();
  const std::uint64_t count = in.varint();
  const std::int64_t time = wrapping_sum(base, in.zigzag());
  const Quality quality{in.u32()};
  const std::uint8_t type = in.u8();
  if (!in.ok() || type > static_cast<std::uint8_t>(Type::string_array)) return std::nullopt;
  if (count == 0 || count > kMaxSamplesPerFrame || first >= kNoSlot || kNoSlot - first < count)
    return std::nullopt;
  return Run{static_cast<std::uint32_t>(first), static_cast<std::size_t>(count),
             UtcTime(Duration(time)), quality, static_cast<Type>(type)};
}

/// Keeps vector growth geometric however many small runs there are.
void make_room(std::vector<Sample>& out, std::size_t count) {
  if (out.capacity() - out.size() < count)
    out.reserve(std::max(out.size() + count, out.capacity() * 2));
}

template <class Make>
bool read_numbers(const Run& run, ByteReader& in, std::vector<Sample>& out, Make make) {
  const ByteView column = in.bytes(run.count * kNumberSize);
  if (!in.ok()) return false;
  const std::byte* at = column.data();
  for (std::uint32_t i = 0; i < run.count; ++i, at += kNumberSize) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, at, kNumberSize);
    if constexpr (std::endian::native == std::endian::big) bits = base::swap_bytes(bits);
    out.push_back(Sample{make(bits), run.time, run.quality, run.first_handle + i});
  }
  return true;
}

bool read_column(const Run& run, ByteReader& in, std::vector<Sample>& out) {
  // All but null take at least a byte each: do not allocate for what cannot be there.
  if (run.type != Type::null && run.count > in.remaining()) return false;
  make_room(out, run.count);
  if (run.type == Type::floating)
    return read_numbers(run, in, out,
                        [](std::uint64_t bits) { return Value::of(std::bit_cast<double>(bits)); });
  if (run.type == Type::integer)
    return read_numbers(run, in, out, [](std::uint64_t bits) {
      return Value::of(static_cast<std::int64_t>(bits));
    });
  for (std::uint32_t i = 0; i < run.count; ++i) {
    auto value = read_column_value(run.type, in);
    if (!value) return false;
    out.push_back(Sample{std::move(*value), run.time, run.quality, run.first_handle + i});
  }
  return true;
}

SamplesHeader read_header(ByteReader& in) {
  SamplesHeader header;
  header.sequence = in.u64();
  header.revision = in.u64();
  return header;
}

bool read_runs(ByteReader& in, std::vector<Sample>& out) {
  const std::int64_t base = in.i64();
  std::size_t room = kMaxSamplesPerFrame;
  while (in.ok() && in.remaining() > 0) {
    const auto run = read_run(in, base);
    if (!run || run->count > room || !read_column(*run, in, out)) return false;
    room -= run->count;
  }
  return in.finished();
}

}  // namespace

std::size_t encode_samples(const SamplesHeader& header, std::span<const Sample> samples,
                           base::Bytes& out, std::size_t target) {
  TAGWERK_ASSERT(!samples.empty());
  const std::size_t start = out.size();
  ByteWriter writer(out);
  writer.u32(0);
  writer.u8(static_cast<std::uint8_t>(FrameType::samples));
  writer.u64(header.sequence);
  writer.u64(header.revision);
  const UtcTime base = samples.front().time;
  writer.i64(base.time_since_epoch().count());
  std::size_t taken = 0;
  while (taken < samples.size() && out.size() - start < target) {
    auto rest = samples.subspan(taken);
    rest = rest.first(std::min(rest.size(), kMaxSamplesPerFrame - taken));
    if (rest.empty()) break;
    const Run run = run_at(rest, target - (out.size() - start));
    write_run(run, base, rest, writer);
    taken += run.count;
  }
  auto length = static_cast<std::uint32_t>(out.size() - start - sizeof(std::uint32_t));
  TAGWERK_ASSERT(length <= kMaxFrame);
  if constexpr (std::endian::native == std::endian::big) length = base::swap_bytes(length);
  std::memcpy(out.data() + start, &length, sizeof(length));
  return taken;
}

Result<SamplesHeader> peek_samples(ByteView payload) {
  ByteReader in(payload);
  const SamplesHeader header = read_header(in);
  if (!in.ok() || header.sequence == 0)
    return fail(ErrorCode::corrupt, "samples frame of {} bytes has no header", payload.size());
  return header;
}

Result<SamplesHeader> decode_samples(ByteView payload, std::vector<Sample>& out) {
  const auto header = peek_samples(payload);
  if (!header) return header;
  ByteReader in(payload);
  read_header(in);
  const std::size_t before = out.size();
  if (read_runs(in, out)) return header;
  out.resize(before);
  return fail(ErrorCode::corrupt, "samples frame {} is damaged at byte {} of {}", header->sequence,
              payload.size() - in.remaining(), payload.size());
}

void encode_value(const Value& value, ByteWriter& out) {
  out.u8(static_cast<std::uint8_t>(value.type()));
  write_column_value(value, out);
}

std::optional<Value> decode_value(ByteReader& in) {
  const std::uint8_t type = in.u8();
  if (!in.ok() || type > static_cast<std::uint8_t>(Type::string_array)) return std::nullopt;
  return read_column_value(static_cast<Type>(type), in);
}

}  // namespace tagwerk::link
