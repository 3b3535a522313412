#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/quality.hpp"

namespace tagwerk::protocol::modbus {

/// The four tables of a Modbus device. Coils and discrete inputs are bits, the others 16-bit words.
enum class Table : std::uint8_t { coil, discrete_input, input_register, holding_register };

/// Coils or registers of each table.
inline constexpr std::uint32_t kAddressSpace = 65536;

inline constexpr bool is_bit_table(Table table) {
  return table == Table::coil || table == Table::discrete_input;
}
inline constexpr bool is_writable(Table table) {
  return table == Table::coil || table == Table::holding_register;
}
/// "coil", "discrete input", "input register", "holding register": for messages.
std::string_view to_string(Table table);

/// Source: MODBUS Application Protocol Specification V1.1b3, section 6
enum class Function : std::uint8_t {
  read_coils = 1,
  read_discrete_inputs = 2,
  read_holding_registers = 3,
  read_input_registers = 4,
  write_single_coil = 5,
  write_single_register = 6,
  write_multiple_coils = 15,
  write_multiple_registers = 16,
  mask_write_register = 22,
  read_write_registers = 23,
};

bool is_known(Function function);
/// "read holding registers"; "function 43" for one this codec does not know.
std::string to_string(Function function);

/// Most coils or registers one request of this function may carry (23: the read part).
std::uint16_t max_count(Function function);
inline constexpr std::uint16_t kMaxReadRegisters = 125;
inline constexpr std::uint16_t kMaxReadCoils = 2000;
inline constexpr std::uint16_t kMaxWriteRegisters = 123;
inline constexpr std::uint16_t kMaxWriteCoils = 1968;
/// Registers the write part of function 23 may carry.
inline constexpr std::uint16_t kMaxReadWriteRegisters = 121;

/// Source: the same, section 7
enum class ExceptionCode : std::uint8_t {
  illegal_function = 1,
  illegal_data_address = 2,
  illegal_data_value = 3,
  server_device_failure = 4,
  acknowledge = 5,
  server_device_busy = 6,
  memory_parity_error = 8,
  gateway_path_unavailable = 10,
  gateway_target_failed = 11,
};

/// "exception 2 (illegal data address)"; "exception 77" for a number the standard does not name.
std::string to_string(ExceptionCode code);

enum class Access : std::uint8_t { read, write };

/// The quality that says the same: what a tag shows after a read, a caller gets after a write.
///
///     1  BadNotSupported                      6      BadServerTooBusy
///     2  BadNotReadable / BadNotWritable      8      BadDeviceFailure
///     3  BadOutOfRange                        10,11  BadNoCommunication
///     4  BadDeviceFailure                     other  BadUnknownResponse
///     5  BadRequestNotComplete
model::Quality quality_of(ExceptionCode code, Access access);

}  // namespace tagwerk::protocol::modbus
