#include "table/value_bytes.hpp"

#include <bit>
#include <string>
#include <utility>
#include <vector>

namespace tagwerk::table {
namespace {

using model::Type;
using model::Value;

base::ByteView join_strings(const std::vector<std::string>& strings, base::Bytes& scratch) {
  base::ByteWriter writer(scratch);
  for (const auto& text : strings) {
    writer.u32(static_cast<std::uint32_t>(text.size()));
    writer.bytes(base::as_bytes(text));
  }
  return scratch;
}

Value split_strings(base::ByteView bytes) {
  base::ByteReader reader(bytes);
  std::vector<std::string> strings;
  while (reader.ok() && reader.remaining() > 0)
    strings.emplace_back(base::as_text(reader.bytes(reader.u32())));
  return reader.ok() ? Value::array(std::move(strings)) : Value();
}

Value make_bools(base::ByteView bytes) {
  std::vector<bool> bools;
  bools.reserve(bytes.size());
  for (const auto byte : bytes)
    bools.push_back(byte != std::byte{0});
  return Value::array(std::move(bools));
}

template <class T>
Value make_numbers(base::ByteView bytes) {
  if (bytes.size() % sizeof(T) != 0) return {};
  std::vector<T> numbers(bytes.size() / sizeof(T));
  if (!bytes.empty()) std::memcpy(numbers.data(), bytes.data(), bytes.size());
  return Value::array(std::move(numbers));
}

}  // namespace

std::uint64_t inline_bits(const Value& value) {
  switch (value.type()) {
    case Type::boolean:
      return value.as_bool() ? 1 : 0;
    case Type::integer:
      return static_cast<std::uint64_t>(value.as_int());
    case Type::floating:
      return std::bit_cast<std::uint64_t>(value.as_float());
    default:
      return 0;
  }
}

base::ByteView area_bytes(const Value& value, base::Bytes& scratch) {
  scratch.clear();
  switch (value.type()) {
    case Type::string:
    case Type::json:
      return base::as_bytes(value.as_text());
    case Type::int_array:
      return std::as_bytes(std::span(value.as_ints()));
    case Type::float_array:
      return std::as_bytes(std::span(value.as_floats()));
    case Type::bool_array:
      for (const bool bit : value.as_bools())
        scratch.push_back(std::byte{bit});
      return scratch;
    case Type::string_array:
      return join_strings(value.as_strings(), scratch);
    default:
      return {};
  }
}

Value make_value(Type type, std::uint64_t bits, base::ByteView bytes) {
  switch (type) {
    case Type::null:
      return {};
    case Type::boolean:
      return Value::of(bits != 0);
    case Type::integer:
      return Value::of(static_cast<std::int64_t>(bits));
    case Type::floating:
      return Value::of(std::bit_cast<double>(bits));
    case Type::string:
      return Value::string(base::as_text(bytes));
    case Type::json:
      return Value::json(base::as_text(bytes));
    case Type::bool_array:
      return make_bools(bytes);
    case Type::int_array:
      return make_numbers<std::int64_t>(bytes);
    case Type::float_array:
      return make_numbers<double>(bytes);
    case Type::string_array:
      return split_strings(bytes);
  }
  return {};
}

}  // namespace tagwerk::table
