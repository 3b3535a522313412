#pragma once

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

#include "base/directory_for_test.hpp"
#include "link/configuration.hpp"
#include "link/samples.hpp"
#include "link/stream.hpp"
#include "link/trace_frame.hpp"

namespace tagwerk::link {

using base::TestDirectory;

/// Runs the loop until the condition holds; false when it did not within the limit.
template <class Condition>
bool run_until(boost::asio::io_context& loop, Condition condition,
               Duration limit = std::chrono::seconds(10)) {
  const MonoTime end = base::mono_now() + limit;
  while (!condition()) {
    if (base::mono_now() > end) return false;
    if (loop.stopped()) loop.restart();
    loop.run_one_for(std::chrono::milliseconds(20));
  }
  return true;
}

/// The server's end of the link on a real socket: records what a connector sends.
class LinkServer final : private StreamHandler {
 public:
  LinkServer(boost::asio::io_context& loop, std::string path)
      : loop_(loop), path_(std::move(path)), acceptor_(loop) {}
  ~LinkServer() { kill(); }

  void listen() {
    const boost::asio::local::stream_protocol::endpoint endpoint(path_);
    ::unlink(path_.c_str());
    acceptor_.open(endpoint.protocol());
    acceptor_.bind(endpoint);
    acceptor_.listen();
    accept();
  }
  /// As kill -9: the socket is gone, nothing is said.
  void kill() {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    if (stream_) stream_->close();
    stream_.reset();
  }
  void drop_session() {
    stream_->close();
    stream_.reset();
    accept();
  }
  bool is_up() const { return stream_ && stream_->is_open() && !hellos.empty() && welcomed_; }
  template <class Frame>
  void send(const Frame& frame) {
    stream_->send(frame);
  }
  void send(const Configuration& configuration) {
    base::Bytes frames;
    TAGWERK_ASSERT(encode_configuration(configuration, frames).has_value());
    stream_->send(std::make_shared<const base::Bytes>(std::move(frames)));
  }
  void send_bytes(base::Bytes bytes) {
    stream_->send(std::make_shared<const base::Bytes>(std::move(bytes)));
  }
  void acknowledge() {
    acknowledged = sequences.empty() ? 0 : sequences.back();
    send(Ack{hellos.back().epoch, acknowledged});
  }

  std::uint64_t acknowledged = 0;  ///< what welcome says
  bool welcoming = true;
  bool refuse_final = false;
  bool acknowledging = false;  ///< every samples frame at once

  std::vector<Hello> hellos;
  std::vector<Configured> configured;
  std::vector<ConfigurationError> errors;
  std::vector<std::uint64_t> sequences;
  std::vector<std::uint64_t> revisions;  ///< of each samples frame
  std::vector<Sample> samples;
  std::vector<WriteResult> results;
  std::vector<Reply> replies;
  std::vector<Trace> traces;
  std::vector<Log> logs;
  std::vector<std::string> states;
  std::size_t closed = 0;

 private:
  void accept() {
    acceptor_.async_accept(loop_, [this](const boost::system::error_code& code,
                                         boost::asio::local::stream_protocol::socket socket) {
      if (code) return;
      welcomed_ = false;
      stream_ = FrameStream::make(Socket(std::move(socket)), *this);
      stream_->start();
    });
  }
  template <class Frame>
  Status keep(base::ByteView payload, std::vector<Frame>& list) {
    Frame frame;
    auto decoded = decode(payload, frame);
    if (decoded) list.push_back(std::move(frame));
    return decoded;
  }
  Status on_frame(FrameType type, base::ByteView payload) override {
    switch (type) {
      case FrameType::hello:
        return on_hello(payload);
      case FrameType::configured:
        return keep(payload, configured);
      case FrameType::configuration_error:
        return keep(payload, errors);
      case FrameType::write_result:
        return keep(payload, results);
      case FrameType::reply:
        return keep(payload, replies);
      case FrameType::trace:
        return keep(payload, traces);
      case FrameType::log:
        return keep(payload, logs);
      case FrameType::state: {
        State state;
        auto decoded = decode(payload, state);
        states.push_back(state.json);
        return decoded;
      }
      case FrameType::samples:
        return on_samples(payload);
      default:
        return fail(ErrorCode::corrupt, "unexpected {}", to_string(type));
    }
  }
  Status on_hello(base::ByteView payload) {
    if (auto kept = keep(payload, hellos); !kept) return kept;
    if (refuse_final) {
      stream_->send(Refused{true, "no such connector"});
      stream_->finish();
    } else if (welcoming) {
      welcomed_ = true;
      stream_->send(Welcome{kProtocolVersion, "test", acknowledged});
    }
    return {};
  }
  Status on_samples(base::ByteView payload) {
    const auto header = peek_samples(payload);
    if (!header) return std::unexpected(header.error());
    // A duplicate, as the server drops it.
    if (!sequences.empty() && header->sequence <= sequences.back()) return {};
    const auto decoded = decode_samples(payload, samples);
    if (!decoded) return std::unexpected(decoded.error());
    sequences.push_back(header->sequence);
    revisions.push_back(header->revision);
    if (acknowledging) acknowledge();
    return {};
  }
  void on_closed(const Error&) override {
    ++closed;
    stream_.reset();
    if (acceptor_.is_open()) accept();
  }

  boost::asio::io_context& loop_;
  const std::string path_;
  boost::asio::local::stream_protocol::acceptor acceptor_;
  std::shared_ptr<FrameStream> stream_;
  bool welcomed_ = false;
};

}  // namespace tagwerk::link
