#include "app/demo.hpp"

#include <future>

#include "base/log.hpp"
#include "base/worker.hpp"
#include "simulator/run.hpp"

extern "C" const char tagwerk_demo_project[];
extern "C" const char tagwerk_demo_project_end[];

namespace tagwerk::app {
namespace {

constexpr std::uint16_t kUsualPort = 1502;

/// Runs the simulator; the promise is kept with the port or the reason why there is none.
void simulate(std::uint16_t port, const std::stop_token& stop,
              std::promise<Result<std::uint16_t>>& listening) {
  base::name_this_thread("pump-station");
  bool told = false;
  const auto on_listening = [&](std::string_view, std::uint16_t actual) {
    told = true;
    listening.set_value(actual);
  };
  Status status = simulator::run_pump_station({.port = port}, on_listening, stop);
  if (status && !told) status = fail(ErrorCode::internal, "the simulator ended at once");
  if (status) return;
  if (!told) return listening.set_value(std::unexpected(status.error()));
  base::logger("simulator")->error("{}", status.error().message);
}

}  // namespace

Result<std::unique_ptr<DemoPlant>> DemoPlant::start() {
  Result<std::uint16_t> port = std::uint16_t{0};
  for (const std::uint16_t wanted : {kUsualPort, std::uint16_t{0}}) {
    std::promise<Result<std::uint16_t>> listening;
    auto answer = listening.get_future();
    std::jthread thread(
        [wanted, listening = std::move(listening)](const std::stop_token& stop) mutable {
          simulate(wanted, stop, listening);
        });
    port = answer.get();
    if (!port) continue;
    std::unique_ptr<DemoPlant> plant(new DemoPlant);
    plant->port_ = *port;
    plant->thread_ = std::move(thread);
    return plant;
  }
  return std::unexpected(port.error());
}

model::ProjectText DemoPlant::project() const {
  std::string text(tagwerk_demo_project, tagwerk_demo_project_end);
  const std::string usual = fmt::format("port: {}", kUsualPort);
  if (const auto at = text.find(usual); at != std::string::npos)
    text.replace(at, usual.size(), fmt::format("port: {}", port_));
  return {"pump-station.yaml", std::move(text)};
}

}  // namespace tagwerk::app
