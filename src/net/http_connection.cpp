#include "net/http_connection.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <charconv>
#include <cstring>
#include <utility>

#include "base/assert.hpp"

namespace tagwerk::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t kFirstBuffer = 4 * 1024;
constexpr std::size_t kBodyStep = 64 * 1024;
/// TLS counts a write as done when all of it is: a client gets the write timeout for each of these.
constexpr std::size_t kWriteStep = 1024 * 1024;
constexpr std::size_t kMaxLinger = 1024 * 1024;
constexpr Duration kLingerTime = std::chrono::seconds(1);

struct ReasonPhrase {
  int status;
  std::string_view text;
};

constexpr std::array kReasons{ReasonPhrase{200, "OK"},
                              ReasonPhrase{201, "Created"},
                              ReasonPhrase{202, "Accepted"},
                              ReasonPhrase{204, "No Content"},
                              ReasonPhrase{207, "Multi-Status"},
                              ReasonPhrase{301, "Moved Permanently"},
                              ReasonPhrase{302, "Found"},
                              ReasonPhrase{304, "Not Modified"},
                              ReasonPhrase{307, "Temporary Redirect"},
                              ReasonPhrase{308, "Permanent Redirect"},
                              ReasonPhrase{400, "Bad Request"},
                              ReasonPhrase{401, "Unauthorized"},
                              ReasonPhrase{403, "Forbidden"},
                              ReasonPhrase{404, "Not Found"},
                              ReasonPhrase{405, "Method Not Allowed"},
                              ReasonPhrase{406, "Not Acceptable"},
                              ReasonPhrase{408, "Request Timeout"},
                              ReasonPhrase{409, "Conflict"},
                              ReasonPhrase{410, "Gone"},
                              ReasonPhrase{412, "Precondition Failed"},
                              ReasonPhrase{413, "Content Too Large"},
                              ReasonPhrase{414, "URI Too Long"},
                              ReasonPhrase{415, "Unsupported Media Type"},
                              ReasonPhrase{417, "Expectation Failed"},
                              ReasonPhrase{422, "Unprocessable Content"},
                              ReasonPhrase{426, "Upgrade Required"},
                              ReasonPhrase{429, "Too Many Requests"},
                              ReasonPhrase{431, "Request Header Fields Too Large"},
                              ReasonPhrase{500, "Internal Server Error"},
                              ReasonPhrase{501, "Not Implemented"},
                              ReasonPhrase{502, "Bad Gateway"},
                              ReasonPhrase{503, "Service Unavailable"},
                              ReasonPhrase{504, "Gateway Timeout"},
                              ReasonPhrase{505, "HTTP Version Not Supported"}};

std::string_view reason(int status) {
  const auto* found = std::ranges::lower_bound(kReasons, status, {}, &ReasonPhrase::status);
  return found != kReasons.end() && found->status == status ? found->text : "Status";
}

void append_number(std::string& out, std::uint64_t number) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

bool has_no_body(int status) {
  return status == 204 || status == 304 || status < 200;
}

}  // namespace

HttpConnection::HttpConnection(HttpServer::Shard& shard, Stream stream,
                               std::shared_ptr<const Peer> peer)
    : shard_(shard.shared_from_this()),
      peer_(std::move(peer)),
      from_proxy_(shard.shared().options.proxies.trusts(*peer_)),
      limits_(shard.shared().options.limits),
      stream_(std::move(stream)),
      parser_(limits_.header_bytes, limits_.target_bytes),
      buffer_(kFirstBuffer) {
  shard_->shared().connections.fetch_add(1, std::memory_order_relaxed);
}

HttpConnection::~HttpConnection() {
  shard_->shared().connections.fetch_sub(1, std::memory_order_relaxed);
}

void HttpConnection::start() {
  // A client that connects and says nothing gets the time of a header, not that of an idle one.
  if (stream_.secure())
    enter(Step::handshake, limits_.handshake_timeout);
  else
    enter(Step::header, limits_.header_timeout);
  read();
}

void HttpConnection::start_refused(const char* reason) {
  refuse(503, reason);
}

void HttpConnection::enter(Step step, Duration time) {
  step_ = step;
  deadline_ = base::mono_now() + time;
}

bool HttpConnection::late(MonoTime now) const {
  return now >= deadline_ && step_ != Step::handling && step_ != Step::closed;
}

