#include "protocol/modbus/layout.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/assert.hpp"
#include "base/text.hpp"

namespace tagwerk::protocol::modbus {
namespace {

struct Row {
  DataType type;
  std::string_view name;
  std::uint16_t width;
  model::Type value;
};

constexpr std::array kRows{
    Row{DataType::boolean, "bool", 1, model::Type::boolean},
    Row{DataType::bit, "bit", 1, model::Type::boolean},
    Row{DataType::int16, "int16", 1, model::Type::integer},
    Row{DataType::uint16, "uint16", 1, model::Type::integer},
    Row{DataType::int32, "int32", 2, model::Type::integer},
    Row{DataType::uint32, "uint32", 2, model::Type::integer},
    Row{DataType::int64, "int64", 4, model::Type::integer},
    Row{DataType::uint64, "uint64", 4, model::Type::integer},
    Row{DataType::float32, "float32", 2, model::Type::floating},
    Row{DataType::float64, "float64", 4, model::Type::floating},
    Row{DataType::bcd16, "bcd16", 1, model::Type::integer},
    Row{DataType::bcd32, "bcd32", 2, model::Type::integer},
    Row{DataType::string, "string", 1, model::Type::string},
};

constexpr auto kTypes = [] {
  std::array<DataType, kRows.size()> types{};
  std::ranges::transform(kRows, types.begin(), &Row::type);
  return types;
}();

const Row& row_of(DataType type) {
  const Row& row = kRows[static_cast<std::size_t>(type)];
  TAGWERK_ASSERT(row.type == type);
  return row;
}

struct OrderNames {
  std::string_view four;  ///< empty where four letters do not say it all
  std::string_view eight;
};

/// By the number of the order.
constexpr std::array<OrderNames, 8> kOrderNames{{{"ABCD", "ABCDEFGH"},
                                                 {"BADC", "BADCFEHG"},
                                                 {"", "CDABGHEF"},
                                                 {"", "DCBAHGFE"},
                                                 {"", "EFGHABCD"},
                                                 {"", "FEHGBADC"},
                                                 {"CDAB", "GHEFCDAB"},
                                                 {"DCBA", "HGFEDCBA"}}};

/// First those with four letters.
constexpr std::array kOrders{Order::abcd,     Order::cdab,     Order::badc,     Order::dcba,
                             Order::cdabghef, Order::dcbahgfe, Order::efghabcd, Order::fehgbadc};
constexpr std::array kByteOrders{Order::abcd, Order::badc};

bool same_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return base::lower(x) == base::lower(y); });
}

std::unexpected<Error> unknown_type(std::string_view text) {
  std::string names;
  for (const Row& row : kRows)
    names += fmt::format("{}{}", names.empty() ? "" : ", ",
                         row.type == DataType::bit ? "bit0 to bit15" : row.name);
  return fail(ErrorCode::invalid_argument, "unknown Modbus dtype '{}'; there are {}",
              text.substr(0, 60), names);
}

/// "bit", "bit0" to "bit15".
Result<DataTypeText> parse_bit(std::string_view text) {
  DataTypeText out{.type = DataType::bit};
  const std::string_view digits = text.substr(3);
  if (digits.empty()) return out;
  std::uint8_t number = 0;
  const auto* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, number);
  if (error != std::errc{} || stop != end || number > 15)
    return fail(ErrorCode::invalid_argument, "dtype '{}': a register has bit0 to bit15",
                text.substr(0, 60));
  out.bit = number;
  return out;
}

Status take_string_word(std::string_view word, DataTypeText& out) {
  if (word == "utf8" || word == "utf-8")
    out.encoding = Encoding::utf8;
  else if (word == "ascii")
    out.encoding = Encoding::ascii;
  else if (word == "latin1")
    out.encoding = Encoding::latin1;
  else if (word == "nul")
    out.padding = Padding::nul;
  else if (word == "blank")
    out.padding = Padding::blank;
  else
    return fail(ErrorCode::invalid_argument,
                "dtype string does not know '{}'; there are the encodings utf8, ascii, latin1 and "
                "the paddings nul, blank, as in string(ascii, blank)",
                word);
  return {};
}

/// "string", "string(ascii)", "string(latin1, blank)".
Result<DataTypeText> parse_string(std::string_view text) {
  DataTypeText out{.type = DataType::string};
  std::string_view words = text.substr(6);
  if (words.empty()) return out;
  if (!words.starts_with('(') || !words.ends_with(')')) return unknown_type(text);
  words = words.substr(1, words.size() - 2);
  while (!words.empty()) {
    const std::size_t end = std::min(words.find_first_of(", "), words.size());
    if (end > 0)
      if (auto taken = take_string_word(words.substr(0, end), out); !taken)
        return std::unexpected(taken.error());
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return out;
}

}  // namespace

std::string_view to_string(DataType type) {
  return row_of(type).name;
}

std::uint16_t width_of(DataType type) {
  return row_of(type).width;
}

model::Type value_type(DataType type) {
  return row_of(type).value;
}

std::span<const DataType> all_data_types() {
  return kTypes;
}

std::string_view to_string(Order order) {
  const OrderNames& names = kOrderNames[static_cast<std::size_t>(order)];
  return names.four.empty() ? names.eight : names.four;
}

std::string_view to_string(Order order, std::uint16_t width) {
  return width == 4 ? kOrderNames[static_cast<std::size_t>(order)].eight : to_string(order);
}

Result<Order> parse_order(std::string_view text) {
  for (std::size_t i = 0; i < kOrderNames.size(); ++i) {
    const auto& [four, eight] = kOrderNames[i];
    if ((!four.empty() && same_ignoring_case(text, four)) || same_ignoring_case(text, eight))
      return static_cast<Order>(i);
  }
  return fail(ErrorCode::invalid_argument,
              "unknown byte order '{}'; there are ABCD (the standard's), CDAB, BADC and DCBA, and "
              "for 64 bits also CDABGHEF, DCBAHGFE, EFGHABCD and FEHGBADC",
              text.substr(0, 60));
}

std::span<const Order> orders_of(DataType type) {
  const std::span all(kOrders);
  switch (row_of(type).width) {
    case 4:
      return all;
    case 2:
      return all.first(4);
    default:
      return type == DataType::boolean || type == DataType::bit
                 ? std::span<const Order>(kByteOrders).first(1)
                 : kByteOrders;
  }
}

Result<DataTypeText> parse_data_type(std::string_view text) {
  if (text.starts_with("bit")) return parse_bit(text);
  if (text.starts_with("string")) return parse_string(text);
  for (const Row& row : kRows)
    if (row.name == text) return DataTypeText{.type = row.type};
  return unknown_type(text);
}

std::string data_type_text(const Layout& layout) {
  std::string out(to_string(layout.type));
  if (layout.type == DataType::bit) return out + std::to_string(layout.bit);
  if (layout.type != DataType::string) return out;
  const std::string_view encoding = layout.encoding == Encoding::ascii    ? "ascii"
                                    : layout.encoding == Encoding::latin1 ? "latin1"
                                                                          : "";
  const std::string_view padding = layout.padding == Padding::blank ? "blank" : "";
  if (encoding.empty() && padding.empty()) return out;
  const bool both = !encoding.empty() && !padding.empty();
  return fmt::format("{}({}{}{})", out, encoding, both ? ", " : "", padding);
}

}  // namespace tagwerk::protocol::modbus
