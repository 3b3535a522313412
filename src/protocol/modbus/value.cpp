#include "protocol/modbus/value.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "protocol/modbus/text.hpp"

namespace tagwerk::protocol::modbus {
namespace {

using Raw = std::span<const std::uint16_t>;

constexpr auto kHighestInteger =
    static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

bool is_integer(DataType type) {
  return value_type(type) == model::Type::integer;
}
bool is_bcd(DataType type) {
  return type == DataType::bcd16 || type == DataType::bcd32;
}
bool is_signed(DataType type) {
  return type == DataType::int16 || type == DataType::int32 || type == DataType::int64;
}

std::uint16_t in_order(std::uint16_t word, Order order) {
  return (static_cast<unsigned>(order) & 1U) != 0 ? base::swap_bytes(word) : word;
}

/// Where the register with significance `i` (0 the highest) of `width` lies.
std::size_t place_of(std::size_t i, std::size_t width, Order order) {
  const auto flags = static_cast<std::size_t>(order);
  return i ^ ((flags >> 1) & (width - 1));
}

/// The registers of one element as one number.
std::uint64_t join(Raw raw, Order order) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < raw.size(); ++i)
    bits = bits << 16 | in_order(raw[place_of(i, raw.size(), order)], order);
  return bits;
}

void split(std::uint64_t bits, Order order, std::span<std::uint16_t> out) {
  for (std::size_t i = out.size(); i-- > 0; bits >>= 16)
    out[place_of(i, out.size(), order)] = in_order(static_cast<std::uint16_t>(bits), order);
}

std::int64_t sign_extended(std::uint64_t bits, std::size_t width) {
  const auto unused = 64 - 16 * width;
  return static_cast<std::int64_t>(bits << unused) >> unused;
}

/// Nothing when one of the half bytes is no digit.
std::optional<std::int64_t> from_bcd(std::uint64_t bits) {
  std::int64_t number = 0;
  for (int shift = 28; shift >= 0; shift -= 4) {
    const auto digit = static_cast<std::int64_t>((bits >> shift) & 0xf);
    if (digit > 9) return std::nullopt;
    number = number * 10 + digit;
  }
  return number;
}

std::uint64_t to_bcd(std::uint64_t number) {
  std::uint64_t bits = 0;
  for (int shift = 0; number > 0; shift += 4, number /= 10)
    bits |= (number % 10) << shift;
  return bits;
}

double real_of(DataType type, std::uint64_t bits) {
  if (type == DataType::float64) return std::bit_cast<double>(bits);
  return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
}

/// One element that is neither bool, bit nor text.
Reading decode_number(DataType type, Order order, Raw raw) {
  const std::uint64_t bits = join(raw, order);
  if (is_bcd(type)) {
    const auto number = from_bcd(bits);
    return number ? Reading{Value::of(*number), model::kGood} : Reading{Value(), kBadDecodingError};
  }
  if (!is_integer(type)) return {Value::of(real_of(type, bits)), model::kGood};
  if (is_signed(type)) return {Value::of(sign_extended(bits, raw.size())), model::kGood};
  if (bits > kHighestInteger) return {Value::of(static_cast<double>(bits)), model::kGood};
  return {Value::of(static_cast<std::int64_t>(bits)), model::kGood};
}

Reading decode_bools(Raw raw) {
  std::vector<bool> out(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i)
    out[i] = raw[i] != 0;
  return {Value::array(std::move(out)), model::kGood};
}

Reading decode_array(const Layout& layout, Raw raw) {
  if (layout.type == DataType::boolean) return decode_bools(raw);
  const std::size_t width = width_of(layout.type);
  std::vector<std::int64_t> whole;
  std::vector<double> all;
  for (std::size_t at = 0; at < raw.size(); at += width) {
    const Reading each = decode_number(layout.type, layout.order, raw.subspan(at, width));
    if (!each.quality.good()) return each;
    all.push_back(each.value.number());
    if (each.value.type() == model::Type::integer) whole.push_back(each.value.as_int());
  }
  // One number above the integers makes them all floats.
  if (whole.size() == all.size()) return {Value::array(std::move(whole)), model::kGood};
  return {Value::array(std::move(all)), model::kGood};
}

/// What an integer type holds.
struct Holds {
  std::int64_t low = 0;
  std::uint64_t high = 0;
};

