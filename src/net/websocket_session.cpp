#include "net/websocket_session.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>
#include <utility>

#include "base/assert.hpp"

namespace tagwerk::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using beast::error_code;

constexpr std::uint16_t kBroken = 1006;

}  // namespace

// What Beast asks of a stream beside reading and writing; found by the stream's type.

/// Closes at once, when the peer was silent for too long.
void beast_close_socket(Stream& stream) {
  stream.close();
}

/// Ends the connection in peace: says goodbye and waits for the peer's end.
template <class Handler>
void async_teardown(beast::role_type role, Stream& stream, Handler&& handler) {
  stream.say_goodbye();
  websocket::async_teardown(role, stream.socket(), std::forward<Handler>(handler));
}

struct WebSocketSession::Impl {
  // Without deflate: 12 MB instead of 163 for a thousand clients.
  using WebSocketStream = websocket::stream<Stream, false>;

  Impl(HttpServer::Shard& owner, Stream below, std::shared_ptr<const Peer> who,
       std::shared_ptr<WebSocketHandler> application)
      : shard(owner.shared_from_this()),
        peer(std::move(who)),
        handler(std::move(application)),
        stream(std::move(below)) {}

  // Constant after construction.
  const std::shared_ptr<HttpServer::Shard> shard;
  const std::shared_ptr<const Peer> peer;

  // Only on the loop's thread.
  std::shared_ptr<WebSocketHandler> handler;  ///< let go after on_close, which breaks cycles
  WebSocketStream stream;
  beast::flat_buffer incoming;
  std::string handshake;
  std::deque<std::shared_ptr<const std::string>> queue;  ///< front is being written
  std::size_t pending = 0;
  websocket::close_reason goodbye;
  bool open = false;
  bool writing = false;
  bool closing = false;  ///< close() was called: nothing more is taken
  bool goodbye_sent = false;
  bool finished = false;
};

WebSocketSession::WebSocketSession(HttpServer::Shard& shard, Stream stream,
                                   std::shared_ptr<const Peer> peer,
                                   std::shared_ptr<WebSocketHandler> handler)
    : impl_(std::make_unique<Impl>(shard, std::move(stream), std::move(peer), std::move(handler))) {
  shard.shared().websockets.fetch_add(1, std::memory_order_relaxed);
}

WebSocketSession::~WebSocketSession() {
  impl_->shard->shared().websockets.fetch_sub(1, std::memory_order_relaxed);
}

void WebSocketSession::start(const std::string& key, const std::string& subprotocol) {
  Impl& self = *impl_;
  const HttpLimits& limits = self.shard->shared().options.limits;
  self.stream.auto_fragment(false);
  self.stream.text(true);
  self.stream.read_message_max(limits.websocket_message);
  // With keep_alive_pings Beast pings after half the idle time.
  self.stream.set_option(
      websocket::stream_base::timeout{limits.header_timeout, 2 * limits.websocket_ping, true});
  self.stream.set_option(
      websocket::stream_base::decorator([subprotocol](websocket::response_type& response) {
        if (!subprotocol.empty())
          response.set(beast::http::field::sec_websocket_protocol, subprotocol);
      }));
  // No control_callback: Beast 1.81 then deadlocks when both sides say goodbye at once.
  self.handshake =
      "GET / HTTP/1.1\r\nHost: tagwerk\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " +
      key + "\r\n\r\n";
  self.stream.async_accept(asio::buffer(self.handshake),
                           [me = shared_from_this()](error_code error) {
                             Impl& state = *me->impl_;
                             if (error) return me->finish();
                             state.open = true;
                             state.handler->on_open(me);
                             me->read();
                             if (state.closing && !state.writing) me->begin_close();
                           });
}

void WebSocketSession::read() {
  impl_->stream.async_read(impl_->incoming,
                           [me = shared_from_this()](error_code error, std::size_t) {
                             if (error) return me->finish();
                             me->on_message();
                           });
}

void WebSocketSession::on_message() {
  Impl& self = *impl_;
  if (self.finished) return;
  if (!self.stream.got_text()) {
    close(1003, "only text messages are understood", false);
  } else if (!self.closing) {
    const auto bytes = self.incoming.data();
    self.handler->on_message({static_cast<const char*>(bytes.data()), bytes.size()});
  }
  self.incoming.clear();
  // A large message must not keep its memory for the whole life of the socket.
  if (self.incoming.capacity() > 64 * 1024) self.incoming.shrink_to_fit();
  read();
}

bool WebSocketSession::send(std::shared_ptr<const std::string> message) {
  Impl& self = *impl_;
  TAGWERK_ASSERT(self.shard->loop().in_thread());
  const std::size_t limit = self.shard->shared().options.limits.websocket_pending;
  if (!self.open || self.closing || self.pending + message->size() > limit) return false;
  self.pending += message->size();
  self.queue.push_back(std::move(message));
  if (!self.writing) write();
  return true;
}

void WebSocketSession::write() {
  Impl& self = *impl_;
  self.writing = true;
  self.stream.async_write(asio::buffer(*self.queue.front()),
                          [me = shared_from_this()](error_code error, std::size_t) {
                            me->on_written(static_cast<bool>(error));
                          });
}

void WebSocketSession::on_written(bool failed) {
  Impl& self = *impl_;
  self.writing = false;
  self.pending -= self.queue.front()->size();
  self.queue.pop_front();
  // The read under way fails as well and finishes the session.
  if (failed) self.closing = true;
  if (failed || self.goodbye_sent || self.finished) return;
  if (!self.queue.empty()) return write();
  if (self.closing) return begin_close();
  self.handler->on_drained();
}

std::size_t WebSocketSession::pending_bytes() const {
  return impl_->pending;
}

void WebSocketSession::close(std::uint16_t code, std::string_view reason, bool flush) {
  Impl& self = *impl_;
  TAGWERK_ASSERT(self.shard->loop().in_thread());
  if (std::exchange(self.closing, true)) return;
  // A control frame carries 123 bytes of reason at most.
  self.goodbye.code = code;
  self.goodbye.reason.assign(reason.data(), std::min<std::size_t>(reason.size(), 120));
  if (!flush && !self.queue.empty()) {
    auto under_way = self.writing ? self.queue.front() : nullptr;
    self.queue.clear();
    self.pending = 0;
    if (under_way) {
      self.pending = under_way->size();
      self.queue.push_back(std::move(under_way));
    }
  }
  if (self.open && (!flush || !self.writing)) begin_close();
}

void WebSocketSession::begin_close() {
  Impl& self = *impl_;
  if (std::exchange(self.goodbye_sent, true)) return;
  // Beast lets the message under way finish first, sends the frame and waits for the peer's.
  self.stream.async_close(self.goodbye, [me = shared_from_this()](error_code) { me->break_off(); });
}

void WebSocketSession::break_off() {
  impl_->stream.next_layer().close();
  finish();
}

void WebSocketSession::finish() {
  Impl& self = *impl_;
  if (std::exchange(self.finished, true)) return;
  self.stream.next_layer().close();
  self.closing = self.goodbye_sent = true;
  const std::uint16_t code = self.stream.reason().code;
  const auto handler = std::move(self.handler);
  if (std::exchange(self.open, false)) handler->on_close(code == 0 ? kBroken : code);
  self.shard->remove(shared_from_this());
}

EventLoop& WebSocketSession::loop() {
  return impl_->shard->loop();
}

const Peer& WebSocketSession::peer() const {
  return *impl_->peer;
}

}  // namespace tagwerk::net
