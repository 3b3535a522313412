#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "net/tls_context.hpp"

namespace tagwerk::net {

struct WebSocketClientOptions {
  std::string url = {};        ///< "http://127.0.0.1:8080/base/ws"; see ServerUrl
  std::string unix_path = {};  ///< not empty: connect here instead of to the URL's host
  std::vector<std::string> subprotocols = {};
  Duration timeout = std::chrono::seconds(10);  ///< for connecting and for each message sent
  std::size_t message_limit = 64 * 1024 * 1024;
  TlsTrust trust = {};  ///< for https: and wss:
};

/// A small blocking WebSocket client for the command line and for tests: text messages only.
/// Threads: one   Blocks: up to the deadline given
/// Fails: unavailable when the connection ends (the sentence has the close code), timeout, corrupt,
/// limit_exceeded; permission_denied or unauthenticated when the handshake is refused
/// Source: RFC 6455
class WebSocketClient {
 public:
  static Result<WebSocketClient> connect(const WebSocketClientOptions& options);
  WebSocketClient(WebSocketClient&&) noexcept;
  WebSocketClient& operator=(WebSocketClient&&) noexcept;
  ~WebSocketClient();

  Status send(std::string_view message);
  /// The next text message; answers pings meanwhile.
  Result<std::string> receive(MonoTime deadline);
  /// Says goodbye; the destructor closes without.
  void close(std::uint16_t code = 1000);
  /// The server's, once it has said goodbye; 0 before.
  std::uint16_t close_code() const;

 private:
  struct Impl;
  explicit WebSocketClient(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace tagwerk::net
