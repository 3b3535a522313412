#include "console/connector_commands.hpp"

#include <cstdio>
#include <memory>
#include <thread>

#include "console/answer.hpp"
#include "console/columns.hpp"
#include "console/command_spec.hpp"
#include "console/commands.hpp"
#include "console/exit_code.hpp"
#include "net/url.hpp"

namespace tagwerk::console {
namespace {

using model::Node;

/// How long a connector may take to reach the state it was asked for.
constexpr auto kChangeLimit = std::chrono::seconds(20);
constexpr auto kLookAgain = std::chrono::milliseconds(200);

void add_devices(Columns& out, const Node& connector) {
  for (const Node& device : items_of(connector, "devices")) {
    const Node* latency = device.find("latency_ms");
    const std::string delay =
        latency == nullptr ? "" : fmt::format("{} ms", plain(latency->find("p50")));
    std::string detail = text_of(device, "detail");
    if (detail.empty()) detail = text_of(device, "last_error");
    out.add({"  " + text_of(device, "name"), text_of(device, "address"), text_of(device, "state"),
             plain(device.find("bindings")), plain(device.find("bad")),
             plain(device.find("errors")), delay, detail});
  }
}

void print(const std::vector<Node>& connectors) {
  Columns out({"NAME", "TYPE", "STATE", ">TAGS", ">BAD", ">ERRORS", ">DELAY", "DETAIL"});
  for (const Node& connector : connectors) {
    std::string detail = text_of(connector, "detail");
    for (const Node& fault : items_of(connector, "faults"))
      detail += (detail.empty() ? "" : "; ") + fault.text;
    out.add({text_of(connector, "name"), text_of(connector, "type"), text_of(connector, "state"),
             plain(connector.find("tags")), "", "", "", detail});
    add_devices(out, connector);
  }
  out.print();
}

/// Whether a connector has come to rest where it was asked to be.
bool has_settled(const Node& connector, bool to_run) {
  const std::string state = text_of(connector, "state");
  return to_run ? state == "running" || state == "configuration_error" || state == "backoff"
                : state == "stopped";
}

int wait_for_change(ServerSession& session, const ConnectorArguments& arguments, bool to_run) {
  const MonoTime end = base::mono_now() + kChangeLimit;
  for (;;) {
    auto connector = session.get(target_of_connector(arguments.name));
    if (!connector) return report(connector.error());
    const std::string state = text_of(*connector, "state");
    if (has_settled(*connector, to_run) || base::mono_now() >= end) {
      const bool good = state == (to_run ? "running" : "stopped");
      const std::string detail = text_of(*connector, "detail");
      std::fprintf(good ? stdout : stderr, "connector '%s' is %s%s%s\n", arguments.name.c_str(),
                   state.c_str(), detail.empty() ? "" : ": ", detail.c_str());
      return good ? kExitGood : kExitFailed;
    }
    std::this_thread::sleep_for(kLookAgain);
  }
}

int change(const ConnectorArguments& arguments, std::string_view verb) {
  auto session = ServerSession::open(arguments.remote);
  if (!session) return report(session.error());
  auto done = session->post(fmt::format("{}/{}", target_of_connector(arguments.name), verb), {});
  if (!done) return report(done.error());
  if (!arguments.no_wait) return wait_for_change(*session, arguments, verb != "stop");
  std::printf("connector '%s' was asked to %.*s\n", arguments.name.c_str(),
              static_cast<int>(verb.size()), verb.data());
  return kExitGood;
}

}  // namespace

std::string target_of_connector(const std::string& name) {
  return "/api/connectors/" + net::percent_encode(name);
}

int list_connectors(const ConnectorArguments& arguments) {
  auto session = ServerSession::open(arguments.remote);
  if (!session) return report(session.error());
  auto answer = session->get("/api/connectors");
  if (!answer) return report(answer.error());
  const auto& items = items_of(*answer, "items");
  arguments.json ? print_items(items) : print(items);
  return kExitGood;
}

int start_connector(const ConnectorArguments& arguments) {
  return change(arguments, "start");
}

int stop_connector(const ConnectorArguments& arguments) {
  return change(arguments, "stop");
}

int restart_connector(const ConnectorArguments& arguments) {
  return change(arguments, "restart");
}

void add_connector_commands(CommandSpec& app) {
  auto arguments = std::make_shared<ConnectorArguments>();
  CommandSpec parent = app.add_command("connectors", "Connectors and their devices");
  const auto add = [&](CommandSpec command, int (*run)(const ConnectorArguments&)) {
    add_remote_options(command, arguments->remote);
    command.runs(arguments, run);
    return command;
  };
  const auto named = [&](const char* name, const char* description,
                         int (*run)(const ConnectorArguments&)) {
    CommandSpec command = add(parent.add_command(name, description), run);
    command.option("name", arguments->name, "of the connector")
        .offers(Offer::connectors)
        .required();
    return command;
  };
  const auto with_json = [&](CommandSpec command) {
    command.flag("--json", arguments->json, "for programs");
    return command;
  };
  with_json(add(parent.add_command("list", "All of them; also without a word"), list_connectors));
  for (CommandSpec command :
       {named("start", "Start a connector", start_connector),
        named("stop", "Stop a connector; its tags keep their values", stop_connector),
        named("restart", "Stop and start a connector", restart_connector)})
    command.flag("--no-wait", arguments->no_wait, "do not wait until it has happened");
  CommandSpec log = with_json(named("log", "The last lines of its log", show_connector_log));
  CommandSpec trace =
      with_json(named("trace", "The last frames of its wires, decoded", trace_connector));
  for (CommandSpec command : {log, trace}) {
    command.option("--lines", arguments->lines, "how many").between(1, 10'000).shows_default();
    command.flag("--follow,-f", arguments->follow, "go on until Ctrl-C");
  }
  trace.option("--device", arguments->device, "only this one's");
  trace.option("--pcapng", arguments->pcapng, "write all frames into this file for Wireshark");

  // `tagwerk connectors` alone is the list.
  auto alone = std::make_shared<ConnectorArguments>();
  parent.flag("--json", alone->json, "for programs");
  add_remote_options(parent, alone->remote);
  parent.runs(alone, list_connectors);
}

}  // namespace tagwerk::console
