#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/system/error_code.hpp>
#include <functional>
#include <memory>
#include <string>

#include "net/asio.hpp"
#include "net/tls_session.hpp"

namespace tagwerk::net {

/// A socket with TLS on it, read and written as a plain one is. Waits in the loop for what OpenSSL
/// waits for; OpenSSL reads and writes the socket itself, so nothing is copied on the way.
/// Threads: loop thread only
/// Limits: one read and one write under way
class TlsChannel : public std::enable_shared_from_this<TlsChannel> {
 public:
  /// Called later, never from within the call that asked.
  using Done = std::move_only_function<void(boost::system::error_code, std::size_t)>;

  TlsChannel(Socket socket, const TlsContext& context);

  void read(boost::asio::mutable_buffer into, Done done);
  /// Adds to what the next write sends; false when that has enough for now.
  bool stage(boost::asio::const_buffer bytes);
  /// Sends what was staged, all of it.
  void write_staged(Done done);
  /// Sends now; fails when the kernel does not take it at once.
  boost::system::error_code write_now(std::string_view bytes);

  void say_goodbye() { session_.say_goodbye(); }
  void close();
  bool established() const { return session_.established(); }
  bool spoke_plain_http() const { return session_.spoke_plain_http(); }
  Socket& socket() { return socket_; }
  /// Ends TLS without a word and gives the socket back; nothing may be under way.
  Socket take_socket();

 private:
  struct Operation {
    Done done;
    bool initiated = false;  ///< has returned to whoever asked
  };
  using Try = void (TlsChannel::*)();

  void try_read();
  void try_write();
  void proceed(TlsSession::Progress progress, Operation& operation, Try again);
  void wait(Socket::wait_type what, Operation& operation, Try again);
  void finish(Operation& operation, boost::system::error_code error, std::size_t count);

  Socket socket_;
  TlsSession session_;
  Operation read_;
  Operation write_;
  boost::asio::mutable_buffer into_;
  std::string staged_;
  boost::asio::const_buffer direct_;  ///< one large buffer is not copied
  bool closed_ = false;
};

}  // namespace tagwerk::net
