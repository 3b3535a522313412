#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "net/forwarded.hpp"
#include "net/http.hpp"
#include "net/tls_context.hpp"

namespace tagwerk::net {

/// What a client may ask of the server before it is turned away.
struct HttpLimits {
  std::size_t header_bytes = std::size_t{16} * 1024;  ///< all header lines: 431
  std::size_t target_bytes = std::size_t{8} * 1024;   ///< 414
  std::size_t connections = 10'000;                   ///< over all loops, WebSockets included: 503
  /// The same from one address (IPv6: from one /64), but for this machine and trusted proxies: 503.
  std::size_t connections_per_client = 500;
  Duration handshake_timeout = std::chrono::seconds(10);  ///< TLS, up to the first request
  Duration header_timeout = std::chrono::seconds(10);     ///< from its first byte to its last: 408
  Duration body_timeout = std::chrono::seconds(30);       ///< again for each 64 KiB received: 408
  Duration idle_timeout = std::chrono::seconds(60);       ///< between requests
  Duration write_timeout = std::chrono::seconds(30);      ///< without the client taking a byte
  Duration stop_timeout = std::chrono::seconds(2);        ///< stop() waits so long for answers
  std::size_t websocket_message = std::size_t{1024} * 1024;      ///< received: close 1009
  std::size_t websocket_pending = std::size_t{8} * 1024 * 1024;  ///< queued for sending
  Duration websocket_ping = std::chrono::seconds(15);  ///< silence before a ping; twice: closed
};

struct HttpServerOptions {
  std::string address = "127.0.0.1";  ///< IPv4 or IPv6; empty = no TCP
  std::uint16_t port = 8080;          ///< 0 picks a free one
  std::string unix_path;              ///< empty = none; made with mode 0660, a dead one is replaced
  /// Header lines of every answer, each ended with \r\n.
  std::string common_headers;
  std::shared_ptr<const TlsContext> tls;  ///< not null: HTTPS on TCP; the Unix socket stays plain
  TrustedProxies proxies;                 ///< who may say for whom it asks
  HttpLimits limits;
};

struct HttpServerCounts {
  std::uint64_t connections = 0;  ///< open now, without WebSockets
  std::uint64_t websockets = 0;   ///< open now
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;  ///< over a limit of connections
  std::uint64_t failed_handshakes = 0;
  std::uint64_t requests = 0;
  /// Answered by the server itself: malformed, too large, too slow.
  std::uint64_t bad_requests = 0;
};

/// HTTP/1.1 and WebSocket on TCP, with TLS when there is a certificate, and on a Unix socket. Every
/// loop accepts for itself (SO_REUSEPORT), a connection stays on its loop.
/// Threads: start, stop and the destructor from one thread that is not a loop's; the rest any
/// Fails:   start: unavailable when the address or port is taken, invalid_argument for an address
///          that is none, io
class HttpServer {
 public:
  static Result<std::unique_ptr<HttpServer>> start(std::span<EventLoop* const> loops,
                                                   HttpServerOptions options,
                                                   std::shared_ptr<HttpHandler> handler);
  /// Stops if that has not been done.
  ~HttpServer();

  /// The port that was bound; 0 without TCP.
  std::uint16_t port() const { return port_; }
  HttpServerCounts counts() const;

  /// For connections from now on; those that are open keep what they began with. Only for a server
  /// that was started with TLS.
  void set_tls(const std::shared_ptr<const TlsContext>& tls);

  /// Accepts no more, closes what is idle, WebSockets with 1001, lets answers that are under way
  /// finish and breaks off what is left after stop_timeout. The loops must still run.
  void stop();

  class Shard;
  struct Shared;

 private:
  HttpServer() = default;
  Status listen_tcp();
  Status listen_unix();
  static void run_on(Shard& shard, const std::function<void()>& task);

  std::shared_ptr<Shared> shared_;
  std::vector<std::shared_ptr<Shard>> shards_;
  std::uint16_t port_ = 0;
  bool unix_bound_ = false;
  bool stopped_ = false;
};

}  // namespace tagwerk::net
