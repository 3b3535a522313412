#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "protocol/modbus/function.hpp"

namespace tagwerk::protocol::modbus {

/// One coil or register by its protocol address, which counts from 0.
struct Address {
  Table table = Table::holding_register;
  std::uint16_t number = 0;

  auto operator<=>(const Address&) const = default;
};

/// "HR:10", "IR:0", "DI:5", "CO:3".
std::string to_string(Address address);
/// "HR", "IR", "DI", "CO".
std::string_view short_name(Table table);

/// What an address text names: where it begins, how far it goes, which bit of a register.
struct AddressText {
  Address address;
  std::optional<std::uint16_t> count{};  ///< coils or registers, 1 to 65536 - number
  std::optional<std::uint8_t> bit{};     ///< 0 to 15; registers only

  bool operator==(const AddressText&) const = default;
};

/// Reads `TABLE:NUMBER`, and behind it `.BIT` or `:COUNT`: "HR:5", "HR:5.3", "RH:100:8". Tables, in
/// upper or lower case: CO or C, DI, IR or RI, HR or RH. The first NUMBER is `base`, 0 or 1.
///
/// Digits alone are the data sheet's notation, which counts from 1 whatever the base: 00001 a coil,
/// 10001 a discrete input, 30001 an input register, 40001 or 400001 a holding register (five
/// digits, or six up to 465536). Fails: invalid_argument, saying what is allowed; what could be
/// meant in two ways is refused with
///        both of them
Result<AddressText> parse_address_text(std::string_view text, std::uint16_t base = 0);

/// The same without bit and count.
Result<Address> parse_address(std::string_view text, std::uint16_t base = 0);

}  // namespace tagwerk::protocol::modbus
