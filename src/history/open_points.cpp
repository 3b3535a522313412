#include "history/open_points.hpp"

#include <algorithm>
#include <bit>

#include "base/assert.hpp"
#include "history/value_bits.hpp"
#include "link/samples.hpp"

namespace tagwerk::history {
namespace {

// The first byte: type in the low four bits, then the flags.
constexpr std::uint8_t kTypeBits = 0x0f;
constexpr std::uint8_t kKeep = 0x10;
constexpr std::uint8_t kNewQuality = 0x20;
constexpr std::uint8_t kNewStep = 0x40;

std::int64_t difference(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
std::int64_t sum(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

/// A number whose bytes are zero at one end or the other: how many are at the low end and how many
/// follow, then those.
void write_middle(base::ByteWriter& out, std::uint64_t bits) {
  const int low = bits == 0 ? 0 : std::countr_zero(bits) / 8;
  const int count = bits == 0 ? 0 : 8 - low - std::countl_zero(bits) / 8;
  out.u8(static_cast<std::uint8_t>(low << 4 | count));
  for (int i = 0; i < count; ++i)
    out.u8(static_cast<std::uint8_t>(bits >> (8 * (low + i))));
}

std::uint64_t read_middle(base::ByteReader& in) {
  const std::uint8_t head = in.u8();
  std::uint64_t out = 0;
  for (int i = 0; i < (head & 0x0f); ++i)
    out |= static_cast<std::uint64_t>(in.u8()) << (8 * ((head >> 4) + i));
  return out;
}

UtcTime time_of(const OpenPoints::Entry& entry) {
  return entry.point.time;
}

/// Of entries that are ascending by time, equal times in the order they came.
void fold_equal_times(std::vector<OpenPoints::Entry>& entries) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (kept > 0 && entries[kept - 1].point.time == entries[i].point.time) {
      if (!entries[i].keep) entries[kept - 1] = std::move(entries[i]);
      continue;
    }
    if (kept != i) entries[kept] = std::move(entries[i]);
    ++kept;
  }
  entries.resize(kept);
}

}  // namespace

void OpenPoints::add(const Point& point, bool keep, std::uint64_t number) {
  if (size_ == 0) first_number_ = number;
  // By a quarter: of a hundred thousand tags each would have half of its memory empty.
  constexpr std::size_t kRoom = 64;
  if (bytes_.capacity() - bytes_.size() < kRoom)
    bytes_.reserve(bytes_.size() + std::max(kRoom, bytes_.size() / 4));
  base::ByteWriter out(bytes_);
  const std::int64_t time = point.time.time_since_epoch().count();
  const std::int64_t step = difference(time, before_.time);
  if (size_ > 0 && step < 0) in_order_ = false;
  const bool new_step = step != before_.step;
  const bool new_quality = point.quality.code != before_.quality;
  out.u8(static_cast<std::uint8_t>(static_cast<unsigned>(point.value.type()) | (keep ? kKeep : 0U) |
                                   (new_quality ? kNewQuality : 0U) | (new_step ? kNewStep : 0U)));
  if (new_step) out.zigzag(difference(step, before_.step));
  if (new_quality) out.u32(point.quality.code);
  if (point.value.has_buffer()) {
    link::encode_value(point.value, out);
  } else if (!point.value.is_null()) {
    const std::uint64_t bits = bits_of(point.value);
    write_middle(out, bits ^ before_.bits);
    before_.bits = bits;
  }
  before_.time = time;
  before_.step = step;
  before_.quality = point.quality.code;
  ++size_;
}

std::vector<OpenPoints::Entry> OpenPoints::entries() const {
  std::vector<Entry> out;
  out.reserve(size_);
  base::ByteReader in(bytes_);
  Before before;
  for (std::uint32_t i = 0; i < size_; ++i) {
    const std::uint8_t head = in.u8();
    if ((head & kNewStep) != 0) before.step = sum(before.step, in.zigzag());
    before.time = sum(before.time, before.step);
    if ((head & kNewQuality) != 0) before.quality = in.u32();
    const auto type = static_cast<model::Type>(head & kTypeBits);
    Value value;
    if (type >= model::Type::string) {
      value = link::decode_value(in).value_or(Value{});
    } else if (type != model::Type::null) {
      before.bits ^= read_middle(in);
      value = value_of(type, before.bits);
    }
    out.push_back({{.time = UtcTime{Duration(before.time)},
                    .quality = {before.quality},
                    .value = std::move(value)},
                   (head & kKeep) != 0});
  }
  TAGWERK_ASSERT(in.finished());
  return out;
}

std::vector<OpenPoints::Entry> OpenPoints::ordered() const {
  auto out = entries();
  if (!in_order_) std::ranges::stable_sort(out, {}, time_of);
  fold_equal_times(out);
  return out;
}

void OpenPoints::clear() {
  *this = {};
}

std::vector<OpenPoints::Entry> merged(std::vector<OpenPoints::Entry> before,
                                      std::span<const OpenPoints::Entry> since) {
  const auto middle = static_cast<std::ptrdiff_t>(before.size());
  before.insert(before.end(), since.begin(), since.end());
  std::ranges::inplace_merge(before, before.begin() + middle, {}, time_of);
  fold_equal_times(before);
  return before;
}

}  // namespace tagwerk::history
