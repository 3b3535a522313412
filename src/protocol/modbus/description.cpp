#include "protocol/modbus/description.hpp"

#include <algorithm>
#include <iterator>

#include "protocol/modbus/address.hpp"

namespace tagwerk::protocol::modbus {
namespace {

constexpr std::size_t kValuesNamed = 16;

/// "HR 0..9 unit 1"
std::string range(Table table, std::uint16_t address, std::size_t count, std::uint8_t unit) {
  if (count <= 1) return fmt::format("{} {} unit {}", short_name(table), address, unit);
  return fmt::format("{} {}..{} unit {}", short_name(table), address, address + count - 1, unit);
}

/// "17 4 0" or "on off"; of many the first ones.
std::string list(Table table, const std::vector<std::uint16_t>& values) {
  std::string out;
  for (std::size_t i = 0; i < std::min(values.size(), kValuesNamed); ++i) {
    if (i > 0) out += ' ';
    if (is_bit_table(table))
      out += values[i] != 0 ? "on" : "off";
    else
      fmt::format_to(std::back_inserter(out), "{}", values[i]);
  }
  if (values.size() > kValuesNamed) out += " …";
  return out;
}

/// What is read, or else written.
std::string range_of(const Request& request, std::uint8_t unit) {
  return range(table_of(request.function), request.address, request.count, unit);
}

bool answers_values(const Request& request) {
  return access_of(request.function) == Access::read ||
         request.function == Function::read_write_registers;
}

}  // namespace

std::string describe(const Request& request, std::uint8_t unit) {
  const Table table = table_of(request.function);
  const std::string where = range_of(request, unit);
  switch (request.function) {
    case Function::mask_write_register:
      return fmt::format("mask {}: and 0x{:04x}, or 0x{:04x}", where, request.values[0],
                         request.values[1]);
    case Function::read_write_registers:
      return fmt::format("write {} = {}, read {}",
                         range(table, request.write_address, request.values.size(), unit),
                         list(table, request.values), where);
    default:
      if (access_of(request.function) == Access::read) return "read " + where;
      return fmt::format("write {} = {}", where, list(table, request.values));
  }
}

std::string describe(const Request& request, const Response& response, std::uint8_t unit) {
  const std::string where = range_of(request, unit);
  if (response.exception) {
    const bool reads = access_of(request.function) == Access::read;
    return fmt::format("{} {}: {}", reads ? "read" : "write", where,
                       to_string(*response.exception));
  }
  if (!answers_values(request)) return where + " written";
  return fmt::format("{} = {}", where, list(table_of(request.function), response.values));
}

}  // namespace tagwerk::protocol::modbus
