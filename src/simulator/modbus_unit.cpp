#include "simulator/modbus_unit.hpp"

#include <array>
#include <vector>

namespace tagwerk::simulator {
namespace {

using protocol::modbus::Function;
using protocol::modbus::Request;
using Values = std::vector<std::uint16_t>;
using Outcome = std::expected<Values, ExceptionCode>;

Outcome read(ModbusUnit& unit, Table table, const Request& request) {
  Values values(request.count);
  if (const auto answer = unit.read(table, request.address, values); !answer) {
    return std::unexpected(answer.error());
  }
  return values;
}

Outcome write(ModbusUnit& unit, Table table, std::uint16_t address,
              std::span<const std::uint16_t> values) {
  if (const auto answer = unit.write(table, address, values); !answer) {
    return std::unexpected(answer.error());
  }
  return Values{};
}

Outcome mask_write(ModbusUnit& unit, const Request& request) {
  const auto before = read(unit, Table::holding_register, request);
  if (!before) return before;
  const unsigned and_mask = request.values[0];
  const unsigned or_mask = request.values[1];
  const std::array after{
      static_cast<std::uint16_t>(((*before)[0] & and_mask) | (or_mask & ~and_mask))};
  return write(unit, Table::holding_register, request.address, after);
}

Outcome run(ModbusUnit& unit, const Request& request) {
  const auto table = protocol::modbus::table_of(request.function);
  if (request.function == Function::mask_write_register) return mask_write(unit, request);
  if (request.function == Function::read_write_registers) {
    const auto written = write(unit, table, request.write_address, request.values);
    return written ? read(unit, table, request) : written;
  }
  if (protocol::modbus::access_of(request.function) == protocol::modbus::Access::read) {
    return read(unit, table, request);
  }
  return write(unit, table, request.address, request.values);
}

}  // namespace

void serve(ModbusUnit& unit, base::ByteView pdu, base::Bytes& out) {
  const auto request = protocol::modbus::decode_request(pdu);
  if (!request) {
    const auto function = pdu.empty() ? std::uint8_t{0} : std::to_integer<std::uint8_t>(pdu[0]);
    return protocol::modbus::encode_exception(Function{function}, request.error(), out);
  }
  const auto outcome = run(unit, *request);
  if (!outcome) {
    return protocol::modbus::encode_exception(request->function, outcome.error(), out);
  }
  protocol::modbus::encode_response(*request, *outcome, out);
}

}  // namespace tagwerk::simulator
