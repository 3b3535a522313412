#include "simulator/modbus_server.hpp"

#include <array>
#include <bit>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include "protocol/modbus/frame.hpp"
#include "protocol/modbus/value.hpp"
#include "simulator/running_simulator.hpp"
#include "simulator/signals.hpp"

namespace tagwerk::simulator {
namespace {

namespace asio = boost::asio;
namespace modbus = protocol::modbus;
using asio::ip::tcp;
using boost::system::error_code;
using modbus::DataType;
using modbus::Request;
using modbus::Response;

constexpr auto kHolding = Table::holding_register;
constexpr auto kInput = Table::input_register;

/// A client made of a plain socket and the codec.
class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(context_) {
    socket_.connect({asio::ip::address_v4::loopback(), port});
  }
  void send(std::uint8_t unit, const Request& request, std::uint16_t transaction = 7) {
    base::Bytes pdu;
    ASSERT_TRUE(modbus::encode_request(request, pdu));
    base::Bytes frame;
    modbus::encode_frame(transaction, unit, pdu, frame);
    send(frame);
  }
  void send(base::ByteView bytes) {
    asio::write(socket_, asio::buffer(bytes.data(), bytes.size()));
  }

  /// The next whole frame's transaction and PDU.
  std::pair<std::uint16_t, base::Bytes> receive() {
    std::array<std::uint8_t, modbus::kHeaderSize> header{};
    asio::read(socket_, asio::buffer(header));
    base::Bytes pdu(header[4] * 256U + header[5] - 1U);
    asio::read(socket_, asio::buffer(pdu));
    return {static_cast<std::uint16_t>(header[0] * 256 + header[1]), pdu};
  }
  Response ask(std::uint8_t unit, const Request& request) {
    send(unit, request);
    const auto response = modbus::decode_response(request, receive().second);
    EXPECT_TRUE(response.has_value());
    return response.value_or(Response{});
  }
  double number(std::uint8_t unit, Table table, std::uint16_t address, DataType type) {
    const auto response = ask(unit, modbus::read_request(table, address, modbus::width_of(type)));
    EXPECT_FALSE(response.exception);
    return modbus::decode_value(modbus::Layout::of(type), response.values).value.number();
  }
  Response write(std::uint16_t address, double value) {
    auto raw = *modbus::encode_value(modbus::Layout::of(DataType::float32), Value::of(value));
    return ask(1, modbus::write_request(kHolding, address, std::move(raw)));
  }
  /// Whether the server has ended the connection; blocks until it does or sends something.
  bool closed() {
    std::array<char, 1> one{};
    error_code error;
    socket_.read_some(asio::buffer(one), error);
    return error == asio::error::eof || error == asio::error::connection_reset;
  }

