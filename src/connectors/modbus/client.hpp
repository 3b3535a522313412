#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "link/trace.hpp"
#include "protocol/modbus/frame.hpp"
#include "protocol/modbus/pdu.hpp"

namespace tagwerk::connectors::modbus {

/// Whose frames go into which ring.
struct Traced {
  link::TraceRing& ring;
  std::string device;
};

/// One Modbus TCP connection: one request at a time, each with a timeout. An answer with another
/// transaction number is never taken for the one that is waited for; after a timeout or a confused
/// answer the connection is of no use and the owner closes it.
/// Threads: the event loop's
/// Owns:    the socket; keeps itself alive while an operation runs
/// Blocks:  never; a host name (not an address) is looked up on a thread of Asio's
class Client : public std::enable_shared_from_this<Client> {
 public:
  using Done = std::move_only_function<void(Status)>;
  using Answer = std::move_only_function<void(Result<protocol::modbus::Response>)>;
  enum class Urgency : std::uint8_t { normal, urgent };

  Client(boost::asio::io_context& loop, Duration timeout, std::uint8_t unit, Traced traced);

  /// Fails: unavailable, timeout, naming host and port
  void connect(const std::string& host, std::uint16_t port, Done done);
  /// Urgent requests go before the others that wait.
  /// Fails: timeout, unavailable (connection lost), corrupt (answer does not fit)
  void request(protocol::modbus::Request request, Urgency urgency, Answer answer);
  /// Asks any unit behind this host. When no answer comes in time only this request fails: its
  /// transaction number keeps a late answer from being taken for another.
  void try_request(std::uint8_t unit, protocol::modbus::Request request, Answer answer);
  /// Nothing is called any more.
  void close();
  /// The connection ended while no request was running.
  void on_lost(std::function<void(Error)> lost) { lost_ = std::move(lost); }

 private:
  struct Waiting {
    std::uint8_t unit = 0;
    protocol::modbus::Request request;
    Answer answer;
    bool trial = false;  ///< its timeout says nothing about the connection
  };
  using Tcp = boost::asio::ip::tcp;

  void connect_to(const Tcp::endpoint& endpoint);
  void resolve(const std::string& host, std::uint16_t port);
  void connected();
  void connect_failed(std::string_view why);
  void next();
  void send();
  void timed_out();
  void read();
  void take(base::ByteView bytes);
  void trace_answer(const protocol::modbus::Frame& frame);
  void answer(const protocol::modbus::Frame& frame);
  void finish(Result<protocol::modbus::Response> result);
  void broken(const Error& why);
  void start_timer(std::function<void()> expired);

  boost::asio::io_context& loop_;
  const Duration timeout_;
  const std::uint8_t unit_;
  const Traced traced_;
  Tcp::socket socket_;
  Tcp::resolver resolver_;
  boost::asio::steady_timer timer_;
  std::string peer_;
  Done connecting_;
  std::function<void(Error)> lost_;
  std::deque<Waiting> urgent_;
  std::deque<Waiting> normal_;
  std::optional<Waiting> running_;
  std::uint16_t transaction_ = 0;
  MonoTime sent_at_{};  ///< of the running request
  std::shared_ptr<const link::TraceConnection> connection_;
  std::uint64_t timer_round_ = 0;
  base::Bytes out_;
  std::array<std::byte, 4096> in_{};
  protocol::modbus::FrameDecoder decoder_;
  bool open_ = false;
  bool closed_ = false;
};

}  // namespace tagwerk::connectors::modbus
