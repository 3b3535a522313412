#include "link/stream.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <vector>

namespace tagwerk::link {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t kMaxBuffersPerWrite = 64;

Error stream_error(const error_code& code) {
  if (code == asio::error::eof)
    return Error{ErrorCode::unavailable, "the other side closed the link", {}};
  return Error{ErrorCode::io, "link: " + code.message(), {}};
}

}  // namespace

std::shared_ptr<FrameStream> FrameStream::make(Socket socket, StreamHandler& handler,
                                               std::size_t frame_limit, Times times) {
  return std::shared_ptr<FrameStream>(
      new FrameStream(std::move(socket), handler, frame_limit, times));
}

FrameStream::FrameStream(Socket socket, StreamHandler& handler, std::size_t frame_limit,
                         Times times)
    : socket_(std::move(socket)),
      handler_(&handler),
      times_(times),
      reader_(frame_limit),
      timer_(socket_.get_executor()) {}

void FrameStream::start() {
  heard_ = base::mono_now();
  watch();
  read();
}

void FrameStream::read() {
  if (!is_open() || reading_ || paused_) return;
  reading_ = true;
  const auto room = reader_.space();
  socket_.async_read_some(
      asio::buffer(room.data(), room.size()),
      [this, self = shared_from_this()](const error_code& code, std::size_t count) {
        reading_ = false;
        if (!is_open()) return;
        if (code) return fail_with(stream_error(code));
        heard_ = base::mono_now();
        asked_ = false;
        reader_.filled(count);
        dispatch();
      });
}

void FrameStream::dispatch() {
  if (dispatching_) return;
  dispatching_ = true;
  const auto self = shared_from_this();
  while (is_open() && !paused_) {
    const auto frame = reader_.next();
    if (!frame) {
      fail_with(frame.error());
      break;
    }
    if (!*frame) break;
    if (const auto given = give(**frame); !given && is_open()) fail_with(given.error());
  }
  dispatching_ = false;
  read();
}

Status FrameStream::give(const FrameView& frame) {
  if (frame.type == FrameType::ping) {
    Ping ping;
    if (auto decoded = decode(frame.payload, ping); !decoded) return decoded;
    send(Pong{ping.number});
    return {};
  }
  if (frame.type == FrameType::pong) {
    Pong pong;
    return decode(frame.payload, pong);
  }
  return handler_->on_frame(frame.type, frame.payload);
}

void FrameStream::send(Buffer frame) {
  if (!is_open() || finishing_ || broken_) return;
  unsent_ += frame->size();
  queue_.push_back(std::move(frame));
  if (writing_ == 0) write();
}

void FrameStream::write() {
  std::vector<asio::const_buffer> buffers;
  writing_ = std::min(queue_.size(), kMaxBuffersPerWrite);
  buffers.reserve(writing_);
  for (std::size_t i = 0; i < writing_; ++i)
    buffers.emplace_back(queue_[i]->data(), queue_[i]->size());
  asio::async_write(socket_, buffers,
                    [this, self = shared_from_this()](const error_code& code, std::size_t count) {
                      queue_.erase(queue_.begin(),
                                   queue_.begin() + static_cast<std::ptrdiff_t>(writing_));
                      writing_ = 0;
                      unsent_ -= std::min(unsent_, count);
                      if (!is_open()) return;
                      if (code) return write_failed(code);
                      if (!queue_.empty()) return write();
                      if (finishing_) return close();
                      handler_->on_sent();
                    });
}

/// What the other side said before it closed may still be there to read: its end closes the stream.
void FrameStream::write_failed(const error_code& code) {
  if (paused_) return fail_with(stream_error(code));
  broken_ = true;
  queue_.clear();
  unsent_ = 0;
}

void FrameStream::pause() {
  paused_ = true;
}

void FrameStream::resume() {
  if (!paused_) return;
  paused_ = false;
  heard_ = base::mono_now();
  asio::post(socket_.get_executor(), [self = shared_from_this()] { self->dispatch(); });
}

void FrameStream::watch() {
  timer_.expires_after(std::min(times_.ping_after, times_.dead_after) / 4);
  timer_.async_wait([this, self = shared_from_this()](const error_code& code) {
    if (code || !is_open()) return;
    const Duration silence = base::mono_now() - heard_;
    // Who does not read cannot hear; it only shows that it is alive itself.
    if ((!paused_ || finishing_) && silence >= times_.dead_after)
      return fail_with(Error{
          ErrorCode::timeout,
          fmt::format("nothing heard over the link for {}", base::to_string(times_.dead_after)),
          {}});
    if (silence >= times_.ping_after && !asked_) {
      asked_ = !paused_;
      send(Ping{++pings_});
    }
    watch();
  });
}

void FrameStream::close() {
  handler_ = nullptr;
  timer_.cancel();
  error_code ignored;
  socket_.close(ignored);
}

void FrameStream::finish() {
  if (!is_open()) return;
  finishing_ = true;
  paused_ = true;
  if (queue_.empty()) close();
}

void FrameStream::fail_with(const Error& why) {
  if (!is_open()) return;
  StreamHandler* handler = handler_;
  const bool tell = !finishing_;
  close();
  if (tell) handler->on_closed(why);
}

}  // namespace tagwerk::link
