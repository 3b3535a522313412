#pragma once

#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

#include "connectors/modbus/connector.hpp"
#include "connectors/modbus/device_for_test.hpp"
#include "link/runtime.hpp"
#include "link/server_for_test.hpp"

namespace tagwerk::connectors::modbus {

using std::chrono::milliseconds;

/// The whole connector process but for the process: runtime, real link, real Modbus sockets.
class ModbusConnectorTest : public testing::Test {
 protected:
  ModbusConnectorTest() { device.start(); }
  ~ModbusConnectorTest() override {
    server.kill();
    if (runtime) runtime->stop("the test is over");
  }
  std::string settings(std::string_view more = "") {
    return fmt::format(R"({{"host":"127.0.0.1","port":{},"timeout":"200ms"{}}})", device.port(),
                       more);
  }
  void add(std::string address, std::string dtype = "", model::Type type = model::Type::integer,
           std::string device_name = "default") {
    Binding binding;
    binding.handle = static_cast<std::uint32_t>(bindings.size());
    binding.device = std::move(device_name);
    binding.address = std::move(address);
    binding.dtype = std::move(dtype);
    binding.type = type;
    binding.period = milliseconds(30);
    binding.writable = binding.address.starts_with("HR") || binding.address.starts_with("CO");
    binding.path = fmt::format("/Tag{}", binding.handle);
    bindings.push_back(std::move(binding));
  }
  void start(const std::string& with) {
    server.acknowledging = true;
    server.listen();
    link::RunOptions options;
    options.name = "plc";
    options.link = directory / "link.sock";
    options.data = directory / "plc";
    runtime =
        std::make_unique<link::Runtime>(loop, options, std::make_unique<ModbusConnector>("plc"));
    ASSERT_TRUE(runtime->start([](int) {}));
    ASSERT_TRUE(until([&] { return server.is_up(); }));
    configure(1, with);
  }
  void configure(std::uint64_t revision, const std::string& with) {
    server.send(link::Configuration{revision, with, bindings});
    ASSERT_TRUE(until([&] {
      return (!server.configured.empty() && server.configured.back().revision == revision) ||
             !server.errors.empty();
    }));
  }
  template <class Condition>
  bool until(Condition condition, Duration limit = std::chrono::seconds(10)) {
    return link::run_until(loop, condition, limit);
  }
  const Sample* last(std::uint32_t handle) const {
    for (auto each = server.samples.rbegin(); each != server.samples.rend(); ++each)
      if (each->slot == handle) return &*each;
    return nullptr;
  }
  bool shows(std::uint32_t handle, const Value& value) const {
    const Sample* sample = last(handle);
    return sample != nullptr && sample->quality == model::kGood && sample->value == value;
  }
  bool is(std::uint32_t handle, Quality quality) const {
    const Sample* sample = last(handle);
    return sample != nullptr && sample->quality == quality;
  }
  bool good(std::uint32_t handle) const { return is(handle, model::kGood); }
  std::vector<protocol::modbus::Function> functions_of(protocol::modbus::Access access) const {
    std::vector<protocol::modbus::Function> out;
    for (const auto& each : device.requests)
      if (access_of(each.function) == access) out.push_back(each.function);
    return out;
  }
  /// What the connector replies to a question of the server, as JSON; a refusal has "error".
  model::Node ask(const std::string& what, const std::string& json) {
    const std::size_t before = server.replies.size();
    server.send(link::Request{before + 1, 5000, what, json});
    EXPECT_TRUE(until([&] { return server.replies.size() > before; }));
    if (server.replies.size() == before) return {};
    const link::Reply& reply = server.replies.back();
    if (reply.ok) return model::parse_json(reply.text, what).value_or(model::Node{});
    model::Node refusal = model::Node::mapping();
    refusal.set("error", model::Node::text_of(reply.text));
    return refusal;
  }
  link::WriteResult write(std::uint32_t handle, Value value, bool read_back = false) {
    const std::size_t before = server.results.size();
    server.send(link::Write{before + 1, 1, handle, 2000, read_back, std::move(value)});
    EXPECT_TRUE(until([&] { return server.results.size() > before; }));
    return server.results.empty() ? link::WriteResult{} : server.results.back();
  }

  boost::asio::io_context loop;
  link::TestDirectory directory;
  link::LinkServer server{loop, directory / "link.sock"};
  TestDevice device{loop};
  std::vector<Binding> bindings;
  std::unique_ptr<link::Runtime> runtime;
};

}  // namespace tagwerk::connectors::modbus
