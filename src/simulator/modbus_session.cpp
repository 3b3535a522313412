#include "simulator/modbus_session.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include "simulator/modbus_server.hpp"

namespace tagwerk::simulator {

using boost::system::error_code;
using protocol::modbus::ExceptionCode;
using protocol::modbus::Frame;
using protocol::modbus::Function;

ModbusSession::ModbusSession(boost::asio::ip::tcp::socket socket, ModbusServer& server)
    : socket_(std::move(socket)), deadline_(socket_.get_executor()), server_(&server) {}

void ModbusSession::read() {
  socket_.async_read_some(boost::asio::buffer(input_),
                          [self = shared_from_this()](error_code error, std::size_t size) {
                            if (error) return self->close();
                            self->on_read(size);
                          });
}

void ModbusSession::close() {
  if (server_ == nullptr) return;
  auto* server = std::exchange(server_, nullptr);
  error_code ignored;
  socket_.close(ignored);
  deadline_.cancel();
  server->forget(shared_from_this());
}

void ModbusSession::on_read(std::size_t size) {
  if (server_ == nullptr) return;
  output_.clear();
  if (!answer_all(base::ByteView(input_).first(size))) return close();
  if (!output_.empty()) return write();
  wait_for_rest();
  read();
}

void ModbusSession::wait_for_rest() {
  const bool begun = decoder_.in_frame();
  if (begun && !waiting_for_rest_) expect_within(server_->options_.frame_timeout);
  waiting_for_rest_ = begun;
}

bool ModbusSession::answer_all(base::ByteView input) {
  for (;;) {
    const auto frame = decoder_.next(input);
    if (!frame) return false;
    if (!*frame) return true;
    answer(**frame);
  }
}

void ModbusSession::answer(const Frame& frame) {
  pdu_.clear();
  if (auto* unit = server_->units_(frame.unit)) {
    serve(*unit, frame.pdu, pdu_);
  } else {
    const Function function{std::to_integer<std::uint8_t>(frame.pdu[0])};
    protocol::modbus::encode_exception(function, ExceptionCode::gateway_target_failed, pdu_);
  }
  protocol::modbus::encode_frame(frame.transaction, frame.unit, pdu_, output_);
}

void ModbusSession::write() {
  expect_within(server_->options_.answer_timeout);
  boost::asio::async_write(socket_, boost::asio::buffer(output_),
                           [self = shared_from_this()](error_code error, std::size_t) {
                             if (error || self->server_ == nullptr) return self->close();
                             self->deadline_.cancel();
                             self->waiting_for_rest_ = false;
                             self->wait_for_rest();
                             self->read();
                           });
}

void ModbusSession::expect_within(std::chrono::milliseconds time) {
  deadline_.expires_after(time);
  deadline_.async_wait([self = shared_from_this()](error_code error) {
    // A timer that was set anew after it had run out reports success all the same.
    const bool due = self->deadline_.expiry() <= boost::asio::steady_timer::clock_type::now();
    if (!error && due) self->close();
  });
}

}  // namespace tagwerk::simulator
