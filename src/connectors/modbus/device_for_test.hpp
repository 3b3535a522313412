#pragma once

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "protocol/modbus/frame.hpp"
#include "protocol/modbus/pdu.hpp"

namespace tagwerk::connectors::modbus {

/// A Modbus device on a real socket that misbehaves as told. Answers every table from one array.
class TestDevice {
 public:
  enum class Mood { good, mute, garbage, half_an_answer, closes, wrong_transaction };

  explicit TestDevice(boost::asio::io_context& loop) : acceptor_(loop) {}
  ~TestDevice() { stop(); }

  void start(std::uint16_t port = 0) {
    const boost::asio::ip::tcp::endpoint endpoint(boost::asio::ip::address_v4::loopback(), port);
    acceptor_.open(endpoint.protocol());
    acceptor_.set_option(boost::asio::ip::tcp::acceptor::reuse_address(true));
    acceptor_.bind(endpoint);
    acceptor_.listen();
    port_ = acceptor_.local_endpoint().port();
    accept();
  }
  void stop() {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    drop();
  }
  void drop() {
    for (const auto& each : sessions_)
      if (const auto session = each.lock()) {
        boost::system::error_code ignored;
        session->socket.close(ignored);
      }
    sessions_.clear();
  }
  std::uint16_t port() const { return port_; }
  /// Sends the answers that were kept while hold was set.
  void release() {
    hold = false;
    for (auto& [session, bytes] : std::exchange(held_, {}))
      send(session, std::move(bytes));
  }
  std::size_t held() const { return held_.size(); }

  Mood mood = Mood::good;
  bool hold = false;
  std::array<std::uint16_t, 65536> values{};
  std::set<std::uint32_t> refused;  ///< addresses that give exception 2
  std::uint16_t most = 125;         ///< longer reads give exception 3
  std::optional<protocol::modbus::ExceptionCode> exception;
  std::map<std::uint16_t, protocol::modbus::ExceptionCode> broken;  ///< reads of it give this
  std::set<protocol::modbus::Function> unknown;                     ///< give exception 1
  std::set<std::uint8_t> mute_units;
  std::map<std::uint16_t, std::uint16_t> clamp;  ///< writes to it are cut to this
  std::vector<protocol::modbus::Request> requests;
  std::size_t connections = 0;

 private:
  using Tcp = boost::asio::ip::tcp;
  struct Session {
    explicit Session(Tcp::socket s) : socket(std::move(s)) {}
    Tcp::socket socket;
    std::array<std::byte, 1024> in{};
    protocol::modbus::FrameDecoder decoder;
  };

  void accept() {
    acceptor_.async_accept([this](const boost::system::error_code& code, Tcp::socket socket) {
      if (code) return;
      ++connections;
      auto session = std::make_shared<Session>(std::move(socket));
      sessions_.push_back(session);
      read(session);
      accept();
    });
  }
  void read(const std::shared_ptr<Session>& session) {
    session->socket.async_read_some(
        boost::asio::buffer(session->in.data(), session->in.size()),
        [this, session](const boost::system::error_code& code, std::size_t count) {
          if (code) return;
          base::ByteView input = base::ByteView(session->in).first(count);
          while (true) {
            const auto frame = session->decoder.next(input);
            if (!frame || !*frame) break;
            answer(session, **frame);
          }
          if (session->socket.is_open()) read(session);
        });
  }
  void answer(const std::shared_ptr<Session>& session, const protocol::modbus::Frame& frame) {
    const auto request = protocol::modbus::decode_request(frame.pdu);
    if (!request) return;
    requests.push_back(*request);
    if (mute_units.contains(frame.unit)) return;
    base::Bytes pdu;
    answer_pdu(*request, pdu);
    base::Bytes bytes;
    const auto transaction =
        static_cast<std::uint16_t>(frame.transaction + (mood == Mood::wrong_transaction ? 1 : 0));
    protocol::modbus::encode_frame(transaction, frame.unit, pdu, bytes);
    switch (mood) {
      case Mood::mute:
        return;
      case Mood::garbage:
        bytes.assign(300, std::byte{0xee});
        break;
      case Mood::half_an_answer:
        bytes.resize(bytes.size() / 2);
        send(session, std::move(bytes));
        return session->socket.close();
      case Mood::closes:
        return session->socket.close();
      default:
        break;
    }
    if (hold) {
      held_.emplace_back(session, std::move(bytes));
      return;
    }
    send(session, std::move(bytes));
  }
  void answer_pdu(const protocol::modbus::Request& request, base::Bytes& pdu) {
    using namespace protocol::modbus;
    if (const auto code = objection_to(request))
      return encode_exception(request.function, *code, pdu);
    if (access_of(request.function) == Access::read)
      return encode_response(request, std::span(values).subspan(request.address, request.count),
                             pdu);
    if (request.function == Function::mask_write_register) {
      std::uint16_t& word = values[request.address];
      word = static_cast<std::uint16_t>((word & request.values[0]) |
                                        (request.values[1] & ~request.values[0]));
      return encode_response(request, {}, pdu);
    }
    for (std::size_t i = 0; i < request.values.size(); ++i) {
      const auto address = static_cast<std::uint16_t>(request.address + i);
      const auto limit = clamp.find(address);
      values[address] =
          limit == clamp.end() ? request.values[i] : std::min(request.values[i], limit->second);
    }
    encode_response(request, {}, pdu);
  }
  std::optional<protocol::modbus::ExceptionCode> objection_to(
      const protocol::modbus::Request& request) const {
    using protocol::modbus::ExceptionCode;
    if (exception) return exception;
    if (unknown.contains(request.function)) return ExceptionCode::illegal_function;
    const auto first = broken.lower_bound(request.address);
    if (access_of(request.function) == protocol::modbus::Access::read && first != broken.end() &&
        first->first < request.address + request.count)
      return first->second;
    if (request.count > most) return ExceptionCode::illegal_data_value;
    for (std::uint32_t i = 0; i < request.count; ++i)
      if (refused.contains(request.address + i)) return ExceptionCode::illegal_data_address;
    return std::nullopt;
  }
  void send(const std::shared_ptr<Session>& session, base::Bytes bytes) {
    boost::system::error_code ignored;
    boost::asio::write(session->socket, boost::asio::buffer(bytes.data(), bytes.size()), ignored);
  }

  Tcp::acceptor acceptor_;
  std::uint16_t port_ = 0;
  std::vector<std::weak_ptr<Session>> sessions_;
  std::vector<std::pair<std::shared_ptr<Session>, base::Bytes>> held_;
};

}  // namespace tagwerk::connectors::modbus
