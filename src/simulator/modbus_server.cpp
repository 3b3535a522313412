#include "simulator/modbus_server.hpp"

#include "simulator/modbus_session.hpp"

namespace tagwerk::simulator {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

Result<asio::ip::address> address_of(const std::string& host) {
  error_code error;
  const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error);
  if (!error) return address;
  return fail(ErrorCode::invalid_argument,
              "'{}' is not an IP address; write 127.0.0.1, or 0.0.0.0 for every interface", host);
}

}  // namespace

ModbusServer::ModbusServer(asio::io_context& context, Options options, Units units)
    : options_(std::move(options)),
      units_(std::move(units)),
      context_(context),
      acceptor_(context),
      pause_(context) {}

ModbusServer::~ModbusServer() {
  close();
}

Status ModbusServer::listen() {
  const auto address = address_of(options_.host);
  if (!address) return std::unexpected(address.error());
  const tcp::endpoint endpoint(*address, options_.port);
  error_code error;
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    return fail(ErrorCode::unavailable, "cannot listen on {}:{}: {}", options_.host, options_.port,
                error.message());
  }
  accept();
  return {};
}

std::uint16_t ModbusServer::port() const {
  error_code error;
  return acceptor_.local_endpoint(error).port();
}

void ModbusServer::close() {
  error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
  while (!sessions_.empty()) {
    const auto session = *sessions_.begin();
    session->close();
  }
}

void ModbusServer::accept() {
  acceptor_.async_accept([this](error_code error, tcp::socket socket) {
    if (error == asio::error::operation_aborted || !acceptor_.is_open()) return;
    if (error) return pause_accepting();
    admit(std::move(socket));
    accept();
  });
}

void ModbusServer::admit(tcp::socket socket) {
  if (sessions_.size() >= options_.max_clients) return;
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  const auto session = std::make_shared<ModbusSession>(std::move(socket), *this);
  sessions_.insert(session);
  session->read();
}

/// Out of file descriptors, most likely: trying again at once would only spin.
void ModbusServer::pause_accepting() {
  pause_.expires_after(std::chrono::milliseconds(100));
  pause_.async_wait([this](error_code error) {
    if (!error && acceptor_.is_open()) accept();
  });
}

}  // namespace tagwerk::simulator
