#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "model/value.hpp"

namespace tagwerk::protocol::modbus {

/// What coils or registers mean (`dtype`). A new one is a row of the table in layout.cpp.
enum class DataType : std::uint8_t {
  boolean,  ///< a coil, an input, or a register that is not 0
  bit,      ///< one bit of a register, 0 the least significant
  int16,
  uint16,
  int32,
  uint32,
  int64,
  uint64,
  float32,
  float64,
  bcd16,  ///< four decimal digits, one in each half byte
  bcd32,  ///< eight
  string,
};

/// "bool", "bit", "int16", …
std::string_view to_string(DataType type);
/// Coils or registers of one element: 1, 2 or 4. A string has as many as it is declared with.
std::uint16_t width_of(DataType type);
/// The type of Value an element decodes to. A uint64 above the largest int64 comes as float.
model::Type value_type(DataType type);
std::span<const DataType> all_data_types();

/// Where the bytes of a value lie: three swaps that combine. The letters name them as they come
/// over the wire, A the most significant. Values of one register know the first swap only, those of
/// two the first and second; four letters mean all registers of a value in turn: CDAB is GHEFCDAB.
enum class Order : std::uint8_t {
  abcd = 0,      ///< ABCDEFGH: the standard's
  badc = 1,      ///< BADCFEHG: bytes swapped in each register
  cdabghef = 2,  ///< registers swapped in each pair
  dcbahgfe = 3,
  efghabcd = 4,  ///< pairs of registers swapped
  fehgbadc = 5,
  cdab = 6,  ///< GHEFCDAB: low register first
  dcba = 7,  ///< HGFEDCBA: little-endian
};

/// Four letters where they say it all, else eight.
std::string_view to_string(Order order);
/// With two letters for each register of `width`; for a width of 1 four, as a person writes it.
std::string_view to_string(Order order, std::uint16_t width);
/// Four or eight letters, in upper or lower case.
/// Fails: invalid_argument, listing the names there are
Result<Order> parse_order(std::string_view text);
/// The orders in which a value of this type can lie differently.
std::span<const Order> orders_of(DataType type);

/// Of the bytes of a string.
enum class Encoding : std::uint8_t { utf8, ascii, latin1 };
/// What fills a string that is shorter than its registers, and is cut off when it is read.
enum class Padding : std::uint8_t { nul, blank };

/// All there is to know about a value beside its address.
struct Layout {
  DataType type = DataType::uint16;
  Order order = Order::abcd;
  std::uint16_t count = 1;  ///< coils or registers, all elements together
  bool array = false;
  std::uint8_t bit = 0;                ///< of a DataType::bit
  Encoding encoding = Encoding::utf8;  ///< of a string
  Padding padding = Padding::nul;      ///< of a string

  /// A single value that is no string.
  static Layout of(DataType type, Order order = Order::abcd) {
    return {.type = type, .order = order, .count = width_of(type)};
  }
  std::uint16_t elements() const {
    return array ? static_cast<std::uint16_t>(count / width_of(type)) : std::uint16_t{1};
  }
  bool operator==(const Layout&) const = default;
};

/// What a `dtype` says: a name, "bit" also with its number ("bit3"), "string" also with encoding
/// and padding in any order ("string(ascii, blank)").
struct DataTypeText {
  DataType type = DataType::uint16;
  std::optional<std::uint8_t> bit{};
  Encoding encoding = Encoding::utf8;
  Padding padding = Padding::nul;

  bool operator==(const DataTypeText&) const = default;
};
/// Fails: invalid_argument, listing what there is
Result<DataTypeText> parse_data_type(std::string_view text);
/// The `dtype` that says the same: "float32", "bit3", "string(ascii)".
std::string data_type_text(const Layout& layout);

}  // namespace tagwerk::protocol::modbus
