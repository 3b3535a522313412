#pragma once

#include <cstdint>
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

/// Reads `TABLE:NUMBER`. Tables, in upper or lower case: CO or C, DI, IR or RI, HR or RH. Digits
/// alone are the data sheet's notation, counting from 1: 00001 a coil, 10001 a discrete input,
/// 30001 an input register, 40001 a holding register (five digits, or six up to 465536). Fails:
/// invalid_argument, saying what is allowed
Result<Address> parse_address(std::string_view text);

}  // namespace tagwerk::protocol::modbus
