#include "protocol/modbus/address.hpp"

#include <algorithm>
#include <array>
#include <charconv>

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

constexpr std::size_t kMostNamed = 60;  ///< characters of a wrong text in a message

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

/// Digits that are not of the data sheet's form: what they could mean.
std::unexpected<Error> refuse_digits(std::string_view text, std::string_view digits) {
  if (digits.size() < 5)
    return fail(ErrorCode::invalid_argument,
                "'{}' can mean two things: write HR:{} for that register, or \"{:0>5}\" in quotes "
                "for the data sheet's coil {}, whose zeros were lost",
                text.substr(0, kMostNamed), digits, digits, digits);
  const auto number = number_in(digits);
  if (digits.size() == 5 && number && *number < kAddressSpace)
    return fail(ErrorCode::invalid_argument,
                "'{}' is not the data sheet's notation, which goes from {}0001 on with the first "
                "digit 0, 1, 3 or 4; if it is the number of a register, write HR:{}",
                text.substr(0, kMostNamed), table_of_digit(digits.front()) ? digits.front() : '4',
                digits);
  return fail(ErrorCode::invalid_argument,
              "'{}' is not a Modbus address; digits alone mean 00001 to 465536, first digit 0, "
              "1, 3 or 4; "
              "the other form is HR:0",
              text.substr(0, kMostNamed));
}

/// "40001": the first digit names the table, the rest counts from 1.
Result<Address> parse_data_sheet(std::string_view text, std::string_view digits) {
  const auto table = table_of_digit(digits.front());
  const auto number = number_in(digits.substr(1));
  const bool size_fits = digits.size() == 5 || digits.size() == 6;
  if (!size_fits || !table || !number || *number == 0 || *number > kAddressSpace)
    return refuse_digits(text, digits);
  return Address{*table, static_cast<std::uint16_t>(*number - 1)};
}

/// "HR:10", with the number counting from the base.
Result<Address> parse_named(std::string_view text, std::string_view name, std::string_view digits,
                            std::uint16_t base) {
  const auto table = table_named(name);
  if (!table || digits.data() == nullptr)
    return fail(ErrorCode::invalid_argument,
                "'{}' is not a Modbus address; write CO:0 (coil), DI:0 (discrete input), "
                "IR:0 (input register) or HR:0 (holding register)",
                text.substr(0, kMostNamed));
  const auto number = number_in(digits);
  if (number && *number >= base && *number - base < kAddressSpace)
    return Address{*table, static_cast<std::uint16_t>(*number - base)};
  std::string remedy;
  if (number && *number == 0) remedy = "; this device counts from 1 (base: 1)";
  if (digits.size() == 6 && parse_data_sheet(digits, digits))
    remedy = fmt::format("; the data sheet's {} is written without '{}:'", digits, name);
  return fail(ErrorCode::invalid_argument,
              "'{}' in Modbus address '{}' is not a number from {} to {}{}",
              digits.substr(0, kMostNamed), text.substr(0, kMostNamed), base,
              kAddressSpace - 1 + base, remedy);
}

Result<std::uint8_t> parse_bit(std::string_view text, std::string_view digits, Address address) {
  if (is_bit_table(address.table))
    return fail(ErrorCode::invalid_argument, "'{}': a {} has no bits; remove '.{}'",
                text.substr(0, kMostNamed), to_string(address.table), digits);
  const auto bit = number_in(digits);
  if (bit && *bit <= 15) return static_cast<std::uint8_t>(*bit);
  return fail(ErrorCode::invalid_argument, "'{}' in Modbus address '{}' is not a bit from 0 to 15",
              digits.substr(0, kMostNamed), text.substr(0, kMostNamed));
}

Result<std::uint16_t> parse_count(std::string_view text, std::string_view digits, Address address) {
  const auto count = number_in(digits);
  const std::uint32_t most = std::min(kAddressSpace - address.number, std::uint32_t{65535});
  if (count && *count >= 1 && *count <= most) return static_cast<std::uint16_t>(*count);
  return fail(ErrorCode::invalid_argument,
              "'{}' in Modbus address '{}' is not a count; from there on there are 1 to {}",
              digits.substr(0, kMostNamed), text.substr(0, kMostNamed), most);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

std::string_view short_name(Table table) {
  return std::ranges::find(kTableNames, table, &TableName::table)->name;
}

std::string to_string(Address address) {
  return fmt::format("{}:{}", short_name(address.table), address.number);
}

Result<AddressText> parse_address_text(std::string_view text, std::uint16_t base) {
  const bool named = text.empty() || !is_digit(text.front());
  const std::size_t colon = named ? text.find(':') : 0;
  const std::string_view name = named ? text.substr(0, colon) : "";
  std::string_view digits = text;
  if (named) digits = colon == text.npos ? std::string_view() : text.substr(colon + 1);
  const std::size_t end = std::min(digits.find_first_of(".:"), digits.size());
  const std::string_view rest = digits.substr(end);
  digits = digits.substr(0, end);
  const auto address = named || !std::ranges::all_of(digits, is_digit)
                           ? parse_named(text, name, digits, base)
                           : parse_data_sheet(text, digits);
  if (!address) return std::unexpected(address.error());
  AddressText out{*address};
  if (rest.starts_with('.')) {
    const auto bit = parse_bit(text, rest.substr(1), *address);
    if (!bit) return std::unexpected(bit.error());
    out.bit = *bit;
  } else if (rest.starts_with(':')) {
    const auto count = parse_count(text, rest.substr(1), *address);
    if (!count) return std::unexpected(count.error());
    out.count = *count;
  }
  return out;
}

Result<Address> parse_address(std::string_view text, std::uint16_t base) {
  const auto parsed = parse_address_text(text, base);
  if (!parsed) return std::unexpected(parsed.error());
  if (parsed->count || parsed->bit)
    return fail(ErrorCode::invalid_argument, "'{}' has a count or a bit; here it must not",
                text.substr(0, kMostNamed));
  return parsed->address;
}

}  // namespace tagwerk::protocol::modbus
