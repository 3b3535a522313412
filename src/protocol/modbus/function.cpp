#include "protocol/modbus/function.hpp"

#include <fmt/format.h>

namespace tagwerk::protocol::modbus {
namespace {

constexpr model::Quality kBadUnknownResponse{0x80090000};
constexpr model::Quality kBadServerTooBusy{0x80EE0000};
constexpr model::Quality kBadRequestNotComplete{0x81130000};

std::string_view name_of(Function function) {
  switch (function) {
    case Function::read_coils:
      return "read coils";
    case Function::read_discrete_inputs:
      return "read discrete inputs";
    case Function::read_holding_registers:
      return "read holding registers";
    case Function::read_input_registers:
      return "read input registers";
    case Function::write_single_coil:
      return "write single coil";
    case Function::write_single_register:
      return "write single register";
    case Function::write_multiple_coils:
      return "write multiple coils";
    case Function::write_multiple_registers:
      return "write multiple registers";
    case Function::mask_write_register:
      return "mask write register";
    case Function::read_write_registers:
      return "read/write multiple registers";
  }
  return {};
}

std::string_view name_of(ExceptionCode code) {
  switch (code) {
    case ExceptionCode::illegal_function:
      return "illegal function";
    case ExceptionCode::illegal_data_address:
      return "illegal data address";
    case ExceptionCode::illegal_data_value:
      return "illegal data value";
    case ExceptionCode::server_device_failure:
      return "server device failure";
    case ExceptionCode::acknowledge:
      return "acknowledge";
    case ExceptionCode::server_device_busy:
      return "server device busy";
    case ExceptionCode::memory_parity_error:
      return "memory parity error";
    case ExceptionCode::gateway_path_unavailable:
      return "gateway path unavailable";
    case ExceptionCode::gateway_target_failed:
      return "gateway target failed to respond";
  }
  return {};
}

}  // namespace

std::string_view to_string(Table table) {
  switch (table) {
    case Table::coil:
      return "coil";
    case Table::discrete_input:
      return "discrete input";
    case Table::input_register:
      return "input register";
    case Table::holding_register:
      return "holding register";
  }
  return "unknown table";
}

bool is_known(Function function) {
  return !name_of(function).empty();
}

std::string to_string(Function function) {
  const auto name = name_of(function);
  return name.empty() ? fmt::format("function {}", static_cast<int>(function)) : std::string(name);
}

std::uint16_t max_count(Function function) {
  switch (function) {
    case Function::read_coils:
    case Function::read_discrete_inputs:
      return kMaxReadCoils;
    case Function::read_holding_registers:
    case Function::read_input_registers:
    case Function::read_write_registers:
      return kMaxReadRegisters;
    case Function::write_single_coil:
    case Function::write_single_register:
    case Function::mask_write_register:
      return 1;
    case Function::write_multiple_coils:
      return kMaxWriteCoils;
    case Function::write_multiple_registers:
      return kMaxWriteRegisters;
  }
  return 0;
}

std::string to_string(ExceptionCode code) {
  const auto name = name_of(code);
  const int number = static_cast<int>(code);
  return name.empty() ? fmt::format("exception {}", number)
                      : fmt::format("exception {} ({})", number, name);
}

model::Quality quality_of(ExceptionCode code, Access access) {
  switch (code) {
    case ExceptionCode::illegal_function:
      return model::kBadNotSupported;
    case ExceptionCode::illegal_data_address:
      return access == Access::read ? model::kBadNotReadable : model::kBadNotWritable;
    case ExceptionCode::illegal_data_value:
      return model::kBadOutOfRange;
    case ExceptionCode::server_device_failure:
      return model::kBadDeviceFailure;
    case ExceptionCode::acknowledge:
      return kBadRequestNotComplete;
    case ExceptionCode::server_device_busy:
      return kBadServerTooBusy;
    case ExceptionCode::memory_parity_error:
      return model::kBadDeviceFailure;
    case ExceptionCode::gateway_path_unavailable:
    case ExceptionCode::gateway_target_failed:
      return model::kBadNoCommunication;
  }
  return kBadUnknownResponse;
}

}  // namespace tagwerk::protocol::modbus
