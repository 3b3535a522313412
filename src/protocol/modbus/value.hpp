#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "model/value.hpp"
#include "protocol/modbus/address.hpp"

namespace tagwerk::protocol::modbus {

/// How a value lies in coils or registers (`dtype`). A new one is a row of the table in value.cpp.
enum class DataType : std::uint8_t { boolean, int16, uint16, int32, uint32, float32 };

/// "bool", "int16", "uint16", "int32", "uint32", "float32".
std::string_view to_string(DataType type);
/// Fails: invalid_argument, listing the names there are
Result<DataType> parse_data_type(std::string_view text);
/// Coils or registers it takes: 1 or 2.
std::uint16_t width_of(DataType type);
/// The type of Value it decodes to.
model::Type value_type(DataType type);
/// For a source without dtype: bool in coils, discrete inputs and bool tags, else uint16.
DataType default_type(Table table, model::Type tag_type);

/// Where the bytes of a value lie, A the most significant. ABCD: the standard's order. CDAB: words
/// swapped. BADC: bytes swapped in each word. DCBA: both. A 16-bit value only knows whether its
/// bytes are swapped.
enum class Order : std::uint8_t { abcd, cdab, badc, dcba };

std::string_view to_string(Order order);
/// "ABCD" and so on, in upper or lower case.
/// Fails: invalid_argument, listing the names there are
Result<Order> parse_order(std::string_view text);

/// Whether a value of this type can lie there: coils and discrete inputs hold bool only, a 32-bit
/// value must not pass address 65535. Fails: invalid_argument
Status check_place(Address address, DataType type);

/// The value in width_of(type) coils or registers (asserted). A bool is "not 0".
Value decode_value(DataType type, Order order, std::span<const std::uint16_t> raw);

/// What to write for this value: one entry per coil or register.
/// Fails: invalid_argument: not a number or bool, not finite, not whole, outside the type's range
Result<std::vector<std::uint16_t>> encode_value(DataType type, Order order, const Value& value);

}  // namespace tagwerk::protocol::modbus
