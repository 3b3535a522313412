#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <memory>

#include "link/frame_reader.hpp"

namespace tagwerk::link {

using Socket = boost::asio::generic::stream_protocol::socket;

/// What lives on a stream: a session of the server or of a connector.
class StreamHandler {
 public:
  /// One whole frame, never ping or pong. An error closes the stream with it.
  virtual Status on_frame(FrameType type, base::ByteView payload) = 0;
  /// Everything given to send() is on its way; time to give more.
  virtual void on_sent() {}
  /// Once, never after close(). The stream is closed and nothing is called any more.
  virtual void on_closed(const Error& why) = 0;

 protected:
  ~StreamHandler() = default;
};

/// When a silent peer is asked and when it is given up.
struct StreamTimes {
  Duration ping_after = std::chrono::seconds(5);
  Duration dead_after = std::chrono::seconds(15);
};

/// Frames over a connected socket, for both sides of the link: reads, writes in order, answers
/// pings, notices a peer that died without saying so.
/// Threads: the socket's event loop only
/// Owns:    the socket; keeps itself alive while an operation runs. The handler must outlive the
///          stream or call close() first
/// Limits:  frames as FrameReader; send() queues without limit, look at unsent() before giving more
class FrameStream : public std::enable_shared_from_this<FrameStream> {
 public:
  using Times = StreamTimes;
  /// A frame's bytes, shared so that a frame that may be sent again is not copied.
  using Buffer = std::shared_ptr<const base::Bytes>;

  static std::shared_ptr<FrameStream> make(Socket socket, StreamHandler& handler,
                                           std::size_t frame_limit = kMaxFrame, Times times = {});

  void start();
  /// The peer is known now: kMaxFrame instead of kMaxFrameBefore.
  void set_frame_limit(std::size_t limit) { reader_.set_limit(limit); }

  void send(Buffer frame);
  template <class Frame>
  void send(const Frame& frame) {
    auto bytes = std::make_shared<base::Bytes>();
    encode(frame, *bytes);
    send(Buffer(std::move(bytes)));
  }
  /// Bytes given to send() and not yet taken by the system.
  std::size_t unsent() const { return unsent_; }

  /// Back-pressure: no frame is given out and none read; pings go on. May be called in on_frame.
  void pause();
  void resume();

  /// Closes without calling on_closed.
  void close();
  /// Closes when everything is sent, after `refused` say; on_closed is not called.
  void finish();
  bool is_open() const { return handler_ != nullptr; }

 private:
  FrameStream(Socket socket, StreamHandler& handler, std::size_t frame_limit, Times times);
  void read();
  void write();
  void write_failed(const boost::system::error_code& code);
  void dispatch();
  Status give(const FrameView& frame);
  void watch();
  void fail_with(const Error& why);

  Socket socket_;
  StreamHandler* handler_;  ///< null once closed
  const Times times_;
  FrameReader reader_;
  boost::asio::steady_timer timer_;
  std::deque<Buffer> queue_;
  std::size_t writing_ = 0;  ///< buffers at the front of queue_ that the running write holds
  std::size_t unsent_ = 0;
  MonoTime heard_{};
  std::uint64_t pings_ = 0;
  bool asked_ = false;
  bool reading_ = false;
  bool paused_ = false;
  bool dispatching_ = false;
  bool finishing_ = false;
  bool broken_ = false;  ///< nothing can be written any more
};

}  // namespace tagwerk::link