void HttpConnection::on_deadline() {
  const bool answer = (step_ == Step::header && parser_.started()) || step_ == Step::body;
  if (!answer) return close();
  refuse(408, step_ == Step::body ? "the body came too slowly" : "the header came too slowly");
}

void HttpConnection::begin_stop() {
  keep_alive_ = false;
  const bool waiting = step_ == Step::handshake || step_ == Step::idle || step_ == Step::header ||
                       step_ == Step::lingering;
  if (waiting) close();
}

void HttpConnection::close() {
  if (std::exchange(step_, Step::closed) == Step::closed) return;
  stream_.close();
  shard_->remove(shared_from_this());
}

void HttpConnection::read() {
  if (reading_) return;
  if (begin_ == end_) begin_ = end_ = 0;
  if (end_ == buffer_.size() && begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= std::exchange(begin_, 0);
  }
  if (end_ == buffer_.size()) {
    if (buffer_.size() > limits_.header_bytes)
      return refuse(400, "a line of the request is too long");
    buffer_.resize(limits_.header_bytes + kFirstBuffer);
  }
  reading_ = true;
  stream_.async_read_some(asio::buffer(buffer_.data() + end_, buffer_.size() - end_),
                          [self = shared_from_this()](error_code error, std::size_t count) {
                            self->reading_ = false;
                            if (self->step_ == Step::closed) return;
                            if (error) return self->on_read_error();
                            self->on_read(count);
                          });
}

void HttpConnection::on_read_error() {
  if (step_ != Step::handshake || stream_.established()) return close();
  shard_->shared().failed_handshakes.fetch_add(1, std::memory_order_relaxed);
  if (!stream_.spoke_plain_http()) return close();
  stream_.drop_tls();
  refuse(400, "this port speaks HTTPS; write https:// in place of http:// before its address");
}

void HttpConnection::on_read(std::size_t count) {
  if (step_ == Step::lingering) {
    lingered_ += count;
    return lingered_ > kMaxLinger ? close() : read();
  }
  // The deadline may have answered while this read was under way.
  if (step_ == Step::writing || step_ == Step::handling) return;
  end_ += count;
  if (step_ == Step::idle || step_ == Step::handshake) enter(Step::header, limits_.header_timeout);
  process();
}

void HttpConnection::process() {
  using State = RequestParser::State;
  for (;;) {
    const State before = parser_.state();
    begin_ += parser_.feed(unread());
    if (before == State::header && parser_.header_done()) header_done();
    const State now = parser_.state();
    if (now == State::failed) return refuse_body();
    if (now == State::complete) return dispatch();
    if (before == State::header && now == State::body) {
      if (begin_ < end_) continue;
      if (parser_.expects_continue()) send_continue();
    }
    break;
  }
  if (step_ == Step::body && parser_.request().body().size() >= body_mark_) {
    body_mark_ = parser_.request().body().size() + kBodyStep;
    enter(Step::body, limits_.body_timeout);
  }
  if (step_ != Step::closed) read();
}

void HttpConnection::header_done() {
  Request& request = parser_.request();
  HttpHandler& handler = *shard_->shared().handler;
  request.loop_ = &shard_->loop();
  request.peer_ = peer_;
  if (from_proxy_)
    if (auto client = shard_->shared().options.proxies.client_of(request))
      request.peer_ = std::move(client);
  header_lines_ = handler.header_lines(request);
  if (!parser_.announces_body()) return;
  Admission admission = handler.admit(request);
  refusal_ = std::move(admission.refusal);
  parser_.set_body_limit(admission.body_limit);
  body_mark_ = kBodyStep;
  enter(Step::body, limits_.body_timeout);
}

void HttpConnection::send_continue() {
  // Nothing else is being written, and these few bytes always fit into the socket's buffer.
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  if (stream_.write_now(kContinue)) close();
}

void HttpConnection::dispatch() {
  shard_->shared().requests.fetch_add(1, std::memory_order_relaxed);
  step_ = Step::handling;
  if (!parser_.keep_alive()) keep_alive_ = false;
  Request request = std::move(parser_.request());
  head_request_ = request.method() == Method::head;
  websocket_key_.clear();
  if (request.wants_websocket()) {
    websocket_key_ = request.header("Sec-WebSocket-Key").value();
    websocket_peer_ = request.peer();
  }
  shard_->shared().handler->handle(std::move(request), Responder(shared_from_this(), ++exchange_));
}

/// The request is malformed or, mostly, too large.
void HttpConnection::refuse_body() {
  const RequestParser::Failure& failure = parser_.failure();
  if (failure.status == 413 && refusal_) return refuse(std::move(*refusal_));
  refuse(failure.status, failure.detail);
}

