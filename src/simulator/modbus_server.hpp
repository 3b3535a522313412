#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "base/error.hpp"
#include "simulator/modbus_unit.hpp"

namespace tagwerk::simulator {

class ModbusSession;

/// A Modbus TCP server for many clients, who may send requests without waiting for answers.
/// Bytes that are not Modbus, a message that does not get complete or answers nobody takes close
/// that one connection. A unit id nobody stands behind is answered with exception 11. Threads: the
/// io_context's one thread; must outlive its handlers: close(), then run the context dry Limits:
/// Options::max_clients; per client one frame in and the answers to one 4 KiB read
class ModbusServer {
 public:
  struct Options {
    std::string host = "127.0.0.1";                   ///< an IP address or "localhost"
    std::uint16_t port = 1502;                        ///< 0 = any free one
    std::size_t max_clients = 64;                     ///< one more is accepted and closed at once
    std::chrono::milliseconds frame_timeout{5000};    ///< for the rest of a message that has begun
    std::chrono::milliseconds answer_timeout{10000};  ///< for the client to take its answers
  };
  /// The unit behind an id, or null.
  using Units = std::function<ModbusUnit*(std::uint8_t unit)>;

  ModbusServer(boost::asio::io_context& context, Options options, Units units);
  ~ModbusServer();
  ModbusServer(const ModbusServer&) = delete;
  ModbusServer& operator=(const ModbusServer&) = delete;

  /// Listens and starts to accept.
  /// Fails: invalid_argument for a host that is no address; unavailable, naming address and cause
  Status listen();
  std::uint16_t port() const;
  std::size_t clients() const { return sessions_.size(); }
  /// Ends listening and every connection.
  void close();

 private:
  friend class ModbusSession;

  void accept();
  void admit(boost::asio::ip::tcp::socket socket);
  void pause_accepting();
  void forget(const std::shared_ptr<ModbusSession>& session) { sessions_.erase(session); }

  const Options options_;
  const Units units_;
  boost::asio::io_context& context_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  std::set<std::shared_ptr<ModbusSession>> sessions_;
};

}  // namespace tagwerk::simulator
