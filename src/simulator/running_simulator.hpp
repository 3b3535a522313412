#pragma once

#include <future>
#include <string_view>
#include <thread>

#include "simulator/run.hpp"

namespace tagwerk::simulator {

using Run = Status (*)(const Options&, const OnListening&, std::stop_token);

/// For tests: a simulator on a free port, in a thread of its own.
class RunningSimulator {
 public:
  explicit RunningSimulator(Run run, Options options = {}) {
    options.port = 0;
    auto listening = port_promise_.get_future();
    thread_ = std::jthread([this, run, options](std::stop_token stop) {
      result_ = run(
          options, [this](std::string_view, std::uint16_t port) { port_promise_.set_value(port); },
          std::move(stop));
    });
    port_ = listening.get();
  }
  std::uint16_t port() const { return port_; }
  /// Stops it and gives what it returned.
  Status stop() {
    thread_.request_stop();
    thread_.join();
    return result_;
  }

 private:
  std::promise<std::uint16_t> port_promise_;
  std::uint16_t port_ = 0;
  Status result_{};
  std::jthread thread_;
};

}  // namespace tagwerk::simulator