Holds range_of(DataType type) {
  if (is_bcd(type)) return {0, type == DataType::bcd16 ? 9'999U : 99'999'999U};
  const int bits = 16 * width_of(type);
  const std::uint64_t all = ~std::uint64_t{0} >> (64 - bits);
  if (!is_signed(type)) return {0, all};
  return {-static_cast<std::int64_t>(all >> 1) - 1, all >> 1};
}

std::unexpected<Error> out_of_range(DataType type, const Value& value) {
  const auto [low, high] = range_of(type);
  return fail(ErrorCode::invalid_argument, "{} does not fit {}, which holds {} to {}",
              value.to_json(), to_string(type), low, high);
}

/// In two's complement, as wide as it comes.
Result<std::uint64_t> integer_bits(DataType type, const Value& value) {
  const auto [low, high] = range_of(type);
  if (value.type() == model::Type::integer) {
    const std::int64_t number = value.as_int();
    const bool fits = number < 0 ? number >= low : static_cast<std::uint64_t>(number) <= high;
    if (!fits) return out_of_range(type, value);
    return static_cast<std::uint64_t>(number);
  }
  const double number = value.number();
  // One above the highest is a power of two or ten, which a double holds exactly.
  const double above = high == ~std::uint64_t{0} ? 0x1p64 : static_cast<double>(high + 1);
  if (!(number >= static_cast<double>(low) && number < above)) return out_of_range(type, value);
  if (number != std::trunc(number))
    return fail(ErrorCode::invalid_argument, "{} is not a whole number, {} holds nothing else",
                value.to_json(), to_string(type));
  if (number < 0) return static_cast<std::uint64_t>(static_cast<std::int64_t>(number));
  return static_cast<std::uint64_t>(number);
}

Result<std::uint64_t> real_bits(DataType type, const Value& value) {
  const double number = value.number();
  if (type == DataType::float64) return std::bit_cast<std::uint64_t>(number);
  if (std::abs(number) <= static_cast<double>(std::numeric_limits<float>::max()))
    return std::bit_cast<std::uint32_t>(static_cast<float>(number));
  return fail(ErrorCode::invalid_argument, "{} does not fit float32, which holds up to 3.4e38",
              value.to_json());
}

Result<std::uint64_t> boolean_bits(const Value& value) {
  const double number = value.number();
  if (number == 0 || number == 1) return number == 0 ? 0U : 1U;
  return fail(ErrorCode::invalid_argument, "{} is not a bool: write true or false",
              value.to_json());
}

Result<std::uint64_t> bits_of(DataType type, const Value& value) {
  if (!value.is_number() && value.type() != model::Type::boolean)
    return fail(ErrorCode::invalid_argument, "a {} cannot be written as {}",
                to_string(value.type()), to_string(type));
  if (!std::isfinite(value.number()))
    return fail(ErrorCode::invalid_argument, "not a finite number, {} cannot take it",
                to_string(type));
  if (value_type(type) == model::Type::boolean) return boolean_bits(value);
  if (!is_integer(type)) return real_bits(type, value);
  const auto bits = integer_bits(type, value);
  return bits && is_bcd(type) ? Result<std::uint64_t>(to_bcd(*bits)) : bits;
}

std::size_t size_of(const Value& array) {
  switch (array.type()) {
    case model::Type::bool_array:
      return array.as_bools().size();
    case model::Type::int_array:
      return array.as_ints().size();
    default:
      return array.as_floats().size();
  }
}

Value element_of(const Value& array, std::size_t i) {
  switch (array.type()) {
    case model::Type::bool_array:
      return Value::of(bool{array.as_bools()[i]});
    case model::Type::int_array:
      return Value::of(array.as_ints()[i]);
    default:
      return Value::of(array.as_floats()[i]);
  }
}

Result<std::vector<std::uint16_t>> encode_array(const Layout& layout, const Value& value) {
  if (!value.is_array() || value.type() == model::Type::string_array)
    return fail(ErrorCode::invalid_argument, "a {} cannot be written as a list of {}",
                to_string(value.type()), to_string(layout.type));
  if (size_of(value) != layout.elements())
    return fail(ErrorCode::invalid_argument, "a list of {} values; {} registers or coils take {}",
                size_of(value), layout.count, layout.elements());
  const std::size_t width = width_of(layout.type);
  std::vector<std::uint16_t> raw(layout.count);
  for (std::size_t i = 0; i < layout.elements(); ++i) {
    const auto bits = bits_of(layout.type, element_of(value, i));
    if (!bits)
      return fail(bits.error().code, "value {} of the list: {}", i + 1, bits.error().message);
    split(*bits, layout.order, std::span(raw).subspan(i * width, width));
  }
  return raw;
}

}  // namespace

Reading decode_value(const Layout& layout, std::span<const std::uint16_t> raw) {
  TAGWERK_ASSERT(raw.size() == layout.count);
  if (layout.array) return decode_array(layout, raw);
  switch (layout.type) {
    case DataType::boolean:
      return {Value::of(raw[0] != 0), model::kGood};
    case DataType::bit:
      return {Value::of((raw[0] & bit_mask(layout)) != 0), model::kGood};
    case DataType::string:
      return decode_text(layout, raw);
    default:
      return decode_number(layout.type, layout.order, raw);
  }
}

Result<std::vector<std::uint16_t>> encode_value(const Layout& layout, const Value& value) {
  if (layout.array) return encode_array(layout, value);
  if (layout.type == DataType::string) {
    if (value.type() == model::Type::string) return encode_text(layout, value.as_text());
    return fail(ErrorCode::invalid_argument, "a {} cannot be written as string",
                to_string(value.type()));
  }
  const auto bits = bits_of(layout.type, value);
  if (!bits) return std::unexpected(bits.error());
  std::vector<std::uint16_t> raw(layout.count);
  if (layout.type == DataType::bit)
    raw[0] = *bits == 0 ? std::uint16_t{0} : bit_mask(layout);
  else
    split(*bits, layout.order, raw);
  return raw;
}

std::uint16_t bit_mask(const Layout& layout) {
  return in_order(static_cast<std::uint16_t>(1U << layout.bit), layout.order);
}

Value rounded_for(DataType type, const Value& value) {
  if (!is_integer(type)) return value;
  if (value.type() == model::Type::floating) return Value::of(std::round(value.as_float()));
  if (value.type() != model::Type::float_array) return value;
  std::vector<double> rounded(value.as_floats());
  for (double& each : rounded)
    each = std::round(each);
  return Value::array(std::move(rounded));
}

}  // namespace tagwerk::protocol::modbus
