#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/error.hpp"
#include "model/quality.hpp"
#include "model/value.hpp"
#include "protocol/modbus/layout.hpp"

namespace tagwerk::protocol::modbus {

/// Registers that do not hold what their layout says: BCD digits above 9, bytes that are no text.
inline constexpr model::Quality kBadDecodingError{0x80070000};

/// What registers say: a value, or with a bad quality why they say none.
struct Reading {
  Value value;
  model::Quality quality;

  bool operator==(const Reading&) const = default;
};

/// Reads layout.count coils or registers (asserted).
Reading decode_value(const Layout& layout, std::span<const std::uint16_t> raw);

/// What to write for this value: layout.count entries. A bit gives what its register holds when
/// every other bit is 0; see bit_mask.
/// Fails: invalid_argument: another kind of value, not finite, not whole, outside the type's range,
///        another number of elements, a text that is too long or not of the encoding
Result<std::vector<std::uint16_t>> encode_value(const Layout& layout, const Value& value);

/// The bit of a DataType::bit as it lies in its register.
std::uint16_t bit_mask(const Layout& layout);

/// Numbers that an integer type is to hold, rounded to whole ones: scaling leaves 122.99999999
/// where 123 is meant. Everything else stays as it is.
Value rounded_for(DataType type, const Value& value);

}  // namespace tagwerk::protocol::modbus
