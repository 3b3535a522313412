#pragma once

#include <memory>
#include <string>

#include "net/http_shard.hpp"
#include "net/stream.hpp"
#include "net/websocket.hpp"

namespace tagwerk::net {

/// A WebSocket on Beast's stream, kept out of this header because it is dear to compile.
/// Threads: loop thread only (asserted)
class WebSocketSession final : public WebSocket,
                               public std::enable_shared_from_this<WebSocketSession> {
 public:
  WebSocketSession(HttpServer::Shard& shard, Stream stream, std::shared_ptr<const Peer> peer,
                   std::shared_ptr<WebSocketHandler> handler);
  ~WebSocketSession() override;

  /// Answers the handshake with the client's key.
  void start(const std::string& key, const std::string& subprotocol);
  /// Closes the connection without goodbye.
  void break_off();

  using WebSocket::send;
  bool send(std::shared_ptr<const std::string> message) override;
  std::size_t pending_bytes() const override;
  void close(std::uint16_t code, std::string_view reason, bool flush) override;
  EventLoop& loop() override;
  const Peer& peer() const override;

 private:
  struct Impl;
  void read();
  void on_message();
  void write();
  void on_written(bool failed);
  void begin_close();
  void finish();

  const std::unique_ptr<Impl> impl_;
};

}  // namespace tagwerk::net
