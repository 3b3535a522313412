#pragma once

#include <cstdint>
#include <memory>
#include <thread>

#include "base/error.hpp"
#include "model/project_file.hpp"

namespace tagwerk::app {

/// The simulated pump station of `tagwerk demo`, on a thread of its own.
/// Owns: the thread; the destructor stops it
class DemoPlant {
 public:
  /// On port 1502, or another one when that is taken.
  /// Fails: unavailable when no port can be had
  static Result<std::unique_ptr<DemoPlant>> start();

  std::uint16_t port() const { return port_; }
  /// examples/pump-station with the port the simulator listens on.
  model::ProjectText project() const;

 private:
  DemoPlant() = default;

  std::uint16_t port_ = 0;
  std::jthread thread_;
};

}  // namespace tagwerk::app
