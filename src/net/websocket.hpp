#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tagwerk::net {

class EventLoop;

/// Who is at the other end of a connection or, behind a trusted proxy, of the proxy.
struct Peer {
  std::string address;     ///< "192.0.2.7"; "unix" for the Unix socket
  bool loopback = false;   ///< this machine: 127.0.0.0/8, ::1 or the Unix socket
  bool secure = false;     ///< speaks TLS, or a trusted proxy says that it does
  bool forwarded = false;  ///< all this is what a trusted proxy says; never loopback
};

inline constexpr std::string_view kUnixAddress = "unix";

/// The server's end of an open WebSocket.
/// Threads: its loop's thread only (asserted); others go through loop().post
/// Limits: what waits to be sent never exceeds HttpLimits::websocket_pending; the caller looks at
/// pending_bytes() and coalesces instead of queueing for a slow client
class WebSocket {
 public:
  virtual ~WebSocket() = default;

  /// Queues one text message; the bytes may be shared with other sockets. False when the queue
  /// cannot take it or the socket is closing: nothing was queued.
  virtual bool send(std::shared_ptr<const std::string> message) = 0;
  bool send(std::string message) {
    return send(std::make_shared<const std::string>(std::move(message)));
  }
  /// Bytes of messages not yet handed to the kernel.
  virtual std::size_t pending_bytes() const = 0;
  /// Says goodbye with a code (RFC 6455, 7.4; 4000–4999 are ours) once the message under way is
  /// out. Messages that still wait are sent first when `flush`.
  virtual void close(std::uint16_t code, std::string_view reason, bool flush = false) = 0;
  virtual EventLoop& loop() = 0;
  virtual const Peer& peer() const = 0;
};

/// What the application does with a WebSocket. Every call comes on the loop's thread.
/// on_open is first, on_close is last and comes exactly once after on_open.
class WebSocketHandler {
 public:
  virtual ~WebSocketHandler() = default;
  virtual void on_open(const std::shared_ptr<WebSocket>& socket) = 0;
  /// One complete text message, valid UTF-8, valid during the call. Binary ones close with 1003.
  virtual void on_message(std::string_view message) = 0;
  /// Everything that was queued has gone to the kernel.
  virtual void on_drained() = 0;
  /// `code` is the peer's, or 1006 when the connection broke. After a goodbye this may take a few
  /// seconds, until the peer has closed too; send() refuses meanwhile.
  virtual void on_close(std::uint16_t code) = 0;
};

}  // namespace tagwerk::net
