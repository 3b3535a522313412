// /healthz, /readyz and /api/status.

#include "servers/http/http_api.hpp"
#include "servers/http/json_writer.hpp"
#include "servers/http/routes.hpp"
#include "servers/http/status_json.hpp"

namespace tagwerk::servers::http {

void append_status(std::string& out, const HttpApi& api, const access::ServerStatus& status) {
  JsonWriter json(out);
  json.open_object()
      .member("instance", status.instance)
      .member("version", status.version)
      .member("started", status.started)
      .member("uptime", base::utc_now() - status.started)
      .member("revision", status.revision)
      .member("ready", status.ready);
  json.key("parts").open_array();
  for (const access::PartStatus& part : status.parts)
    json.open_object()
        .member("name", part.name)
        .member("state", part.state)
        .member("detail", part.detail)
        .close_object();
  json.close_array().key("engine").open_object();
  json.member("tags", status.tags)
      .member("samples", status.counters.samples)
      .member("changes", status.counters.changes)
      .member("samples_per_s", status.samples_per_second)
      .member("good", status.good)
      .member("uncertain", status.uncertain)
      .member("bad", status.bad)
      .member("stale", status.stale)
      .close_object();
  json.key("connectors").open_object();
  json.member("running", status.connectors_running)
      .member("stopped", status.connectors_stopped)
      .member("failed", status.connectors_failed)
      .close_object();
  const HttpApi::LiveCounts live = api.live_counts();
  json.key("websocket").open_object();
  json.member("clients", live.clients)
      .member("subscriptions", live.subscriptions)
      .member("coalesced", live.coalesced)
      .close_object();
  json.member("memory_bytes", status.memory_bytes).key("table").open_object();
  json.member("name", status.table_name).member("slots", status.table_slots).close_object();
  json.close_object();
}

void get_healthz(Call call) {
  call.json("{\"status\":\"ok\"}");
}

void get_readyz(Call call) {
  const access::ServerStatus status = call.api.access().status();
  if (status.ready) return call.json("{\"status\":\"ready\"}");
  std::string body;
  JsonWriter(body)
      .open_object()
      .member("status", "starting")
      .member("detail", status.not_ready_because)
      .close_object();
  call.json(503, std::move(body));
}

void get_status(Call call) {
  std::string body;
  append_status(body, call.api, call.api.access().status());
  call.json(std::move(body));
}

}  // namespace tagwerk::servers::http
