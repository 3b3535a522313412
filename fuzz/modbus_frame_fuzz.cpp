// Bytes from a Modbus connection: framing, requests as a server reads them, answers as a client
// does.

#include <cstddef>
#include <cstdint>

#include "base/assert.hpp"
#include "protocol/modbus/address.hpp"
#include "protocol/modbus/frame.hpp"
#include "protocol/modbus/pdu.hpp"

namespace modbus = tagwerk::protocol::modbus;

namespace {

void serve(tagwerk::base::ByteView pdu) {
  const auto request = modbus::decode_request(pdu);
  if (!request) return;
  tagwerk::base::Bytes again;
  TAGWERK_ASSERT(modbus::encode_request(*request, again).has_value());
  TAGWERK_ASSERT(modbus::decode_request(again) == *request);
}

void receive(tagwerk::base::ByteView pdu) {
  for (const auto table : {modbus::Table::coil, modbus::Table::holding_register}) {
    const auto read = modbus::read_request(table, 10, 20);
    const auto response = modbus::decode_response(read, pdu);
    TAGWERK_ASSERT(!response || response->exception || response->values.size() == 20);
    const auto written = modbus::decode_response(modbus::write_request(table, 10, {1, 0}), pdu);
    TAGWERK_ASSERT(!written || written->values.empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto input = std::as_bytes(std::span(data, size));
  serve(input);
  receive(input);
  (void)modbus::parse_address(tagwerk::base::as_text(input));
  modbus::FrameDecoder decoder;
  for (;;) {
    const auto frame = decoder.next(input);
    if (!frame || !*frame) return 0;
    serve((*frame)->pdu);
    receive((*frame)->pdu);
  }
}
