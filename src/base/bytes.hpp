#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace tagwerk::base {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;

inline ByteView as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <class T>
  requires std::is_unsigned_v<T>
constexpr T swap_bytes(T value) {
  if constexpr (sizeof(T) == 1) return value;
  if constexpr (sizeof(T) == 2) return __builtin_bswap16(value);
  if constexpr (sizeof(T) == 4) return __builtin_bswap32(value);
  if constexpr (sizeof(T) == 8) return __builtin_bswap64(value);
}

/// Appends numbers and texts to a byte vector it does not own.
/// Little-endian by default (our formats); the _be forms are for field protocols.
class ByteWriter {
 public:
  explicit ByteWriter(Bytes& out) : out_(out) {}

  void u8(std::uint8_t v) { put(v); }
  void u16(std::uint16_t v) { put(v); }
  void u32(std::uint32_t v) { put(v); }
  void u64(std::uint64_t v) { put(v); }
  void i64(std::int64_t v) { put(static_cast<std::uint64_t>(v)); }
  void f64(double v) { put(std::bit_cast<std::uint64_t>(v)); }
  void u16_be(std::uint16_t v) { put(swap_bytes(v)); }
  void u32_be(std::uint32_t v) { put(swap_bytes(v)); }
  void bytes(ByteView v) { out_.insert(out_.end(), v.begin(), v.end()); }
  /// LEB128, at most ten bytes.
  void varint(std::uint64_t v) {
    for (; v >= 0x80; v >>= 7)
      u8(static_cast<std::uint8_t>(v | 0x80));
    u8(static_cast<std::uint8_t>(v));
  }
  /// Small magnitudes of either sign stay short.
  void zigzag(std::int64_t v) {
    varint((static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63));
  }
  /// varint length, then the bytes.
  void text(std::string_view v) {
    varint(v.size());
    bytes(as_bytes(v));
  }
  std::size_t size() const { return out_.size(); }

 private:
  template <class T>
  void put(T v) {
    if constexpr (std::endian::native == std::endian::big) v = swap_bytes(v);
    const auto at = out_.size();
    out_.resize(at + sizeof(T));
    std::memcpy(out_.data() + at, &v, sizeof(T));
  }

  Bytes& out_;
};

/// Reads what ByteWriter wrote. Never reads past the end: the first short read turns ok() false for
/// good, and every read from then on gives zero. Check ok() once, at the end.
class ByteReader {
 public:
  explicit ByteReader(ByteView in) : in_(in) {}

  std::uint8_t u8() { return get<std::uint8_t>(); }
  std::uint16_t u16() { return get<std::uint16_t>(); }
  std::uint32_t u32() { return get<std::uint32_t>(); }
  std::uint64_t u64() { return get<std::uint64_t>(); }
  std::int64_t i64() { return static_cast<std::int64_t>(u64()); }
  double f64() { return std::bit_cast<double>(u64()); }
  std::uint16_t u16_be() { return swap_bytes(u16()); }
  std::uint32_t u32_be() { return swap_bytes(u32()); }
  ByteView bytes(std::size_t count) {
    if (count > in_.size()) {
      fail();
      return {};
    }
    const auto out = in_.first(count);
    in_ = in_.subspan(count);
    return out;
  }
  std::uint64_t varint() {
    std::uint64_t v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const std::uint8_t b = u8();
      v |= static_cast<std::uint64_t>(b & 0x7f) << shift;
      if ((b & 0x80) == 0) return v;
    }
    fail();
    return 0;
  }
  std::int64_t zigzag() {
    const std::uint64_t v = varint();
    return static_cast<std::int64_t>(v >> 1) ^ -static_cast<std::int64_t>(v & 1);
  }
  std::string_view text() {
    const std::uint64_t size = varint();
    if (size > in_.size()) {
      fail();
      return {};
    }
    return as_text(bytes(static_cast<std::size_t>(size)));
  }

  bool ok() const { return ok_; }
  std::size_t remaining() const { return in_.size(); }
  /// Everything was read and nothing was missing.
  bool finished() const { return ok_ && in_.empty(); }

 private:
  void fail() {
    ok_ = false;
    in_ = {};
  }
  template <class T>
  T get() {
    if (in_.size() < sizeof(T)) {
      fail();
      return 0;
    }
    T v;
    std::memcpy(&v, in_.data(), sizeof(T));
    in_ = in_.subspan(sizeof(T));
    if constexpr (std::endian::native == std::endian::big) v = swap_bytes(v);
    return v;
  }

  ByteView in_;
  bool ok_ = true;
};

}  // namespace tagwerk::base
