#include "link/session.hpp"

#include <boost/asio/local/stream_protocol.hpp>

namespace tagwerk::link {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr auto kAnswerWithin = std::chrono::seconds(5);
constexpr int kRetryFromMs = 250;
constexpr int kRetryToMs = 1000;

}  // namespace

Session::Session(asio::io_context& loop, std::string path, SessionOwner& owner, StreamTimes times)
    : path_(std::move(path)),
      owner_(owner),
      times_(times),
      timer_(loop),
      socket_(loop),
      random_(std::random_device{}()) {}

Session::~Session() {
  stop();
}

void Session::start() {
  connect();
}

void Session::stop() {
  stopped_ = true;
  welcomed_ = false;
  timer_.cancel();
  error_code ignored;
  socket_.close(ignored);
  if (stream_) stream_->close();
}

void Session::connect() {
  socket_ = Socket(timer_.get_executor());
  socket_.async_connect(asio::local::stream_protocol::endpoint(path_),
                        [this, alive = std::weak_ptr(alive_)](const error_code& code) {
                          if (alive.expired() || stopped_ || code == asio::error::operation_aborted)
                            return;
                          if (code) return retry();
                          say_hello();
                        });
}

void Session::retry() {
  const int wait = std::uniform_int_distribution<int>(kRetryFromMs, kRetryToMs)(random_);
  timer_.expires_after(std::chrono::milliseconds(wait));
  timer_.async_wait([this, alive = std::weak_ptr(alive_)](const error_code& code) {
    if (!alive.expired() && !code && !stopped_) connect();
  });
}

void Session::say_hello() {
  stream_ = FrameStream::make(std::move(socket_), *this, kMaxFrameBefore, times_);
  stream_->start();
  stream_->send(owner_.hello());
  timer_.expires_after(kAnswerWithin);
  timer_.async_wait([this, alive = std::weak_ptr(alive_)](const error_code& code) {
    if (code || alive.expired() || stopped_ || welcomed_) return;
    stream_->close();
    retry();
  });
}

Status Session::on_frame(FrameType type, base::ByteView payload) {
  return welcomed_ ? owner_.on_frame(type, payload) : on_answer(type, payload);
}

Status Session::on_answer(FrameType type, base::ByteView payload) {
  if (type == FrameType::refused) {
    Refused refused;
    if (auto decoded = decode(payload, refused); !decoded) return decoded;
    owner_.on_refused(refused);
    return fail(ErrorCode::unauthenticated, "the server refused: {}", refused.reason);
  }
  Welcome welcome;
  if (type != FrameType::welcome)
    return fail(ErrorCode::corrupt, "the server answered hello with {}", to_string(type));
  if (auto decoded = decode(payload, welcome); !decoded) return decoded;
  if (welcome.version != kProtocolVersion)
    return fail(ErrorCode::corrupt, "the server speaks version {} of the link, this is {}",
                welcome.version, kProtocolVersion);
  welcomed_ = true;
  timer_.cancel();
  stream_->set_frame_limit(kMaxFrame);
  owner_.on_welcome(welcome);
  return {};
}

void Session::on_sent() {
  if (welcomed_) owner_.on_sent();
}

void Session::on_closed(const Error& why) {
  const bool was_up = std::exchange(welcomed_, false);
  if (was_up) owner_.on_gone(why);
  if (!stopped_) retry();
}

void Session::pause() {
  if (stream_) stream_->pause();
}

void Session::resume() {
  if (stream_) stream_->resume();
}

}  // namespace tagwerk::link
