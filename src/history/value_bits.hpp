#pragma once

#include <bit>
#include <cstdint>

#include "model/value.hpp"

namespace tagwerk::history {

/// Bools, ints and floats as 64 bits and back; anything else is 0 and null.
inline std::uint64_t bits_of(const Value& value) {
  switch (value.type()) {
    case model::Type::boolean:
      return value.as_bool() ? 1 : 0;
    case model::Type::integer:
      return static_cast<std::uint64_t>(value.as_int());
    case model::Type::floating:
      return std::bit_cast<std::uint64_t>(value.as_float());
    default:
      return 0;
  }
}

inline Value value_of(model::Type type, std::uint64_t bits) {
  switch (type) {
    case model::Type::boolean:
      return Value::of(bits != 0);
    case model::Type::integer:
      return Value::of(static_cast<std::int64_t>(bits));
    case model::Type::floating:
      return Value::of(std::bit_cast<double>(bits));
    default:
      return {};
  }
}

}  // namespace tagwerk::history
