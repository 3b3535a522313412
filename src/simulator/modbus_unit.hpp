#pragma once

#include <cstdint>
#include <expected>
#include <span>

#include "base/bytes.hpp"
#include "protocol/modbus/function.hpp"
#include "protocol/modbus/pdu.hpp"

namespace tagwerk::simulator {

using protocol::modbus::ExceptionCode;
using protocol::modbus::Table;

/// What stands behind one unit id of a Modbus server.
/// Threads: the server's
class ModbusUnit {
 public:
  using Answer = std::expected<void, ExceptionCode>;
  virtual ~ModbusUnit() = default;

  /// Fills `out` from `address` on, one entry per coil (0 or 1) or register. The range lies within
  /// 0 to 65535.
  virtual Answer read(Table table, std::uint16_t address, std::span<std::uint16_t> out) = 0;
  /// Takes all values or, with an exception, none.
  virtual Answer write(Table table, std::uint16_t address,
                       std::span<const std::uint16_t> values) = 0;
};

/// Serves one request PDU, whatever it holds: appends the answer or the exception to `out`.
void serve(ModbusUnit& unit, base::ByteView pdu, base::Bytes& out);

}  // namespace tagwerk::simulator
