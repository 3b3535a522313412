// /api/connectors…: list, one, start, stop, restart, log.

#include <algorithm>
#include <charconv>

#include "servers/http/http_api.hpp"
#include "servers/http/list_json.hpp"
#include "servers/http/routes.hpp"
#include "servers/http/status_json.hpp"

namespace tagwerk::servers::http {
namespace {

using supervisor::ConnectorStatus;

constexpr std::size_t kMaxLines = 10'000;

void append_device(JsonWriter& json, const supervisor::DeviceStatus& device) {
  json.open_object()
      .member("name", device.name)
      .member("address", device.address)
      .member("state", device.state)
      .member_or_null("since", device.since)
      .member_or_null("last_data", device.last_data)
      .member("detail", device.error);
  json.key("latency_ms")
      .open_object()
      .member("p50", device.latency_p50_us / 1000)
      .member("p99", device.latency_p99_us / 1000)
      .close_object();
  json.member("polls", device.polls)
      .member("errors", device.failed)
      .member("overruns", device.overruns)
      .member("writes", device.writes)
      .member("writes_failed", device.writes_failed)
      .member("connects", device.connects)
      .member("bindings", device.bindings)
      .member("bad", device.bad)
      .member_or_null("last_error", device.error)
      .close_object();
}

void reply_connector(Call& call, int status, const ConnectorStatus& connector) {
  std::string body;
  JsonWriter json(body);
  append_connector(json, connector,
                   definition_members(call, *call.api.access().plant(), connector.name));
  call.json(status, std::move(body));
}

void control(Call call, access::Access::Control what) {
  access::Access& access = call.api.access();
  access::Caller caller = call.caller();
  std::string name = call.parameter;
  access.control(std::move(caller), std::move(name), what,
                 [call = std::move(call)](Result<ConnectorStatus> status) mutable {
                   if (!status) return call.fail(status.error());
                   reply_connector(call, 202, *status);
                 });
}

Result<std::size_t> wanted_lines(const Call& call) {
  const auto query = call.query();
  if (!query) return std::unexpected(query.error());
  const std::string_view text = query->find("lines").value_or("200");
  std::size_t lines = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), lines);
  if (error == std::errc{} && end == text.data() + text.size() && lines > 0 && lines <= kMaxLines)
    return lines;
  return fail(ErrorCode::invalid_argument, "'lines' must be a number from 1 to {}, not '{}'",
              kMaxLines, text);
}

}  // namespace

std::string definition_members(const Call& call, const model::Plant& plant, std::string_view name) {
  const model::ConnectorDefinition* definition =
      call.principal->can(auth::Right::configure) ? plant.connector(name) : nullptr;
  return fmt::format(R"("definition":{},"revision":{})",
                     definition == nullptr ? "null" : model::to_json(model::encode(*definition)),
                     plant.revision());
}

void append_connector(JsonWriter& json, const ConnectorStatus& connector, std::string_view more) {
  json.open_object()
      .member("name", connector.name)
      .member("type", connector.type)
      .member("enabled", connector.enabled)
      .member("state", supervisor::to_string(connector.state))
      .member("detail", connector.detail);
  json.key("pid");
  if (connector.pid == 0)
    json.null();
  else
    json.value(connector.pid);
  json.member("restarts", connector.restarts)
      .member("since", connector.since)
      .member("tags", connector.tags);
  json.key("devices").open_array();
  for (const supervisor::DeviceStatus& device : connector.devices)
    append_device(json, device);
  json.close_array()
      .member("samples", connector.samples)
      .member("dropped", connector.dropped)
      .member("buffered", connector.buffered)
      .member("duplicates", connector.duplicates)
      .member("last_data", connector.last_data);
  json.key("faults").open_array();
  for (const std::string& fault : connector.faults)
    json.value(fault);
  json.close_array();
  if (!more.empty()) json.raw(more);
  json.close_object();
}

void get_connectors(Call call) {
  const auto connectors = call.api.access().connectors(*call.principal);
  if (!connectors) return call.fail(connectors.error());
  const auto plant = call.api.access().plant();
  call.json(list_json(*connectors, [&](JsonWriter& json, const ConnectorStatus& each) {
    append_connector(json, each, definition_members(call, *plant, each.name));
  }));
}

void get_connector(Call call) {
  const auto connectors = call.api.access().connectors(*call.principal);
  if (!connectors) return call.fail(connectors.error());
  const auto found = std::ranges::find(*connectors, call.parameter, &ConnectorStatus::name);
  if (found == connectors->end())
    return call.fail(404, fmt::format("there is no connector '{}'", call.parameter));
  reply_connector(call, 200, *found);
}

void post_connector_start(Call call) {
  control(std::move(call), access::Access::Control::start);
}
void post_connector_stop(Call call) {
  control(std::move(call), access::Access::Control::stop);
}
void post_connector_restart(Call call) {
  control(std::move(call), access::Access::Control::restart);
}

void get_connector_log(Call call) {
  const auto wanted = wanted_lines(call);
  if (!wanted) return call.fail(wanted.error());
  const auto lines = call.api.access().connector_log(*call.principal, call.parameter, *wanted);
  if (!lines) return call.fail(lines.error());
  std::string body;
  JsonWriter json(body);
  json.open_object().key("lines").open_array();
  for (const supervisor::LogLine& line : *lines)
    json.open_object()
        .member("time", line.time)
        .member("level", line.level)
        .member("text", line.text)
        .close_object();
  json.close_array().close_object();
  call.json(std::move(body));
}

}  // namespace tagwerk::servers::http
