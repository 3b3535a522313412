#pragma once

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <memory>

#include "base/bytes.hpp"
#include "protocol/modbus/frame.hpp"

namespace tagwerk::simulator {

class ModbusServer;

/// One client of a ModbusServer: read, answer everything that is whole, write, read again. While it
/// writes it does not read, so a client that takes no answers gets no further. Threads: the
/// server's
class ModbusSession : public std::enable_shared_from_this<ModbusSession> {
 public:
  ModbusSession(boost::asio::ip::tcp::socket socket, ModbusServer& server);

  void read();
  /// Ends the connection and leaves the server; safe to call twice.
  void close();

 private:
  void on_read(std::size_t size);
  bool answer_all(base::ByteView input);
  void answer(const protocol::modbus::Frame& frame);
  void write();
  /// Starts the clock when a message has begun; it runs until its last byte is in.
  void wait_for_rest();
  /// Closes the connection unless the timer is set anew or cancelled.
  void expect_within(std::chrono::milliseconds time);

  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer deadline_;
  ModbusServer* server_;  ///< null once closed
  protocol::modbus::FrameDecoder decoder_;
  bool waiting_for_rest_ = false;
  std::array<std::byte, 4096> input_{};
  base::Bytes pdu_;
  base::Bytes output_;
};

}  // namespace tagwerk::simulator
