#include "connectors/modbus/exchange.hpp"

#include <map>

#include "protocol/modbus/description.hpp"
#include "protocol/modbus/frame.hpp"

namespace tagwerk::connectors::modbus {
namespace {

namespace codec = protocol::modbus;
using link::TraceDirection;
using link::TraceFrame;

/// How far back the request of an answer is looked for: one answer is waited for at a time, so the
/// frames between are those of other devices.
constexpr std::uint64_t kLookBack = 2000;

struct Parsed {
  std::uint16_t transaction = 0;
  std::uint8_t unit = 0;
  base::ByteView pdu;
};

std::optional<Parsed> parse(const TraceFrame& frame) {
  base::ByteReader in(frame.bytes);
  Parsed out;
  out.transaction = in.u16_be();
  const std::uint16_t protocol = in.u16_be();
  const std::uint16_t length = in.u16_be();
  out.unit = in.u8();
  if (!in.ok() || protocol != 0 || length != in.remaining() + 1) return std::nullopt;
  out.pdu = frame.bytes.subspan(codec::kHeaderSize);
  return out;
}

std::optional<codec::Request> request_in(const Parsed& frame) {
  auto request = codec::decode_request(frame.pdu);
  return request ? std::optional(std::move(*request)) : std::nullopt;
}

/// The newest request before this answer with its transaction, on the same connection.
std::optional<codec::Request> request_of(const link::TraceRing& ring, const TraceFrame& answer,
                                         const Parsed& parsed) {
  const std::uint64_t first =
      std::max(ring.oldest(), answer.number > kLookBack ? answer.number - kLookBack : 0);
  for (std::uint64_t number = answer.number; number-- > first;) {
    const TraceFrame frame = ring.at(number);
    if (frame.direction != TraceDirection::sent || frame.connection != answer.connection) continue;
    const auto sent = parse(frame);
    if (!sent || sent->transaction != parsed.transaction) continue;
    return request_in(*sent);
  }
  return std::nullopt;
}

std::string describe_sent(const Parsed& parsed) {
  const auto request = request_in(parsed);
  if (!request) return fmt::format("{} bytes that are no request", parsed.pdu.size());
  return codec::describe(*request, parsed.unit);
}

std::string describe_answer(const link::TraceRing& ring, const TraceFrame& frame,
                            const Parsed& parsed) {
  const auto request = request_of(ring, frame, parsed);
  if (!request)
    return fmt::format("answer {} of unit {}; its request is not in the trace", parsed.transaction,
                       parsed.unit);
  const auto response = codec::decode_response(*request, parsed.pdu);
  if (!response) return response.error().message;
  const std::string text = codec::describe(*request, *response, parsed.unit);
  return frame.delay == link::kNoDelay ? text + ", too late" : text;
}

bool covers(const codec::Request& request, codec::Address address, std::uint16_t count) {
  return codec::access_of(request.function) == codec::Access::read &&
         codec::table_of(request.function) == address.table && request.address <= address.number &&
         request.address + std::uint32_t{request.count} >= address.number + std::uint32_t{count};
}

using Answers = std::map<std::pair<const link::TraceConnection*, std::uint16_t>, std::uint64_t>;

/// The exchange with what was answered, when it was.
Exchange exchange_of(const link::TraceRing& ring, std::uint64_t number, codec::Request request,
                     std::optional<std::uint64_t> answer) {
  Exchange out{number, answer, std::move(request), std::nullopt};
  if (!answer) return out;
  if (const auto parsed = parse(ring.at(*answer)))
    if (auto response = codec::decode_response(out.asked, parsed->pdu))
      out.answered = std::move(*response);
  return out;
}

}  // namespace

std::string describe_frame(const link::TraceRing& ring, std::uint64_t number) {
  const TraceFrame frame = ring.at(number);
  const auto parsed = parse(frame);
  if (!parsed) return fmt::format("{} bytes that are not Modbus TCP", frame.size);
  return frame.direction == TraceDirection::sent ? describe_sent(*parsed)
                                                 : describe_answer(ring, frame, *parsed);
}

std::optional<Exchange> find_read(const link::TraceRing& ring, std::string_view device,
                                  std::uint8_t unit, codec::Address address, std::uint16_t count) {
  Answers answers;  // on the way back: seen, and their requests not yet
  std::optional<Exchange> unanswered;
  for (std::uint64_t number = ring.next(); number-- > ring.oldest();) {
    const TraceFrame frame = ring.at(number);
    if (frame.connection->device != device) continue;
    const auto parsed = parse(frame);
    if (!parsed) continue;
    const std::pair key(frame.connection.get(), parsed->transaction);
    if (frame.direction == TraceDirection::received) {
      answers[key] = number;
      continue;
    }
    const auto answer = answers.extract(key);
    const auto request = parsed->unit == unit ? request_in(*parsed) : std::nullopt;
    if (!request || !covers(*request, address, count)) continue;
    if (!answer.empty()) return exchange_of(ring, number, *request, answer.mapped());
    if (!unanswered) unanswered = exchange_of(ring, number, *request, std::nullopt);
  }
  return unanswered;
}

}  // namespace tagwerk::connectors::modbus
