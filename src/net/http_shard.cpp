#include "net/http_shard.hpp"

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <ctime>
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

Peer describe_peer(const Socket& socket, bool tcp) {
  if (!tcp) return {.address = std::string(kUnixAddress), .loopback = true};
  error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  const auto address = error ? std::nullopt : IpAddress::from(endpoint.data());
  if (!address) return {.address = "unknown"};
  return {.address = address->to_string(), .loopback = address->is_loopback()};
}

}  // namespace

HttpServer::Shard::Shard(EventLoop& loop, std::shared_ptr<Shared> shared)
    : loop_(loop),
      shared_(std::move(shared)),
      tls_(shared_->options.tls),
      deadline_timer_(loop),
      retry_timer_(loop) {}

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
  shared_->accepted.fetch_add(1, std::memory_order_relaxed);
  auto peer = std::make_shared<Peer>(describe_peer(socket, listener.tcp));
  peer->secure = listener.tcp && tls_;
  Entrance entrance = at_the_door(*peer);
  if (entrance.refused) shared_->refused.fetch_add(1, std::memory_order_relaxed);
  // A TLS handshake is too dear for saying no.
  if (entrance.silently || (entrance.refused && peer->secure)) return;
  Stream stream = peer->secure ? Stream(std::move(socket), *tls_) : Stream(std::move(socket));
  stream.keep(std::move(entrance.seat));
  auto connection = std::make_shared<HttpConnection>(*this, std::move(stream), std::move(peer));
  connections_.insert(connection);
  if (entrance.refused)
    connection->start_refused(entrance.refused);
  else
    connection->start();
}

/// Those who are told 503 stay for a second; past a tenth more nobody is told anything.
HttpServer::Shard::Entrance HttpServer::Shard::at_the_door(const Peer& peer) {
  const HttpLimits& limits = shared_->options.limits;
  const auto with_refused = [](std::size_t limit) { return limit + limit / 10 + 1; };
  const std::uint64_t open = shared_->connections.load(std::memory_order_relaxed) +
                             shared_->websockets.load(std::memory_order_relaxed);
  Entrance out;
  if (open >= limits.connections) {
    out.refused = "the server has as many connections as it accepts; try again later";
    out.silently = open >= with_refused(limits.connections);
    return out;
  }
  const auto address = IpAddress::parse(peer.address);
  if (!address || peer.loopback || shared_->options.proxies.trusts(peer)) return out;
  out.seat = shared_->clients.enter(*address, with_refused(limits.connections_per_client));
  out.silently = !out.seat;
  if (!out.seat || out.seat->number() > limits.connections_per_client)
    out.refused = "your address has as many connections as one may have; close some";
  return out;
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

void HttpServer::Shard::upgrade(Stream stream, const std::shared_ptr<const Peer>& peer,
                                std::string key, std::string subprotocol,
                                std::shared_ptr<WebSocketHandler> handler) {
  auto session =
      std::make_shared<WebSocketSession>(*this, std::move(stream), peer, std::move(handler));
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