 private:
  asio::io_context context_;
  tcp::socket socket_;
};

TEST(ModbusServer, ServesEverySignalOfEveryUnitWithItsOwnValue) {
  RunningSimulator simulator(run_signals);
  Client client(simulator.port());
  for (std::uint8_t unit = 1; unit <= 4; ++unit) {
    for (std::uint32_t first = 0; first < 25'000; first += 62) {
      const auto count = std::min(62U, 25'000 - first);
      const auto response =
          client.ask(unit, modbus::read_request(kInput, static_cast<std::uint16_t>(2 * first),
                                                static_cast<std::uint16_t>(2 * count)));
      ASSERT_FALSE(response.exception);
      for (std::uint32_t i = 0; i < count; ++i) {
        const std::span raw(response.values.data() + std::size_t{2} * i, 2);
        const auto value =
            modbus::decode_value(modbus::Layout::of(DataType::float32), raw).value.as_float();
        const auto number = (unit - 1U) * 25'000 + first + i;
        const auto step = static_cast<std::uint32_t>((value - number) * 128);
        ASSERT_LT(step, 128U);
        ASSERT_EQ(value, signal_value(number, step));
      }
    }
  }
}

TEST(ModbusServer, CountsEveryPollOfTheCounterOnce) {
  RunningSimulator simulator(run_signals);
  Client client(simulator.port());
  Client other(simulator.port());
  for (int i = 1; i <= 20; ++i) {
    EXPECT_EQ((i % 2 == 0 ? other : client).number(3, kHolding, 0, DataType::uint32), i);
    client.number(3, kHolding, 2, DataType::uint32);
    EXPECT_TRUE(client.ask(3, modbus::read_request(kHolding, 0, 20)).exception);
  }
  EXPECT_EQ(client.number(4, kHolding, 0, DataType::uint32), 1);
}

TEST(ModbusServer, TheSignalsMoveOn) {
  RunningSimulator simulator(run_signals, {.speed = 100});
  Client client(simulator.port());
  const double before = client.number(1, kHolding, 2, DataType::uint32);
  while (client.number(1, kHolding, 2, DataType::uint32) < before + 3) {
  }
}

TEST(ModbusServer, AnswersPipelinedRequestsInOrder) {
  RunningSimulator simulator(run_signals);
  Client client(simulator.port());
  for (std::uint16_t i = 0; i < 500; ++i)
    client.send(1, modbus::read_request(kInput, i, 100), i);
  for (std::uint16_t i = 0; i < 500; ++i)
    EXPECT_EQ(client.receive().first, i);
}

TEST(ModbusServer, AnswersARequestThatComesByteByByte) {
  RunningSimulator simulator(run_pump_station);
  Client client(simulator.port());
  const auto request = std::to_array<std::uint8_t>({0, 9, 0, 0, 0, 6, 1, 4, 0, 0, 0, 2});
  for (const auto& byte : request)
    client.send(std::as_bytes(std::span(&byte, 1)));
  EXPECT_EQ(client.receive().first, 9);
}

TEST(ModbusServer, RefusesWithTheRightException) {
  RunningSimulator simulator(run_pump_station);
  Client client(simulator.port());
  EXPECT_EQ(client.ask(1, modbus::read_request(kHolding, 5000, 1)).exception,
            ExceptionCode::illegal_data_address);
  EXPECT_EQ(client.ask(1, modbus::write_request(kHolding, 10, {1})).exception,
            ExceptionCode::illegal_data_address);
  EXPECT_EQ(client.write(10, 99).exception, ExceptionCode::illegal_data_value);
  EXPECT_EQ(client.ask(9, modbus::read_request(kHolding, 10, 2)).exception,
            ExceptionCode::gateway_target_failed);
  const auto request = std::to_array<std::uint8_t>({0, 1, 0, 0, 0, 5, 1, 0x2b, 0x0e, 1, 0});
  client.send(std::as_bytes(std::span(request)));
  EXPECT_EQ(client.receive().second, (base::Bytes{std::byte{0xab}, std::byte{1}}));
}

TEST(ModbusServer, GarbageClosesOnlyItsOwnConnection) {
  RunningSimulator simulator(run_pump_station);
  Client good(simulator.port());
  Client bad(simulator.port());
  bad.send(base::as_bytes("GET / HTTP/1.1\r\n\r\n"));
  EXPECT_TRUE(bad.closed());
  EXPECT_EQ(good.number(1, kHolding, 10, DataType::float32), 4.0);
}

TEST(ModbusServer, TurnsAwayOneClientTooMany) {
  RunningSimulator simulator(run_pump_station, {.max_clients = 2});
  Client first(simulator.port());
  Client second(simulator.port());
  first.number(1, kInput, 0, DataType::float32);
  second.number(1, kInput, 0, DataType::float32);
  EXPECT_TRUE(Client(simulator.port()).closed());
  EXPECT_EQ(first.number(1, kHolding, 10, DataType::float32), 4.0);
}

TEST(ModbusServer, ClosesAConnectionWhoseMessageNeverEnds) {
  asio::io_context context;
  std::uint32_t step = 0;
  SignalUnit unit(1, step);
  ModbusServer server(context, {.port = 0, .frame_timeout = std::chrono::milliseconds(50)},
                      [&](std::uint8_t) { return &unit; });
  ASSERT_TRUE(server.listen());
  std::jthread thread([&] { context.run(); });
  Client patient(server.port());
  Client client(server.port());
  const auto half = std::to_array<std::uint8_t>({0, 1, 0, 0, 0, 6, 1, 3});
  client.send(std::as_bytes(std::span(half)));
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(patient.number(1, kHolding, 0, DataType::uint32), 1);
  asio::post(context, [&] { server.close(); });
}

TEST(ModbusServer, ThePressureFollowsTheSetPointThatWasWritten) {
  RunningSimulator simulator(run_pump_station, {.speed = 200});
  Client client(simulator.port());
  const auto reaches = [&](double bar) {
    for (int i = 0; i < 100'000; ++i) {
      if (std::abs(client.number(1, kInput, 0, DataType::float32) - bar) < 0.1) return true;
    }
    return false;
  };
  EXPECT_TRUE(reaches(4.0));
  EXPECT_FALSE(client.write(10, 5.5).exception);
  EXPECT_EQ(client.number(1, kHolding, 10, DataType::float32), 5.5);
  EXPECT_TRUE(reaches(5.5));
}

TEST(ModbusServer, StopsCleanlyWithClientsConnected) {
  RunningSimulator simulator(run_signals);
  Client client(simulator.port());
  client.number(1, kHolding, 0, DataType::uint32);
  EXPECT_TRUE(simulator.stop());
  EXPECT_TRUE(client.closed());
}

TEST(ModbusServer, StopsAlsoWhenItsClockTicksAtThatMoment) {
  for (int i = 0; i < 300; ++i) {
    RunningSimulator simulator(run_signals, {.speed = 1000});
    // Just when the first of its ticks is due.
    std::this_thread::sleep_for(std::chrono::microseconds(900 + i));
    EXPECT_TRUE(simulator.stop());
  }
}

TEST(ModbusServer, SaysWhyItCannotListen) {
  RunningSimulator simulator(run_signals);
  const auto never = [](std::string_view, std::uint16_t) { FAIL(); };
  const auto taken = run_signals({.port = simulator.port()}, never, {});
  EXPECT_EQ(taken.error().message,
            fmt::format("cannot listen on 127.0.0.1:{}: Address already in use", simulator.port()));
  EXPECT_EQ(run_signals({.host = "plc"}, never, {}).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(run_pump_station({.speed = 0}, never, {}).error().message,
            "speed 0 is outside 0.01 to 1000");
}

}  // namespace
}  // namespace tagwerk::simulator
