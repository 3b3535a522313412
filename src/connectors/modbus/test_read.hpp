#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "connectors/modbus/client.hpp"
#include "connectors/modbus/settings.hpp"

namespace tagwerk::connectors::modbus {

/// What somebody wants to see before he knows what it is.
struct TestRequest {
  protocol::modbus::Address address;
  std::uint16_t count = 4;  ///< coils or registers
  std::optional<std::uint8_t> unit{};
};

/// Reads `address` (with a count behind it, or `count`), `count` and `unit` of a request's JSON.
/// Fails: invalid_argument, naming the member; a count that one request does not hold
Result<TestRequest> read_test_request(const model::Node& body, const DeviceSettings& device);

/// Reads a few registers once and shows them in hex and under every type and order, to pick from.
/// Threads: the event loop's; keeps itself alive
class TestRead : public std::enable_shared_from_this<TestRead> {
 public:
  /// The reply's JSON: docs/formats/link.md "Requests". Once, at the latest after 12 s.
  using Done = std::move_only_function<void(std::string json)>;

  TestRead(boost::asio::io_context& loop, DeviceSettings device, Traced traced, TestRequest request,
           Done done);
  /// Over this connection; without one it makes and closes one of its own.
  void run(std::shared_ptr<Client> client);

 private:
  void ask(const std::shared_ptr<Client>& client);
  void answered(Result<protocol::modbus::Response> result);
  void fail_with(std::string detail);
  void finish(std::string json);

  boost::asio::io_context& loop_;
  const DeviceSettings device_;
  const Traced traced_;
  const TestRequest request_;
  Done done_;
  boost::asio::steady_timer timer_;
  std::shared_ptr<Client> own_;
  MonoTime asked_{};
};

/// The reply for registers or coils that were read.
std::string test_json(const TestRequest& request, std::uint16_t base,
                      std::span<const std::uint16_t> values, Duration delay);

}  // namespace tagwerk::connectors::modbus