void HttpConnection::refuse(int status, const std::string& detail) {
  shard_->shared().bad_requests.fetch_add(1, std::memory_order_relaxed);
  refuse(error_response(status, detail));
}

void HttpConnection::refuse(Response response) {
  keep_alive_ = false;
  head_request_ = false;
  ++exchange_;
  begin_write(std::move(response));
}

void HttpConnection::respond(std::uint64_t exchange, Response response) {
  if (shard_->loop().in_thread()) return take_response(exchange, std::move(response));
  shard_->loop().post(
      [self = shared_from_this(), exchange, response = std::move(response)]() mutable {
        self->take_response(exchange, std::move(response));
      });
}

void HttpConnection::take_response(std::uint64_t exchange, Response response) {
  if (step_ == Step::handling && exchange == exchange_) begin_write(std::move(response));
}

void HttpConnection::begin_write(Response response) {
  response_ = std::move(response);
  compose_head();
  const bool without_body = head_request_ || has_no_body(response_.status());
  const std::string_view body = without_body ? std::string_view{} : response_.body();
  outgoing_ = {asio::buffer(head_), asio::buffer(body.data(), body.size())};
  write_some();
}

void HttpConnection::compose_head() {
  const int status = response_.status();
  head_.assign("HTTP/1.1 ");
  append_number(head_, static_cast<std::uint64_t>(status));
  head_.append(" ").append(reason(status)).append("\r\n");
  head_.append(shard_->date_line());
  if (!has_no_body(status)) {
    head_.append("Content-Length: ");
    append_number(head_, response_.body().size());
    head_.append("\r\n");
  }
  if (!keep_alive_)
    head_.append("Connection: close\r\n");
  else if (parser_.http_1_0())
    head_.append("Connection: keep-alive\r\n");
  head_.append(shard_->shared().options.common_headers).append(header_lines_);
  head_.append(response_.headers()).append("\r\n");
}

void HttpConnection::write_some() {
  enter(Step::writing, limits_.write_timeout);
  const std::array piece{outgoing_[0], asio::buffer(outgoing_[1], kWriteStep)};
  stream_.async_write_some(piece, [self = shared_from_this()](error_code error, std::size_t count) {
    if (self->step_ == Step::closed) return;
    if (error) return self->close();
    for (asio::const_buffer& part : self->outgoing_) {
      const std::size_t taken = std::min(count, part.size());
      part += taken;
      count -= taken;
    }
    if (asio::buffer_size(self->outgoing_) > 0) return self->write_some();
    self->written();
  });
}

void HttpConnection::written() {
  response_ = Response();
  header_lines_.clear();
  refusal_.reset();
  if (!keep_alive_) return linger();
  parser_.restart();
  if (begin_ < end_) {
    enter(Step::header, limits_.header_timeout);
    return process();
  }
  enter(Step::idle, limits_.idle_timeout);
  read();
}

void HttpConnection::linger() {
  // Closing with unread bytes would reset the connection and take the answer with it.
  error_code error;
  stream_.shutdown_send(error);
  if (error) return close();
  enter(Step::lingering, kLingerTime);
  begin_ = end_ = 0;
  read();
}

void HttpConnection::upgrade(std::uint64_t exchange, std::string subprotocol,
                             std::shared_ptr<WebSocketHandler> handler) {
  if (shard_->loop().in_thread())
    return take_upgrade(exchange, std::move(subprotocol), std::move(handler));
  shard_->loop().post([self = shared_from_this(), exchange, subprotocol = std::move(subprotocol),
                       handler = std::move(handler)]() mutable {
    self->take_upgrade(exchange, std::move(subprotocol), std::move(handler));
  });
}

void HttpConnection::take_upgrade(std::uint64_t exchange, std::string subprotocol,
                                  std::shared_ptr<WebSocketHandler> handler) {
  if (step_ != Step::handling || exchange != exchange_) return;
  TAGWERK_ASSERT(!websocket_key_.empty());
  if (begin_ < end_)
    return refuse(400, "a WebSocket client must not send before its handshake is answered");
  const auto self = shared_from_this();
  step_ = Step::closed;
  shard_->upgrade(std::move(stream_), websocket_peer_, std::move(websocket_key_),
                  std::move(subprotocol), std::move(handler));
  shard_->remove(self);
}

}  // namespace tagwerk::net
