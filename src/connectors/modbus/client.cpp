#include "connectors/modbus/client.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "protocol/modbus/description.hpp"

namespace tagwerk::connectors::modbus {
namespace {

namespace asio = boost::asio;
namespace codec = protocol::modbus;
using boost::system::error_code;

/// Both ends of a connection, for its trace.
std::shared_ptr<const link::TraceConnection> ends_of(const asio::ip::tcp::socket& socket,
                                                     const std::string& device) {
  error_code ignored;
  const auto local = socket.local_endpoint(ignored);
  const auto peer = socket.remote_endpoint(ignored);
  return std::make_shared<const link::TraceConnection>(link::TraceConnection{
      device, local.address().to_string(), local.port(), peer.address().to_string(), peer.port()});
}

}  // namespace

Client::Client(asio::io_context& loop, Duration timeout, std::uint8_t unit, Traced traced)
    : loop_(loop),
      timeout_(timeout),
      unit_(unit),
      traced_(std::move(traced)),
      socket_(loop),
      resolver_(loop),
      timer_(loop) {
  out_.reserve(codec::kMaxFrameSize);
}

void Client::connect(const std::string& host, std::uint16_t port, Done done) {
  connecting_ = std::move(done);
  peer_ = fmt::format("{}:{}", host, port);
  start_timer([this] {
    connect_failed(fmt::format("no connection within {}", base::to_string(timeout_)));
  });
  error_code not_an_address;
  const auto address = asio::ip::make_address(host, not_an_address);
  if (not_an_address) return resolve(host, port);
  connect_to({address, port});
}

void Client::resolve(const std::string& host, std::uint16_t port) {
  resolver_.async_resolve(host, std::to_string(port),
                          [this, self = shared_from_this()](
                              const error_code& code, const Tcp::resolver::results_type& found) {
                            if (closed_ || !connecting_) return;
                            if (code) return connect_failed(code.message());
                            asio::async_connect(
                                socket_, found,
                                [this, self](const error_code& failed, const Tcp::endpoint&) {
                                  if (closed_ || !connecting_) return;
                                  if (failed) return connect_failed(failed.message());
                                  connected();
                                });
                          });
}

void Client::connect_to(const Tcp::endpoint& endpoint) {
  socket_.async_connect(endpoint, [this, self = shared_from_this()](const error_code& code) {
    if (closed_ || !connecting_) return;
    if (code) return connect_failed(code.message());
    connected();
  });
}

void Client::connected() {
  ++timer_round_;
  timer_.cancel();
  error_code ignored;
  socket_.set_option(Tcp::no_delay(true), ignored);
  socket_.set_option(Tcp::socket::keep_alive(true), ignored);
  connection_ = ends_of(socket_, traced_.device);
  open_ = true;
  read();
  std::exchange(connecting_, nullptr)(Status{});
}

void Client::connect_failed(std::string_view why) {
  Done done = std::exchange(connecting_, nullptr);
  const std::string message = fmt::format("cannot connect to {}: {}", peer_, why);
  close();
  done(fail(ErrorCode::unavailable, "{}", message));
}

void Client::request(codec::Request request, Urgency urgency, Answer answer) {
  auto& queue = urgency == Urgency::urgent ? urgent_ : normal_;
  queue.push_back({unit_, std::move(request), std::move(answer)});
  next();
}

void Client::try_request(std::uint8_t unit, codec::Request request, Answer answer) {
  normal_.push_back({unit, std::move(request), std::move(answer), true});
  next();
}

void Client::next() {
  if (!open_ || running_) return;
  auto& queue = urgent_.empty() ? normal_ : urgent_;
  if (queue.empty()) return;
  running_ = std::move(queue.front());
  queue.pop_front();
  send();
}

void Client::send() {
  base::Bytes pdu;
  if (const auto encoded = codec::encode_request(running_->request, pdu); !encoded) {
    asio::post(loop_, [this, self = shared_from_this(), error = encoded.error()] {
      if (running_) finish(std::unexpected(error));
    });
    return;
  }
  out_.clear();
  codec::encode_frame(++transaction_, running_->unit, pdu, out_);
  sent_at_ = base::mono_now();
  traced_.ring.add(connection_, link::TraceDirection::sent, out_, base::utc_now());
  start_timer([this] { timed_out(); });
  asio::async_write(
      socket_, asio::buffer(out_.data(), out_.size()),
      [this, self = shared_from_this()](const error_code& code, std::size_t) {
        if (closed_ || !code) return;
        broken(Error{ErrorCode::unavailable, fmt::format("{}: {}", peer_, code.message()), {}});
      });
}

void Client::timed_out() {
  const Error why{ErrorCode::timeout,
                  fmt::format("no answer from {} within {} ({})", peer_, base::to_string(timeout_),
                              codec::describe(running_->request, running_->unit)),
                  {}};
  if (running_->trial) return finish(std::unexpected(why));
  broken(why);
}

void Client::read() {
  socket_.async_read_some(asio::buffer(in_.data(), in_.size()), [this, self = shared_from_this()](
                                                                    const error_code& code,
                                                                    std::size_t count) {
    if (closed_) return;
    if (code)
      return broken(Error{ErrorCode::unavailable,
                          code == asio::error::eof ? fmt::format("{} closed the connection", peer_)
                                                   : fmt::format("{}: {}", peer_, code.message()),
                          {}});
    take(base::ByteView(in_).first(count));
    if (!closed_) read();
  });
}

void Client::take(base::ByteView bytes) {
  while (!closed_) {
    const base::ByteView unread = bytes;
    const auto frame = decoder_.next(bytes);
    if (!frame) {
      traced_.ring.add(connection_, link::TraceDirection::received, unread, base::utc_now());
      return broken(
          Error{ErrorCode::corrupt, fmt::format("{}: {}", peer_, frame.error().message), {}});
    }
    if (!*frame) return;
    trace_answer(**frame);
    answer(**frame);
  }
}

void Client::trace_answer(const codec::Frame& frame) {
  const bool awaited = running_ && frame.transaction == transaction_;
  traced_.ring.add(connection_, link::TraceDirection::received, decoder_.whole(), base::utc_now(),
                   awaited ? base::mono_now() - sent_at_ : link::kNoDelay);
}

void Client::answer(const codec::Frame& frame) {
  // A late answer, or one nobody asked for: it says nothing about the request that runs.
  if (!running_ || frame.transaction != transaction_) return;
  auto response = codec::decode_response(running_->request, frame.pdu);
  if (!response)
    return broken(
        Error{ErrorCode::corrupt, fmt::format("{}: {}", peer_, response.error().message), {}});
  finish(std::move(*response));
}

void Client::finish(Result<codec::Response> result) {
  ++timer_round_;
  timer_.cancel();
  Waiting done = std::move(*running_);
  running_.reset();
  done.answer(std::move(result));
  next();
}

void Client::broken(const Error& why) {
  if (closed_) return;
  const auto self = shared_from_this();
  auto running = std::exchange(running_, std::nullopt);
  const auto lost = lost_;
  close();
  if (running) return running->answer(std::unexpected(why));
  if (lost) lost(why);
}

void Client::close() {
  closed_ = true;
  open_ = false;
  connecting_ = nullptr;
  running_.reset();
  urgent_.clear();
  normal_.clear();
  lost_ = nullptr;
  timer_.cancel();
  resolver_.cancel();
  error_code ignored;
  socket_.close(ignored);
}

void Client::start_timer(std::function<void()> expired) {
  timer_.expires_after(std::chrono::duration_cast<asio::steady_timer::duration>(timeout_));
  timer_.async_wait([this, self = shared_from_this(), round = ++timer_round_,
                     expired = std::move(expired)](const error_code& code) {
    if (!code && !closed_ && round == timer_round_) expired();
  });
}

}  // namespace tagwerk::connectors::modbus
