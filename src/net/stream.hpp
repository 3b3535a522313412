#pragma once

#include <boost/asio/buffer.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "net/asio.hpp"
#include "net/client_counts.hpp"
#include "net/tls_channel.hpp"

namespace tagwerk::net {

/// A client's connection, plain or with TLS: the stream that HTTP and WebSockets run on. A plain
/// one costs one comparison more than its socket.
/// Threads: loop thread only
class Stream {
 public:
  using executor_type = Socket::executor_type;

  explicit Stream(Socket socket) : plain_(std::move(socket)) {}
  Stream(Socket socket, const TlsContext& context)
      : plain_(socket.get_executor()),
        tls_(std::make_shared<TlsChannel>(std::move(socket), context)) {}
  Stream(Stream&&) = default;
  Stream& operator=(Stream&&) = delete;
  ~Stream() {
    if (tls_) tls_->close();
  }

  /// The client's seat lasts as long as its connection.
  void keep(std::optional<ClientCounts::Seat> seat) { seat_ = std::move(seat); }

  executor_type get_executor() { return plain_.get_executor(); }
  bool secure() const { return tls_ != nullptr; }
  /// The TLS handshake is over; at once on a plain one.
  bool established() const { return !tls_ || tls_->established(); }
  bool spoke_plain_http() const { return tls_ && tls_->spoke_plain_http(); }
  /// The socket below, without TLS.
  Socket& socket() { return tls_ ? tls_->socket() : plain_; }

  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    if (!tls_) return plain_.async_read_some(buffers, std::forward<Handler>(handler));
    tls_->read(first_of(buffers), std::forward<Handler>(handler));
  }
  template <class Buffers, class Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    if (!tls_) return plain_.async_write_some(buffers, std::forward<Handler>(handler));
    stage(buffers);
    tls_->write_staged(std::forward<Handler>(handler));
  }

  /// Sends these few bytes now; fails when the kernel does not take them at once.
  boost::system::error_code write_now(std::string_view bytes);
  /// Says goodbye and writes no more; reading goes on.
  void shutdown_send(boost::system::error_code& error);
  void say_goodbye();
  void close();
  /// Goes on in plain text, with one who does.
  void drop_tls();

 private:
  template <class Buffers>
  static boost::asio::mutable_buffer first_of(const Buffers& buffers) {
    for (auto each = boost::asio::buffer_sequence_begin(buffers);
         each != boost::asio::buffer_sequence_end(buffers); ++each)
      if (boost::asio::mutable_buffer(*each).size() > 0) return *each;
    return {};
  }

  /// Small buffers go into one record, the head of an answer with the beginning of its body.
  template <class Buffers>
  void stage(const Buffers& buffers) {
    for (auto each = boost::asio::buffer_sequence_begin(buffers);
         each != boost::asio::buffer_sequence_end(buffers); ++each)
      if (!tls_->stage(*each)) return;
  }

  Socket plain_;  ///< unopened while there is TLS
  std::shared_ptr<TlsChannel> tls_;
  std::optional<ClientCounts::Seat> seat_;
};

}  // namespace tagwerk::net
