#pragma once

#include <map>
#include <memory>
#include <string>

#include <tagwerk/connector.hpp>

#include "connectors/modbus/device.hpp"

namespace tagwerk::connectors::modbus {

/// Polls and commands Modbus TCP devices: several per connector, each with a socket of its own.
/// Source:  MODBUS Application Protocol V1.1b3; MODBUS Messaging on TCP/IP V1.0b
class ModbusConnector final : public Connector {
 public:
  /// The name is for messages about settings.
  explicit ModbusConnector(std::string name) : name_(std::move(name)) {}

  std::string type() const override { return "modbus"; }
  std::string address(const std::string& device) const override;
  void start(boost::asio::io_context& loop, ConnectorHost& host) override;
  Result<std::vector<BindingProblem>> configure(
      const ConnectorConfiguration& configuration) override;
  void connect(const std::string& device, Done done) override;
  void disconnect(const std::string& device) override;
  void poll(const ScanGroup& group, PollDone done) override;
  void write(const WriteOrder& order, WriteDone done) override;
  bool joins(const WriteOrder& first, const WriteOrder& next) const override;
  void write_joined(std::vector<WriteOrder> orders, WritesDone done) override;
  /// "test", "evidence": docs/formats/link.md.
  void request(std::string_view what, std::string_view json, ReplyDone done) override;
  std::string describe(const link::TraceRing& ring, std::uint64_t number) const override;

 private:
  void take_devices(const Settings& settings);
  Device* find(const std::string& device) const;
  void test(const model::Node& body, ReplyDone done);
  void test_unsaved(const model::Node& settings, const model::Node& body, ReplyDone done);
  Result<std::string> evidence(const model::Node& body) const;

  const std::string name_;
  boost::asio::io_context* loop_ = nullptr;
  ConnectorHost* host_ = nullptr;
  std::map<std::string, std::unique_ptr<Device>> devices_;
};

}  // namespace tagwerk::connectors::modbus
