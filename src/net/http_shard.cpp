#include "net/http_shard.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <boost/asio/ip/tcp.hpp>
#include <cstring>
#include <ctime>
#include <netinet/in.h>
#include <sys/socket.h>
#include <utility>

#include "base/log.hpp"
#include "net/http_connection.hpp"
#include "net/websocket_session.hpp"

namespace tagwerk::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr Duration kAcceptRetry = std::chrono::milliseconds(100);

/// Often enough for the shortest timeout, rarely enough to cost nothing.
Duration deadline_period(const HttpLimits& limits) {
  const Duration shortest = std::min(
      {limits.header_timeout, limits.body_timeout, limits.idle_timeout, limits.write_timeout});
  return std::clamp<Duration>(shortest / 4, std::chrono::milliseconds(5),
                              std::chrono::milliseconds(500));
}

Peer describe_peer(const Socket& socket) {
  error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  std::array<char, INET6_ADDRSTRLEN> text{};
  const sockaddr* address = endpoint.data();
  if (!error && address->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, address, sizeof(v4));
    inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    return {text.data(), (ntohl(v4.sin_addr.s_addr) >> 24) == 127};
  }
  if (!error && address->sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, address, sizeof(v6));
    inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    return {text.data(), IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr) != 0};
  }
  if (!error) return {"unix", true};
  return {"unknown", false};
}

}  // namespace

HttpServer::Shard::Shard(EventLoop& loop, std::shared_ptr<Shared> shared)
    : loop_(loop), shared_(std::move(shared)), deadline_timer_(loop), retry_timer_(loop) {}

HttpServer::Shard::~Shard() = default;

Status HttpServer::Shard::add_listener(int descriptor, bool tcp) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return base::fail_errno("cannot ask a listening socket for its address");
  error_code error;
  auto listener = std::make_shared<Listener>(Listener{Acceptor(io_context(loop_)), tcp});
  listener->acceptor.assign(
      asio::generic::stream_protocol(address.ss_family, tcp ? IPPROTO_TCP : 0), descriptor, error);
  if (error) return fail(ErrorCode::io, "cannot take a listening socket: {}", error.message());
  listeners_.push_back(std::move(listener));
  return {};
}

void HttpServer::Shard::start() {
  for (const auto& listener : listeners_)
    accept(listener);
  deadline_timer_.start_every(deadline_period(shared_->options.limits),
                              [this] { check_deadlines(); });
}

void HttpServer::Shard::accept(const std::shared_ptr<Listener>& listener) {
  listener->acceptor.async_accept(
      io_context(loop_), [self = shared_from_this(), listener](error_code error, Socket socket) {
        if (self->stopping_ || error == asio::error::operation_aborted) return;
        if (!error) {
          self->accepted(*listener, std::move(socket));
        } else if (error == asio::error::no_descriptors || error == asio::error::no_memory ||
                   error == asio::error::no_buffer_space) {
          // Out of descriptors: the waiting client stays in the kernel's queue meanwhile.
          base::logger("http")->error("cannot accept connections: {}", error.message());
          return self->retry_timer_.start_after(kAcceptRetry, [self, listener] {
            for (const auto& each : self->listeners_)
              self->accept(each);
          });
        }
        self->accept(listener);
      });
}

void HttpServer::Shard::accepted(const Listener& listener, Socket socket) {
  error_code ignored;
  if (listener.tcp) socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  const std::uint64_t open = shared_->connections.load(std::memory_order_relaxed) +
                             shared_->websockets.load(std::memory_order_relaxed);
  const std::uint64_t limit = shared_->options.limits.connections;
  shared_->accepted.fetch_add(1, std::memory_order_relaxed);
  if (open >= limit) shared_->refused.fetch_add(1, std::memory_order_relaxed);
  // Those who are told 503 stay for a second; past a tenth more nobody is told anything.
  if (open >= limit + limit / 10 + 1) return;
  auto peer = std::make_shared<const Peer>(describe_peer(socket));
  auto connection = std::make_shared<HttpConnection>(*this, std::move(socket), std::move(peer));
  connections_.insert(connection);
  if (open >= limit)
    connection->start_refused();
  else
    connection->start();
}

void HttpServer::Shard::check_deadlines() {
  const MonoTime now = base::mono_now();
  // Closing takes a connection out of the set, so walk over a copy of what is late.
  std::vector<std::shared_ptr<HttpConnection>> late;
  for (const auto& connection : connections_)
    if (connection->late(now)) late.push_back(connection);
  for (const auto& connection : late)
    connection->on_deadline();
}

void HttpServer::Shard::begin_stop() {
  stopping_ = true;
  retry_timer_.cancel();
  for (const auto& listener : listeners_) {
    error_code ignored;
    listener->acceptor.close(ignored);
  }
  const std::vector connections(connections_.begin(), connections_.end());
  for (const auto& connection : connections)
    connection->begin_stop();
  const std::vector websockets(websockets_.begin(), websockets_.end());
  for (const auto& session : websockets)
    session->close(1001, "the server stops", false);
}

void HttpServer::Shard::on_empty(EventLoop::Task task) {
  on_empty_ = std::move(task);
  check_empty();
}

void HttpServer::Shard::check_empty() {
  if (!on_empty_ || !connections_.empty() || !websockets_.empty()) return;
  std::exchange(on_empty_, nullptr)();
}

void HttpServer::Shard::finish_stop() {
  on_empty_ = nullptr;
  deadline_timer_.cancel();
  const std::vector connections(connections_.begin(), connections_.end());
  for (const auto& connection : connections)
    connection->close();
  const std::vector websockets(websockets_.begin(), websockets_.end());
  for (const auto& session : websockets)
    session->break_off();
}

void HttpServer::Shard::remove(const std::shared_ptr<HttpConnection>& connection) {
  connections_.erase(connection);
  check_empty();
}

void HttpServer::Shard::remove(const std::shared_ptr<WebSocketSession>& session) {
  websockets_.erase(session);
  check_empty();
}

void HttpServer::Shard::upgrade(Socket socket, const std::shared_ptr<const Peer>& peer,
                                std::string key, std::string subprotocol,
                                std::shared_ptr<WebSocketHandler> handler) {
  auto session =
      std::make_shared<WebSocketSession>(*this, std::move(socket), peer, std::move(handler));
  websockets_.insert(session);
  session->start(key, subprotocol);
}

std::string_view HttpServer::Shard::date_line() {
  const std::time_t now = std::time(nullptr);
  if (now == date_second_ && !date_line_.empty()) return date_line_;
  static constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm utc{};
  gmtime_r(&now, &utc);
  date_line_ = fmt::format("Date: {}, {:02} {} {} {:02}:{:02}:{:02} GMT\r\n",
                           kDays[static_cast<std::size_t>(utc.tm_wday)], utc.tm_mday,
                           kMonths[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900,
                           utc.tm_hour, utc.tm_min, utc.tm_sec);
  date_second_ = now;
  return date_line_;
}

}  // namespace tagwerk::net
