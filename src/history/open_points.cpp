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

/// Writes into memory that has room for kRoom bytes behind `at`.
class Pen {
 public:
  explicit Pen(std::byte* at) : at_(at) {}

  void u8(std::uint8_t v) { *at_++ = static_cast<std::byte>(v); }
  void u32(std::uint32_t v) { put(v, sizeof v); }
  void zigzag(std::int64_t v) {
    auto rest = (static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63);
    for (; rest >= 0x80; rest >>= 7)
      u8(static_cast<std::uint8_t>(rest | 0x80));
    u8(static_cast<std::uint8_t>(rest));
  }
  /// A number whose bytes are zero at one end or the other: how many are at the low end and how
  /// many follow, then those.
  void middle(std::uint64_t bits) {
    const unsigned low = bits == 0 ? 0 : static_cast<unsigned>(std::countr_zero(bits)) / 8;
    const unsigned count =
        bits == 0 ? 0 : 8 - low - static_cast<unsigned>(std::countl_zero(bits)) / 8;
    u8(static_cast<std::uint8_t>(low << 4 | count));
    put(bits >> (8 * low), count);
  }
  std::byte* at() const { return at_; }

 private:
  /// Always eight bytes, of which the first count.
  void put(std::uint64_t v, std::size_t count) {
    if constexpr (std::endian::native == std::endian::big) v = base::swap_bytes(v);
    std::memcpy(at_, &v, sizeof v);
    at_ += count;
  }
  std::byte* at_;
};

/// Head, step, quality and number at their longest, and what the last put() writes too much.
constexpr std::size_t kRoom = 1 + 10 + 4 + 9 + 8;

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
  const std::size_t used = bytes_.size();
  // By a quarter: of a hundred thousand tags each would have half of its memory empty.
  if (bytes_.capacity() - used < kRoom) bytes_.reserve(used + std::max<std::size_t>(64, used / 4));
  bytes_.resize(used + kRoom);
  Pen pen(bytes_.data() + used);
  const std::int64_t time = point.time.time_since_epoch().count();
  const std::int64_t step = difference(time, before_.time);
  if (size_ > 0 && step < 0) in_order_ = false;
  const bool new_step = step != before_.step;
  const bool new_quality = point.quality.code != before_.quality;
  const model::Type type = point.value.type();
  pen.u8(static_cast<std::uint8_t>(static_cast<unsigned>(type) | (keep ? kKeep : 0U) |
                                   (new_quality ? kNewQuality : 0U) | (new_step ? kNewStep : 0U)));
  if (new_step) pen.zigzag(difference(step, before_.step));
  if (new_quality) pen.u32(point.quality.code);
  if (type != model::Type::null && type < model::Type::string) {
    const std::uint64_t bits = bits_of(point.value);
    pen.middle(bits ^ before_.bits);
    before_.bits = bits;
  }
  bytes_.resize(static_cast<std::size_t>(pen.at() - bytes_.data()));
  if (type >= model::Type::string) {
    base::ByteWriter out(bytes_);
    link::encode_value(point.value, out);
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
