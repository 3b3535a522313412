#include <cstdio>
#include <memory>
#include <signal.h>
#include <stop_token>
#include <thread>
#include <unistd.h>

#include "app/command_line.hpp"
#include "app/signals.hpp"
#include "base/log.hpp"
#include "connectors/modbus/connector.hpp"
#include "link/runtime.hpp"
#include "simulator/run.hpp"

namespace tagwerk::app {
namespace {

struct ConnectorArguments {
  link::RunOptions run;
  std::string type;
};

int run_connector(const ConnectorArguments& arguments) {
  if (arguments.type != "modbus")
    return report({ErrorCode::invalid_argument,
                   fmt::format("unknown connector type '{}'; use modbus", arguments.type),
                   {}});
  return link::run_connector(
      arguments.run, std::make_unique<connectors::modbus::ModbusConnector>(arguments.run.name));
}

void add_connector(CommandSpec& app) {
  auto arguments = std::make_shared<ConnectorArguments>();
  CommandSpec command =
      app.add_command("connector", "Run one connector; the server starts these by itself");
  command.option("name", arguments->run.name, "as in the project").required();
  command.option("--type", arguments->type, "what it speaks: modbus").required();
  command.option("--link", arguments->run.link, "the server's link socket").required();
  command.option("--data", arguments->run.data, "its own directory").required();
  command.runs(arguments, run_connector);
}

using RunSimulator = Status (*)(const simulator::Options&, const simulator::OnListening&,
                                std::stop_token);

/// Serves until a signal ends it.
int simulate(RunSimulator run, const simulator::Options& options) {
  block_ending_signals();
  std::stop_source stop;
  Status status;
  std::jthread server([&] {
    status = run(
        options,
        [](std::string_view host, std::uint16_t port) {
          std::printf("listening on %s:%u\n", std::string(host).c_str(), port);
          std::fflush(stdout);
        },
        stop.get_token());
    // Whatever ended it also ends the wait below.
    ::kill(::getpid(), SIGTERM);
  });
  wait_for_ending_signal();
  stop.request_stop();
  server.join();
  return status ? kExitGood : report(status.error());
}

void add_simulator(CommandSpec& parent, const std::string& name, const std::string& description,
                   RunSimulator run) {
  auto options = std::make_shared<simulator::Options>();
  CommandSpec command = parent.add_command(name, description);
  command.option("--host", options->host, "address to listen on").shows_default();
  command.option("--port", options->port, "0 picks a free one").shows_default();
  command.option("--seed", options->seed, "of the noise").shows_default();
  command.option("--speed", options->speed, "simulated seconds per second").shows_default();
  command.runs([options, run] { return simulate(run, *options); });
}

}  // namespace

void add_process_commands(CommandSpec& app) {
  add_connector(app);
  CommandSpec simulators = app.add_command("simulate", "Run a simulated device");
  simulators.needs_command();
  add_simulator(simulators, "pump-station", "A pump station on Modbus TCP",
                simulator::run_pump_station);
  add_simulator(simulators, "signals", "100,000 signals on Modbus TCP", simulator::run_signals);
}

}  // namespace tagwerk::app
