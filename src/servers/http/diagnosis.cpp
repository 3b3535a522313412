// GET /api/connectors/{name}/trace, POST /api/connectors/{name}/test, GET /api/tags/{id}/why.

#include <charconv>
#include <iterator>

#include "link/pcapng.hpp"
#include "servers/http/http_api.hpp"
#include "servers/http/json_writer.hpp"
#include "servers/http/routes.hpp"
#include "servers/http/tag_json.hpp"

namespace tagwerk::servers::http {
namespace {

/// What Wireshark knows Modbus by, whatever port a device has.
constexpr std::uint16_t kModbusPort = 502;

struct TraceForm {
  access::TraceQuery query;
  bool pcapng = false;
};

Result<std::uint64_t> read_after(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc{} && end == text.data() + text.size()) return number;
  return fail(ErrorCode::invalid_argument, "'after' must be the number of a frame, not '{}'",
              text.substr(0, 60));
}

Result<TraceForm> read_trace_form(const Call& call) {
  const auto query = call.query();
  if (!query) return std::unexpected(query.error());
  TraceForm out;
  const std::string_view format = query->find("format").value_or("json");
  out.pcapng = format == "pcapng";
  if (!out.pcapng && format != "json")
    return fail(ErrorCode::invalid_argument, "'format' must be json or pcapng, not '{}'",
                format.substr(0, 60));
  const auto limit = Page::limit_of(*query);
  if (!limit) return std::unexpected(limit.error());
  // A capture without a limit is a whole one.
  out.query.limit =
      out.pcapng && !query->find("limit") ? 10'000 : static_cast<std::uint32_t>(*limit);
  if (const auto text = query->find("after")) {
    const auto after = read_after(*text);
    if (!after) return std::unexpected(after.error());
    out.query.after = *after;
  }
  out.query.device = query->find("device").value_or("");
  out.query.with_text = !out.pcapng;
  return out;
}

std::string hex_of(base::ByteView bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::byte each : bytes)
    fmt::format_to(std::back_inserter(out), "{:02x}", std::to_integer<unsigned>(each));
  return out;
}

void append_frame(JsonWriter& json, const link::TraceItem& item,
                  const link::TraceConnection& connection) {
  json.open_object()
      .member("number", item.number)
      .member("time", item.time)
      .member("device", connection.device)
      .member("direction", item.direction == link::TraceDirection::sent ? "sent" : "received")
      .member("bytes", hex_of(item.bytes))
      .member("text", item.text)
      .key("delay");
  if (item.delay == link::kNoDelay)
    json.null();
  else
    json.value(item.delay);
  json.close_object();
}

std::string trace_json(const access::TraceParts& parts) {
  std::string body;
  JsonWriter json(body);
  json.open_object().key("items").open_array();
  for (const link::Trace& part : parts)
    for (const link::TraceItem& item : part.items)
      append_frame(json, item, part.connections[item.connection]);
  json.close_array()
      .member("next", parts.empty() ? std::uint64_t{0} : parts.back().next)
      .close_object();
  return body;
}

std::string trace_capture(const access::TraceParts& parts, std::uint16_t port) {
  link::PcapngWriter writer("tagwerk", port);
  for (const link::Trace& part : parts)
    writer.add(part);
  return std::string(base::as_text(writer.bytes()));
}

/// The type of a connector of the present plant.
std::string type_of(const Call& call) {
  const auto plant = call.api.access().plant();
  const auto* connector = plant == nullptr ? nullptr : plant->connector(call.parameter);
  return connector == nullptr ? std::string() : connector->type;
}

void reply_capture(Call& call, const access::TraceParts& parts) {
  const std::uint16_t port = type_of(call) == "modbus" ? kModbusPort : std::uint16_t{0};
  net::Response response(200, "application/x-pcapng", trace_capture(parts, port));
  response.header("Content-Disposition",
                  fmt::format("attachment; filename=\"{}.pcapng\"", call.parameter));
  call.reply(std::move(response));
}

/// A member of the connector's answer as it is; null when there is none.
void append_member(JsonWriter& json, std::string_view name, const model::Node& answer) {
  const model::Node* node = answer.find(name);
  json.key(name);
  if (node == nullptr)
    json.null();
  else
    json.raw(model::to_json(*node));
}

