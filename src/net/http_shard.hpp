#pragma once

#include <array>
#include <atomic>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "net/asio.hpp"
#include "net/client_counts.hpp"
#include "net/event_loop.hpp"
#include "net/http_server.hpp"

namespace tagwerk::net {

class HttpConnection;
class Stream;
class WebSocketSession;

/// What all shards of a server share.
/// Threads: constant after construction, counters any
struct HttpServer::Shared {
  HttpServerOptions options;
  std::shared_ptr<HttpHandler> handler;

  ClientCounts clients;
  std::atomic<std::uint64_t> connections{0};
  std::atomic<std::uint64_t> websockets{0};
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> refused{0};
  std::atomic<std::uint64_t> failed_handshakes{0};
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> bad_requests{0};
};

/// The part of a server that lives on one loop: its acceptors and its connections. One timer looks
/// after the deadlines of all of them, which costs less than a timer each.
/// Threads: loop thread only; constructor and add_listener before that
class HttpServer::Shard : public std::enable_shared_from_this<Shard> {
 public:
  using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol,
                                                      boost::asio::io_context::executor_type>;

  Shard(EventLoop& loop, std::shared_ptr<Shared> shared);
  ~Shard();

  /// Takes a listening socket over.
  Status add_listener(int descriptor, bool tcp);
  void start();
  void begin_stop();
  /// Breaks off what is left.
  void finish_stop();
  /// Calls the function once, now or when the last connection has gone.
  void on_empty(EventLoop::Task task);

  void remove(const std::shared_ptr<HttpConnection>& connection);
  void remove(const std::shared_ptr<WebSocketSession>& session);
  void upgrade(Stream stream, const std::shared_ptr<const Peer>& peer, std::string key,
               std::string subprotocol, std::shared_ptr<WebSocketHandler> handler);

  void set_tls(std::shared_ptr<const TlsContext> tls) { tls_ = std::move(tls); }

  EventLoop& loop() { return loop_; }
  Shared& shared() { return *shared_; }
  /// "Date: Fri, 20 Nov 2026 23:19:33 GMT\r\n", made anew once a second.
  std::string_view date_line();

 private:
  struct Listener {
    Acceptor acceptor;
    bool tcp;
  };

  struct Entrance {
    const char* refused = nullptr;  ///< why, for the one who is refused
    bool silently = false;          ///< not even that
    std::optional<ClientCounts::Seat> seat;
  };

  void accept(const std::shared_ptr<Listener>& listener);
  void accepted(const Listener& listener, Socket socket);
  Entrance at_the_door(const Peer& peer);
  void check_deadlines();
  void check_empty();

  EventLoop& loop_;
  const std::shared_ptr<Shared> shared_;
  std::shared_ptr<const TlsContext> tls_;  ///< for those who come next
  std::vector<std::shared_ptr<Listener>> listeners_;
  std::unordered_set<std::shared_ptr<HttpConnection>> connections_;
  std::unordered_set<std::shared_ptr<WebSocketSession>> websockets_;
  Timer deadline_timer_;
  Timer retry_timer_;
  std::string date_line_;
  std::int64_t date_second_ = 0;
  EventLoop::Task on_empty_;
  bool stopping_ = false;
};

}  // namespace tagwerk::net
