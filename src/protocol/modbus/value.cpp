#include "protocol/modbus/value.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <string>

#include "base/assert.hpp"
#include "base/bytes.hpp"

namespace tagwerk::protocol::modbus {
namespace {

enum class Kind : std::uint8_t { boolean, signed_integer, unsigned_integer, real };

struct Layout {
  DataType type;
  std::string_view name;
  Kind kind;
  std::uint16_t width;
};

constexpr std::array kLayouts{
    Layout{DataType::boolean, "bool", Kind::boolean, 1},
    Layout{DataType::int16, "int16", Kind::signed_integer, 1},
    Layout{DataType::uint16, "uint16", Kind::unsigned_integer, 1},
    Layout{DataType::int32, "int32", Kind::signed_integer, 2},
    Layout{DataType::uint32, "uint32", Kind::unsigned_integer, 2},
    Layout{DataType::float32, "float32", Kind::real, 2},
};

const Layout& layout_of(DataType type) {
  const auto& layout = kLayouts[static_cast<std::size_t>(type)];
  TAGWERK_ASSERT(layout.type == type);
  return layout;
}

constexpr std::array<std::string_view, 4> kOrderNames{"ABCD", "CDAB", "BADC", "DCBA"};

bool swaps_words(Order order) {
  return order == Order::cdab || order == Order::dcba;
}
bool swaps_bytes(Order order) {
  return order == Order::badc || order == Order::dcba;
}

std::uint16_t in_order(std::uint16_t word, Order order) {
  return swaps_bytes(order) ? base::swap_bytes(word) : word;
}

/// The registers as one number, most significant first.
std::uint64_t join(std::span<const std::uint16_t> raw, Order order) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const auto at = swaps_words(order) ? raw.size() - 1 - i : i;
    bits = bits << 16 | in_order(raw[at], order);
  }
  return bits;
}

std::vector<std::uint16_t> split(std::uint64_t bits, std::size_t width, Order order) {
  std::vector<std::uint16_t> raw(width);
  for (std::size_t i = 0; i < width; ++i) {
    const auto at = swaps_words(order) ? i : width - 1 - i;
    raw[at] = in_order(static_cast<std::uint16_t>(bits >> (16 * i)), order);
  }
  return raw;
}

std::int64_t sign_extended(std::uint64_t bits, std::size_t width) {
  const auto unused = 64 - 16 * width;
  return static_cast<std::int64_t>(bits << unused) >> unused;
}

std::unexpected<Error> out_of_range(const Layout& layout, const Value& value, std::int64_t low,
                                    std::int64_t high) {
  return fail(ErrorCode::invalid_argument, "{} does not fit {}, which holds {} to {}",
              value.to_json(), layout.name, low, high);
}

Result<std::uint64_t> integer_bits(const Layout& layout, const Value& value) {
  const auto bits = 16 * layout.width;
  const bool is_signed = layout.kind == Kind::signed_integer;
  const std::int64_t high = (std::int64_t{1} << (is_signed ? bits - 1 : bits)) - 1;
  const std::int64_t low = is_signed ? -high - 1 : 0;
  const double number = value.number();
  if (!(number >= static_cast<double>(low) && number <= static_cast<double>(high))) {
    return out_of_range(layout, value, low, high);
  }
  if (number != std::trunc(number)) {
    return fail(ErrorCode::invalid_argument, "{} is not a whole number, {} holds nothing else",
                value.to_json(), layout.name);
  }
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(number));
}

Result<std::uint64_t> real_bits(const Layout& layout, const Value& value) {
  const double number = value.number();
  if (std::abs(number) <= static_cast<double>(std::numeric_limits<float>::max())) {
    return std::bit_cast<std::uint32_t>(static_cast<float>(number));
  }
  return fail(ErrorCode::invalid_argument, "{} does not fit {}, which holds up to 3.4e38",
              value.to_json(), layout.name);
}

Result<std::uint64_t> boolean_bits(const Value& value) {
  const double number = value.number();
  if (number == 0 || number == 1) return number == 0 ? 0U : 1U;
  return fail(ErrorCode::invalid_argument, "{} is not a bool: write true or false",
              value.to_json());
}

Result<std::uint64_t> bits_of(const Layout& layout, const Value& value) {
  switch (layout.kind) {
    case Kind::boolean:
      return boolean_bits(value);
    case Kind::real:
      return real_bits(layout, value);
    default:
      return integer_bits(layout, value);
  }
}

bool same_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace

std::string_view to_string(DataType type) {
  return layout_of(type).name;
}

Result<DataType> parse_data_type(std::string_view text) {
  std::string names;
  for (const auto& layout : kLayouts) {
    if (layout.name == text) return layout.type;
    names += names.empty() ? "" : ", ";
    names += layout.name;
  }
  return fail(ErrorCode::invalid_argument, "unknown Modbus dtype '{}'; there are {}", text, names);
}

std::uint16_t width_of(DataType type) {
  return layout_of(type).width;
}

model::Type value_type(DataType type) {
  switch (layout_of(type).kind) {
    case Kind::boolean:
      return model::Type::boolean;
    case Kind::real:
      return model::Type::floating;
    default:
      return model::Type::integer;
  }
}

DataType default_type(Table table, model::Type tag_type) {
  return is_bit_table(table) || tag_type == model::Type::boolean ? DataType::boolean
                                                                 : DataType::uint16;
}

std::string_view to_string(Order order) {
  return kOrderNames[static_cast<std::size_t>(order)];
}

Result<Order> parse_order(std::string_view text) {
  for (std::size_t i = 0; i < kOrderNames.size(); ++i) {
    if (same_ignoring_case(text, kOrderNames[i])) return static_cast<Order>(i);
  }
  return fail(ErrorCode::invalid_argument,
              "unknown byte order '{}'; there are ABCD (the standard's), CDAB, BADC and DCBA",
              text);
}

Status check_place(Address address, DataType type) {
  if (is_bit_table(address.table) && type != DataType::boolean) {
    return fail(ErrorCode::invalid_argument, "{} is a {}: its dtype can only be bool, not {}",
                to_string(address), to_string(address.table), to_string(type));
  }
  if (address.number + width_of(type) > 65536) {
    return fail(ErrorCode::invalid_argument, "a {} at {} would pass the last register, 65535",
                to_string(type), to_string(address));
  }
  return {};
}

Value decode_value(DataType type, Order order, std::span<const std::uint16_t> raw) {
  const auto& layout = layout_of(type);
  TAGWERK_ASSERT(raw.size() == layout.width);
  const auto bits = join(raw, order);
  switch (layout.kind) {
    case Kind::boolean:
      return Value::of(bits != 0);
    case Kind::signed_integer:
      return Value::of(sign_extended(bits, layout.width));
    case Kind::unsigned_integer:
      return Value::of(static_cast<std::int64_t>(bits));
    case Kind::real:
      break;
  }
  return Value::of(static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits))));
}

Result<std::vector<std::uint16_t>> encode_value(DataType type, Order order, const Value& value) {
  const auto& layout = layout_of(type);
  if (!value.is_number() && value.type() != model::Type::boolean) {
    return fail(ErrorCode::invalid_argument, "a {} cannot be written as {}",
                to_string(value.type()), layout.name);
  }
  if (!std::isfinite(value.number())) {
    return fail(ErrorCode::invalid_argument, "not a finite number, {} cannot take it", layout.name);
  }
  const auto bits = bits_of(layout, value);
  if (!bits) return std::unexpected(bits.error());
  return split(*bits, layout.width, order);
}

}  // namespace tagwerk::protocol::modbus
