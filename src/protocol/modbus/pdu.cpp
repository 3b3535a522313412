#include "protocol/modbus/pdu.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "protocol/modbus/frame.hpp"

namespace tagwerk::protocol::modbus {
namespace {

constexpr std::uint8_t kExceptionBit = 0x80;
constexpr std::uint16_t kCoilOn = 0xff00;

using Values = std::span<const std::uint16_t>;

std::uint8_t code_of(Function function) {
  return static_cast<std::uint8_t>(function);
}

std::size_t packed_size(std::size_t coils) {
  return (coils + 7) / 8;
}

void pack_coils(Values coils, base::ByteWriter& out) {
  for (std::size_t at = 0; at < coils.size(); at += 8) {
    unsigned bits = 0;
    for (std::size_t bit = 0; bit < 8 && at + bit < coils.size(); ++bit) {
      if (coils[at + bit] != 0) bits |= 1U << bit;
    }
    out.u8(static_cast<std::uint8_t>(bits));
  }
}

std::vector<std::uint16_t> unpack_coils(base::ByteReader& in, std::size_t count) {
  const auto packed = in.bytes(packed_size(count));
  std::vector<std::uint16_t> coils(packed.empty() ? 0 : count);
  for (std::size_t i = 0; i < coils.size(); ++i) {
    coils[i] = (std::to_integer<unsigned>(packed[i / 8]) >> (i % 8)) & 1U;
  }
  return coils;
}

std::vector<std::uint16_t> read_registers(base::ByteReader& in, std::size_t count) {
  std::vector<std::uint16_t> registers(count);
  for (auto& value : registers)
    value = in.u16_be();
  return registers;
}

void write_registers(Values registers, base::ByteWriter& out) {
  for (const auto value : registers)
    out.u16_be(value);
}

bool reads(Function function) {
  return access_of(function) == Access::read || function == Function::read_write_registers;
}

bool fits_address_space(std::uint32_t address, std::size_t count) {
  return address + count <= kAddressSpace;
}

/// How many values a request of this kind must carry.
std::size_t values_of(const Request& request) {
  switch (request.function) {
    case Function::mask_write_register:
      return 2;
    case Function::read_write_registers:
      return std::clamp<std::size_t>(request.values.size(), 1, kMaxReadWriteRegisters);
    default:
      return access_of(request.function) == Access::write ? request.count : 0;
  }
}

/// Nothing when the request may be sent or served, else the exception that says why not.
std::optional<ExceptionCode> objection_to(const Request& request) {
  if (!is_known(request.function)) return ExceptionCode::illegal_function;
  if (request.count == 0 || request.count > max_count(request.function)) {
    return ExceptionCode::illegal_data_value;
  }
  if (request.values.size() != values_of(request)) return ExceptionCode::illegal_data_value;
  if (!fits_address_space(request.address, request.count)) {
    return ExceptionCode::illegal_data_address;
  }
  if (request.function == Function::read_write_registers &&
      !fits_address_space(request.write_address, request.values.size())) {
    return ExceptionCode::illegal_data_address;
  }
  return std::nullopt;
}

/// Byte count and values of 15, 16 and 23: `count` coils or registers.
void decode_written(Request& request, std::size_t count, base::ByteReader& in) {
  const std::size_t bytes = in.u8();
  const bool coils = request.function == Function::write_multiple_coils;
  if (bytes != (coils ? packed_size(count) : count * 2) || bytes != in.remaining()) return;
  request.values = coils ? unpack_coils(in, count) : read_registers(in, count);
}

void decode_single_coil(Request& request, base::ByteReader& in) {
  const auto value = in.u16_be();
  if (value == kCoilOn || value == 0) request.values = {std::uint16_t{value != 0}};
}

/// Everything after the function code. What does not fit leaves `values` short or bytes unread,
/// which the caller refuses.
void decode_body(Request& request, base::ByteReader& in) {
  request.address = in.u16_be();
  switch (request.function) {
    case Function::write_single_coil:
      return decode_single_coil(request, in);
    case Function::write_single_register:
      request.values = {in.u16_be()};
      return;
    case Function::mask_write_register:
      request.values = read_registers(in, 2);
      return;
    case Function::write_multiple_coils:
    case Function::write_multiple_registers:
      request.count = in.u16_be();
      return decode_written(request, request.count, in);
    case Function::read_write_registers: {
      request.count = in.u16_be();
      request.write_address = in.u16_be();
      const auto count = in.u16_be();
      return decode_written(request, count, in);
    }
    default:
      request.count = in.u16_be();
  }
}

void encode_written(const Request& request, base::ByteWriter& out) {
  if (request.function == Function::write_multiple_coils) {
    out.u8(static_cast<std::uint8_t>(packed_size(request.values.size())));
    return pack_coils(request.values, out);
  }
  out.u8(static_cast<std::uint8_t>(request.values.size() * 2));
  write_registers(request.values, out);
}

/// What follows the address in a single write, in the request and again in its answer.
void encode_single(const Request& request, base::ByteWriter& out) {
  if (request.function == Function::write_single_coil) {
    return out.u16_be(request.values[0] != 0 ? kCoilOn : std::uint16_t{0});
  }
  write_registers(request.values, out);
}

void encode_body(const Request& request, base::ByteWriter& out) {
  out.u16_be(request.address);
  switch (request.function) {
    case Function::write_single_coil:
    case Function::write_single_register:
    case Function::mask_write_register:
      return encode_single(request, out);
    case Function::write_multiple_coils:
    case Function::write_multiple_registers:
      out.u16_be(request.count);
      return encode_written(request, out);
    case Function::read_write_registers:
      out.u16_be(request.count);
      out.u16_be(request.write_address);
      out.u16_be(static_cast<std::uint16_t>(request.values.size()));
      return encode_written(request, out);
    default:
      out.u16_be(request.count);
  }
}

std::string describe(const Request& request) {
  return fmt::format("{} {} to {}", to_string(request.function), request.address,
                     request.address + std::max<unsigned>(request.count, 1) - 1);
}

Result<Response> decode_exception(const Request& request, base::ByteReader& in) {
  const auto code = in.u8();
  if (!in.finished() || code == 0) {
    return fail(ErrorCode::corrupt, "malformed exception in answer to '{}'", describe(request));
  }
  return Response{ExceptionCode{code}, {}};
}

Result<Response> decode_values(const Request& request, base::ByteReader& in) {
  const bool coils = is_bit_table(table_of(request.function));
  const std::size_t expected = coils ? packed_size(request.count) : std::size_t{request.count} * 2;
  const std::size_t announced = in.u8();
  if (!in.ok() || announced != expected || in.remaining() != expected) {
    return fail(ErrorCode::corrupt,
                "answer to '{}' announces {} bytes and has {}, {} were expected", describe(request),
                announced, in.remaining(), expected);
  }
  return Response{{}, coils ? unpack_coils(in, request.count) : read_registers(in, request.count)};
}

Result<Response> check_echo(const Request& request, base::ByteView pdu) {
  base::Bytes expected;
  encode_response(request, {}, expected);
  if (!std::ranges::equal(pdu, expected)) {
    return fail(ErrorCode::corrupt, "answer to '{}' does not repeat what was written",
                describe(request));
  }
  return Response{};
}

}  // namespace

Request read_request(Table table, std::uint16_t address, std::uint16_t count) {
  switch (table) {
    case Table::coil:
      return {Function::read_coils, address, count};
    case Table::discrete_input:
      return {Function::read_discrete_inputs, address, count};
    case Table::input_register:
      return {Function::read_input_registers, address, count};
    case Table::holding_register:
      break;
  }
  return {Function::read_holding_registers, address, count};
}

Request write_request(Table table, std::uint16_t address, std::vector<std::uint16_t> values,
                      WriteForm form) {
  TAGWERK_ASSERT(is_writable(table));
  const bool single = form == WriteForm::shortest && values.size() == 1;
  const auto count = static_cast<std::uint16_t>(std::min<std::size_t>(values.size(), 0xffff));
  if (table == Table::coil) {
    const auto function = single ? Function::write_single_coil : Function::write_multiple_coils;
    return {function, address, count, std::move(values)};
  }
  const auto function =
      single ? Function::write_single_register : Function::write_multiple_registers;
  return {function, address, count, std::move(values)};
}

Access access_of(Function function) {
  return function <= Function::read_input_registers ? Access::read : Access::write;
}

Table table_of(Function function) {
  switch (function) {
    case Function::read_coils:
    case Function::write_single_coil:
    case Function::write_multiple_coils:
      return Table::coil;
    case Function::read_discrete_inputs:
      return Table::discrete_input;
    case Function::read_input_registers:
      return Table::input_register;
    default:
      return Table::holding_register;
  }
}

Status encode_request(const Request& request, base::Bytes& out) {
  if (const auto objection = objection_to(request)) {
    return fail(
        ErrorCode::invalid_argument,
        "cannot send '{}': count {} with {} values; 1 to {} are allowed, up to address 65535",
        describe(request), request.count, request.values.size(), max_count(request.function));
  }
  base::ByteWriter writer(out);
  writer.u8(code_of(request.function));
  encode_body(request, writer);
  return {};
}

Result<Response> decode_response(const Request& request, base::ByteView pdu) {
  base::ByteReader in(pdu);
  const auto function = in.u8();
  if (function == (code_of(request.function) | kExceptionBit)) return decode_exception(request, in);
  if (!in.ok() || function != code_of(request.function)) {
    return fail(ErrorCode::corrupt, "answer to '{}' has function code {} instead of {}",
                describe(request), function, code_of(request.function));
  }
  return reads(request.function) ? decode_values(request, in) : check_echo(request, pdu);
}

std::expected<Request, ExceptionCode> decode_request(base::ByteView pdu) {
  base::ByteReader in(pdu);
  Request request{Function{in.u8()}};
  if (!is_known(request.function)) return std::unexpected(ExceptionCode::illegal_function);
  decode_body(request, in);
  if (!in.finished()) return std::unexpected(ExceptionCode::illegal_data_value);
  if (const auto objection = objection_to(request)) return std::unexpected(*objection);
  return request;
}

void encode_response(const Request& request, std::span<const std::uint16_t> read,
                     base::Bytes& out) {
  TAGWERK_ASSERT(!objection_to(request));
  base::ByteWriter writer(out);
  writer.u8(code_of(request.function));
  if (reads(request.function)) {
    TAGWERK_ASSERT(read.size() == request.count);
    const bool coils = is_bit_table(table_of(request.function));
    writer.u8(static_cast<std::uint8_t>(coils ? packed_size(read.size()) : read.size() * 2));
    return coils ? pack_coils(read, writer) : write_registers(read, writer);
  }
  writer.u16_be(request.address);
  const bool multiple = request.function == Function::write_multiple_coils ||
                        request.function == Function::write_multiple_registers;
  return multiple ? writer.u16_be(request.count) : encode_single(request, writer);
}

void encode_exception(Function function, ExceptionCode code, base::Bytes& out) {
  base::ByteWriter writer(out);
  writer.u8(code_of(function) | kExceptionBit);
  writer.u8(static_cast<std::uint8_t>(code));
}

}  // namespace tagwerk::protocol::modbus
