#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <random>
#include <string>

#include "link/stream.hpp"

namespace tagwerk::link {

/// The owner of a connector's session.
class SessionOwner {
 public:
  /// What to say first; asked on every connection.
  virtual Hello hello() = 0;
  virtual void on_welcome(const Welcome& welcome) = 0;
  virtual void on_refused(const Refused& refused) = 0;
  /// Any frame after welcome.
  virtual Status on_frame(FrameType type, base::ByteView payload) = 0;
  virtual void on_sent() = 0;
  /// The session that was welcomed is over; another is being tried.
  virtual void on_gone(const Error& why) = 0;

 protected:
  ~SessionOwner() = default;
};

/// The connector's end of the link: finds the server's socket, says hello, comes back every 0.25 to
/// 1 s until it is welcomed.
/// Threads: the connector's event loop
class Session final : private StreamHandler {
 public:
  Session(boost::asio::io_context& loop, std::string path, SessionOwner& owner,
          StreamTimes times = {});
  ~Session();

  void start();
  /// For good.
  void stop();
  /// Welcomed and open.
  bool is_up() const { return welcomed_; }

  /// Only while up; else it is dropped.
  template <class Frame>
  void send(const Frame& frame) {
    if (welcomed_) stream_->send(frame);
  }
  void send_buffer(FrameStream::Buffer frame) {
    if (welcomed_) stream_->send(std::move(frame));
  }
  std::size_t unsent() const { return stream_ ? stream_->unsent() : 0; }
  void pause();
  void resume();

 private:
  void connect();
  void retry();
  void say_hello();
  Status on_frame(FrameType type, base::ByteView payload) override;
  Status on_answer(FrameType type, base::ByteView payload);
  void on_sent() override;
  void on_closed(const Error& why) override;

  const std::string path_;
  SessionOwner& owner_;
  const StreamTimes times_;
  boost::asio::steady_timer timer_;
  Socket socket_;
  std::shared_ptr<FrameStream> stream_;
  std::minstd_rand random_;
  bool welcomed_ = false;
  bool stopped_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace tagwerk::link
