// GET /metrics: the server's numbers for Prometheus.

#include "servers/http/http_api.hpp"
#include "servers/http/prometheus.hpp"
#include "servers/http/routes.hpp"

namespace tagwerk::servers::http {
namespace {

using Labels = PrometheusText::Labels;

void append_server(PrometheusText& out, const access::ServerStatus& status) {
  out.gauge("tagwerk_info", "What is running; always 1",
            {{{{"version", status.version}, {"instance", status.instance}}, 1}});
  out.gauge("tagwerk_ready", "1 when the server is ready", status.ready ? 1 : 0);
  out.gauge("tagwerk_start_time_seconds", "When the server was started",
            std::chrono::duration<double>(status.started.time_since_epoch()).count());
  out.gauge("tagwerk_memory_bytes", "Resident memory", static_cast<double>(status.memory_bytes));
  out.gauge("tagwerk_revision", "Revision of the project", static_cast<double>(status.revision));
  out.gauge("tagwerk_tags", "Tags by quality",
            {{{{"quality", "good"}}, status.good * 1.0},
             {{{"quality", "uncertain"}}, status.uncertain * 1.0},
             {{{"quality", "bad"}}, status.bad * 1.0}});
  out.gauge("tagwerk_tags_stale", "Tags that were silent for too long", status.stale);
  out.counter("tagwerk_samples_total", "Samples the engine took", status.counters.samples);
  out.counter("tagwerk_changes_total", "Samples that changed value or quality",
              status.counters.changes);
  out.counter("tagwerk_samples_late_total", "Samples older than what was shown",
              status.counters.late);
  std::vector<PrometheusText::Sample> parts;
  for (const access::PartStatus& part : status.parts)
    parts.push_back({{{"part", part.name}}, part.state == "good" ? 1.0 : 0.0});
  out.gauge("tagwerk_part_good", "1 when the part is good", parts);
}

void append_connectors(PrometheusText& out,
                       const std::vector<supervisor::ConnectorStatus>& connectors) {
  std::vector<PrometheusText::Sample> running, samples, dropped, buffered, restarts, polls, failed,
      connected;
  for (const auto& each : connectors) {
    const Labels labels{{"connector", each.name}};
    const auto add = [&](auto& list, auto number) {
      list.push_back({labels, static_cast<double>(number)});
    };
    add(running, each.state == supervisor::ConnectorState::running ? 1 : 0);
    add(samples, each.samples);
    add(dropped, each.dropped);
    add(buffered, each.buffered);
    add(restarts, each.restarts);
    for (const auto& device : each.devices) {
      const Labels of_device{{"connector", each.name}, {"device", device.name}};
      polls.push_back({of_device, static_cast<double>(device.polls)});
      failed.push_back({of_device, static_cast<double>(device.failed)});
      connected.push_back({of_device, device.state == "connected" ? 1.0 : 0.0});
    }
  }
  out.gauge("tagwerk_connector_running", "1 when the connector's session is up", running);
  out.counter("tagwerk_connector_samples_total", "Samples taken from the connector", samples);
  out.counter("tagwerk_connector_dropped_total", "Samples lost in its full buffer", dropped);
  out.gauge("tagwerk_connector_buffered", "Samples not yet acknowledged", buffered);
  out.counter("tagwerk_connector_restarts_total", "Restarts of its process", restarts);
  out.gauge("tagwerk_device_connected", "1 when the device is connected", connected);
  out.counter("tagwerk_device_polls_total", "Polls of the device", polls);
  out.counter("tagwerk_device_failed_total", "Polls that failed", failed);
}

void append_http(PrometheusText& out, const HttpApi& api) {
  const HttpApi::LiveCounts live = api.live_counts();
  out.gauge("tagwerk_websocket_clients", "Open WebSockets", static_cast<double>(live.clients));
  out.gauge("tagwerk_websocket_subscriptions", "Subscriptions of WebSockets",
            static_cast<double>(live.subscriptions));
  out.counter("tagwerk_websocket_delivered_total", "Changes sent to WebSockets", live.delivered);
  out.counter("tagwerk_websocket_coalesced_total", "Changes slow clients did not get",
              live.coalesced);
  if (api.server() == nullptr) return;
  const net::HttpServerCounts http = api.server()->counts();
  out.gauge("tagwerk_http_connections", "Open HTTP connections",
            static_cast<double>(http.connections));
  out.counter("tagwerk_http_requests_total", "HTTP requests", http.requests);
  out.counter("tagwerk_http_bad_requests_total", "Requests that were malformed, too large or slow",
              http.bad_requests);
  out.counter("tagwerk_http_refused_total", "Connections over the limit", http.refused);
  out.counter("tagwerk_http_failed_handshakes_total", "TLS handshakes that came to nothing",
              http.failed_handshakes);
}

/// From this machine, and not through a proxy that runs on it.
bool is_local(const net::Request& request) {
  return request.peer()->loopback && !request.header("X-Forwarded-For") &&
         !request.header("Forwarded");
}

}  // namespace

void get_metrics(Call call) {
  const bool open = call.api.options().metrics_open_on_loopback && is_local(call.request);
  if (!open) {
    const auto session = call.api.verify(call.request);
    if (!session) return call.fail(401, session.error().message);
    if (!session->principal->can_somewhere(auth::Right::read))
      return call.fail(403, "the right 'read' is needed");
  }
  PrometheusText text;
  append_server(text, call.api.access().status());
  const auto system = auth::Principal::system("metrics");
  if (const auto connectors = call.api.access().connectors(*system))
    append_connectors(text, *connectors);
  append_http(text, call.api);
  call.reply(net::Response(200, "text/plain; version=0.0.4; charset=utf-8", text.take()));
}

}  // namespace tagwerk::servers::http
