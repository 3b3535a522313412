#pragma once

#include <memory>
#include <string>

#include "app/server_settings.hpp"
#include "base/error.hpp"

namespace tagwerk::app {

/// A whole running server: every part made, wired and stopped in the right order.
/// Threads: one; signals that end it must be blocked before it is made (see wait_for_ending_signal)
class Server {
 public:
  /// Fails: whatever keeps a part from starting, as a sentence with the remedy; nothing runs then
  static Result<std::unique_ptr<Server>> start(ServerSettings settings);
  /// Stops within 5 s: clients first, then connectors, then what keeps the data.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// "http://127.0.0.1:8080"; of one that listens on all addresses, the one that others most likely
  /// reach.
  std::string url() const;
  /// Loads the TLS certificate again, soon. Without one it does nothing.
  void reload();

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace tagwerk::app
