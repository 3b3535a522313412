#include "protocol/modbus/address.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace tagwerk::protocol::modbus {
namespace {

struct TableName {
  std::string_view name;
  Table table;
};

constexpr std::array kTableNames{TableName{"CO", Table::coil},
                                 TableName{"DI", Table::discrete_input},
                                 TableName{"IR", Table::input_register},
                                 TableName{"HR", Table::holding_register},
                                 TableName{"C", Table::coil},
                                 TableName{"RI", Table::input_register},
                                 TableName{"RH", Table::holding_register}};

constexpr std::uint32_t kAddressSpace = 65536;

constexpr char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

std::optional<Table> table_named(std::string_view text) {
  for (const auto& [name, table] : kTableNames) {
    if (std::ranges::equal(text, name, {}, upper)) return table;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> number_in(std::string_view digits) {
  std::uint32_t number = 0;
  const auto* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, number);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

std::optional<Table> table_of_digit(char digit) {
  switch (digit) {
    case '0':
      return Table::coil;
    case '1':
      return Table::discrete_input;
    case '3':
      return Table::input_register;
    case '4':
      return Table::holding_register;
    default:
      return std::nullopt;
  }
}

/// "40001": the first digit names the table, the rest counts from 1.
Result<Address> parse_data_sheet(std::string_view text) {
  const auto table = table_of_digit(text.front());
  const auto number = number_in(text.substr(1));
  const bool size_fits = text.size() == 5 || text.size() == 6;
  if (!size_fits || !table || !number || *number == 0 || *number > kAddressSpace) {
    return fail(ErrorCode::invalid_argument,
                "'{}' is not a Modbus address; digits alone mean 00001 to 465536, first digit 0, "
                "1, 3 or 4; "
                "the other form is HR:0",
                text);
  }
  return Address{*table, static_cast<std::uint16_t>(*number - 1)};
}

}  // namespace

std::string to_string(Address address) {
  const auto found = std::ranges::find(kTableNames, address.table, &TableName::table);
  return fmt::format("{}:{}", found->name, address.number);
}

Result<Address> parse_address(std::string_view text) {
  if (!text.empty() && text.find_first_not_of("0123456789") == text.npos) {
    return parse_data_sheet(text);
  }
  const auto colon = text.find(':');
  const auto table = table_named(text.substr(0, colon));
  if (colon == text.npos || !table) {
    return fail(ErrorCode::invalid_argument,
                "'{}' is not a Modbus address; write CO:0 (coil), DI:0 (discrete input), "
                "IR:0 (input register) or HR:0 (holding register)",
                text);
  }
  const auto number = number_in(text.substr(colon + 1));
  if (!number || *number >= kAddressSpace) {
    return fail(ErrorCode::invalid_argument,
                "'{}' in Modbus address '{}' is not a number from 0 to 65535",
                text.substr(colon + 1), text);
  }
  return Address{*table, static_cast<std::uint16_t>(*number)};
}

}  // namespace tagwerk::protocol::modbus
