#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "protocol/modbus/function.hpp"

namespace tagwerk::protocol::modbus {

/// What a client asks. One form for all functions; values hold one entry per register, or one per
/// coil (0 = off, anything else = on).
struct Request {
  Function function = Function::read_holding_registers;
  std::uint16_t address = 0;  ///< protocol address (from 0) of what is read, or else written
  std::uint16_t count = 1;    ///< coils or registers at `address`
  std::vector<std::uint16_t> values{};  ///< what a write carries; for 22 the AND mask, the OR mask
  std::uint16_t write_address = 0;      ///< only for 23: where `values` go

  bool operator==(const Request&) const = default;
};

/// Reads `count` entries; the function follows from the table.
Request read_request(Table table, std::uint16_t address, std::uint16_t count);

enum class WriteForm : std::uint8_t {
  shortest,  ///< 5 or 6 for one value, 15 or 16 for more
  multiple,  ///< always 15 or 16, for devices that know no other
};
/// Writes `values`; the table must be coil or holding_register (asserted).
Request write_request(Table table, std::uint16_t address, std::vector<std::uint16_t> values,
                      WriteForm form = WriteForm::shortest);

/// Read or write; 23 counts as a write.
Access access_of(Function function);
/// The table a function reads or writes.
Table table_of(Function function);

/// What the device said. Everything it echoes was checked against the request, so only this is new.
struct Response {
  std::optional<ExceptionCode> exception{};
  std::vector<std::uint16_t> values{};  ///< what was read; empty after a write or an exception
};

// The client's side.

/// Appends the PDU.
/// Fails: invalid_argument: a count the function does not allow, an address past 65535; nothing is
/// appended
Status encode_request(const Request& request, base::Bytes& out);

/// Reads the answer to `request` and checks that it is one: function, byte count, echoed address,
/// count, value. A device's exception is a good answer, in Response::exception. Fails: corrupt,
/// saying what did not fit; the peer is confused, close the connection
Result<Response> decode_response(const Request& request, base::ByteView pdu);

// The server's side.

/// The error is what to answer with encode_exception: 1 for an unknown function, 2 for an address
/// past 65535, 3 for a count or length that is not allowed.
std::expected<Request, ExceptionCode> decode_request(base::ByteView pdu);

/// Appends the answer; `read` holds request.count values for a function that reads, and is ignored
/// for the others. The request must be one that decode_request made (asserted).
void encode_response(const Request& request, std::span<const std::uint16_t> read, base::Bytes& out);
void encode_exception(Function function, ExceptionCode code, base::Bytes& out);

}  // namespace tagwerk::protocol::modbus
