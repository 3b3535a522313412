#include "connectors/modbus/evidence.hpp"

#include <iterator>

#include "connectors/modbus/exchange.hpp"
#include "protocol/modbus/value.hpp"

namespace tagwerk::connectors::modbus {
namespace {

namespace codec = protocol::modbus;

void append_hex(std::string& out, std::span<const std::uint16_t> registers) {
  for (std::size_t i = 0; i < registers.size(); ++i)
    fmt::format_to(std::back_inserter(out), "{}{:04x}", i == 0 ? "" : " ", registers[i]);
}

void append_frame(std::string& out, const link::TraceRing& ring, std::uint64_t number) {
  const link::TraceFrame frame = ring.at(number);
  fmt::format_to(std::back_inserter(out), R"({{"number":{},"time":"{}","direction":"{}","bytes":")",
                 number, base::to_rfc3339(frame.time),
                 frame.direction == link::TraceDirection::sent ? "sent" : "received");
  for (const std::byte each : frame.bytes)
    fmt::format_to(std::back_inserter(out), "{:02x}", std::to_integer<unsigned>(each));
  out += R"(","text":)";
  model::append_json_string(out, describe_frame(ring, number));
  if (frame.delay == link::kNoDelay)
    out += R"(,"delay":null})";
  else
    fmt::format_to(std::back_inserter(out), R"(,"delay":{:.6f}}})",
                   std::chrono::duration<double>(frame.delay).count());
}

/// The tag's own part of an answer; null when there is none.
void append_registers(std::string& out, const Exchange* read, const Place& place) {
  if (read == nullptr || !read->answered || read->answered->exception) {
    out += R"(,"registers":null,"raw":null)";
    return;
  }
  const std::span<const std::uint16_t> all(read->answered->values);
  const auto own = all.subspan(place.address.number - read->asked.address, place.layout.count);
  out += R"(,"registers":")";
  append_hex(out, own);
  out += R"(","raw":)";
  model::append_json(out, codec::decode_value(place.layout, own).value);
}

}  // namespace

std::string evidence_json(const link::TraceRing& ring, const std::string& device, std::uint8_t unit,
                          const Place& place) {
  const auto read = find_read(ring, device, unit, place.address, place.layout.count);
  std::string out =
      fmt::format(R"({{"address":"{}","dtype":"{}","order":"{}")", codec::address_text(place),
                  codec::data_type_text(place.layout), codec::to_string(place.layout.order));
  append_registers(out, read ? &*read : nullptr, place);
  out += R"(,"exception":)";
  if (read && read->answered && read->answered->exception)
    model::append_json_string(out, codec::to_string(*read->answered->exception));
  else
    out += "null";
  out += R"(,"frames":[)";
  if (read) append_frame(out, ring, read->request);
  if (read && read->answer) {
    out += ',';
    append_frame(out, ring, *read->answer);
  }
  out += "]}";
  return out;
}

}  // namespace tagwerk::connectors::modbus