void append_frames(JsonWriter& json, const model::Node& evidence) {
  const model::Node* frames = evidence.find("frames");
  json.key("frame");
  if (frames == nullptr || frames->items.empty()) {
    json.null();
    return;
  }
  json.open_object().key("request").raw(model::to_json(frames->items[0])).key("answer");
  if (frames->items.size() > 1)
    json.raw(model::to_json(frames->items[1]));
  else
    json.null();
  json.close_object();
}

/// What the source says, and where it says nothing what the connector made of it.
void append_why_source(JsonWriter& json, const access::Why& why) {
  json.key("source");
  if (!why.tag->definition.source) {
    json.null();
    return;
  }
  const model::SourceDefinition& source = *why.tag->definition.source;
  const auto either = [&](std::string_view name, const std::string& own) {
    const model::Node* found = why.evidence.find(name);
    return own.empty() && found != nullptr ? found->text : own;
  };
  json.open_object()
      .member("connector", source.connector)
      .member("device", source.device)
      .member("address", source.address)
      .member_or_null("dtype", either("dtype", source.dtype))
      .member_or_null("order", either("order", source.order))
      .close_object();
}

void append_last_write(JsonWriter& json, const std::optional<access::AuditEntry>& write) {
  json.key("last_write");
  if (!write) {
    json.null();
    return;
  }
  json.open_object()
      .member("who", write->who)
      .member("at", write->at)
      .key("value")
      .raw(write->new_value.empty() ? "null" : write->new_value)
      .member("outcome", write->outcome)
      .close_object();
}

std::string why_json(const access::Why& why) {
  std::string body;
  JsonWriter json(body);
  json.open_object()
      .member("path", why.tag->definition.path)
      .member("value", why.current.value)
      .member("quality", why.current.quality.code)
      .member("status", model::name(why.current.quality))
      .key("explanation")
      .open_array();
  for (const std::string& sentence : why.explanation)
    json.value(sentence);
  json.close_array();
  append_why_source(json, why);
  append_member(json, "raw", why.evidence);
  json.member_or_null("scaling", why.scaling);
  append_member(json, "registers", why.evidence);
  append_frames(json, why.evidence);
  json.member("last_read", why.last_read);
  append_last_write(json, why.last_write);
  json.member("stale_after", why.tag->stale_after).close_object();
  return body;
}

}  // namespace

void get_connector_trace(Call call) {
  auto form = read_trace_form(call);
  if (!form) return call.fail(form.error());
  access::Access& access = call.api.access();
  access::Caller caller = call.caller();
  std::string name = call.parameter;
  access.connector_trace(std::move(caller), std::move(name), std::move(form->query),
                         [call = std::move(call),
                          pcapng = form->pcapng](const Result<access::TraceParts>& parts) mutable {
                           if (!parts) return call.fail(parts.error());
                           if (pcapng) return reply_capture(call, *parts);
                           call.json(trace_json(*parts));
                         });
}

void post_connector_test(Call call) {
  auto body = call.json_body();
  if (!body) return;
  if (!body->is_mapping()) return call.fail(422, "the body must be an object with 'address'");
  access::Access& access = call.api.access();
  access::Caller caller = call.caller();
  std::string name = call.parameter;
  access.test_connector(std::move(caller), std::move(name), std::move(*body),
                        [call = std::move(call)](const Result<model::Node>& answer) mutable {
                          if (!answer) return call.fail(answer.error());
                          call.json(model::to_json(*answer));
                        });
}

void get_tag_why(Call call) {
  const auto plant = call.api.access().plant();
  if (plant == nullptr) return call.fail(503, "the server is starting; try again");
  const model::PlantTag* tag = tag_by_id(call, *plant);
  if (tag == nullptr) return call.fail(404, fmt::format("there is no tag {}", call.parameter));
  access::Access& access = call.api.access();
  access::Caller caller = call.caller();
  access.why(std::move(caller), tag->id,
             [call = std::move(call)](const Result<access::Why>& why) mutable {
               if (!why) return call.fail(why.error());
               call.json(why_json(*why));
             });
}

}  // namespace tagwerk::servers::http
