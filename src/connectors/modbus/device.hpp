#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <tagwerk/connector.hpp>

#include "connectors/modbus/client.hpp"
#include "connectors/modbus/point.hpp"
#include "connectors/modbus/test_read.hpp"

namespace tagwerk::connectors::modbus {

/// One Modbus device: its connection, what its groups read, how a value is written to it.
/// Threads: the event loop's
class Device {
 public:
  struct Events {
    std::function<void(Error)> lost;           ///< the connection ended while nothing ran
    std::function<void(std::string)> refused;  ///< addresses the device refuses, for the log
  };
  Device(boost::asio::io_context& loop, DeviceSettings settings, Traced traced, Events events);
  ~Device();

  const DeviceSettings& settings() const { return settings_; }
  void set_groups(std::map<std::uint32_t, PointGroup> groups) { groups_ = std::move(groups); }

  void connect(Connector::Done done);
  void disconnect();
  void poll(std::uint32_t group, Connector::PollDone done);
  /// Several orders are of places that join; see place_of.
  void write(std::vector<WriteOrder> orders, Connector::WritesDone done);
  /// Over the connection there is, or over one of its own.
  void test(TestRequest request, TestRead::Done done);

  /// Fails: invalid_argument
  Result<Place> place_of(const Binding& binding) const;

 private:
  using Opened = std::move_only_function<void(Status)>;

  void open(Connector::Done done);
  void close();
  void when_open(Opened then);
  void opened(const Status& status);
  void begin() { ++running_; }
  void end();

  boost::asio::io_context& loop_;
  const DeviceSettings settings_;
  const Traced traced_;
  const Events events_;
  std::map<std::uint32_t, PointGroup> groups_;
  std::shared_ptr<Client> client_;  ///< null while there is no connection
  std::vector<Opened> waiting_;     ///< for the connection that is being made
  std::size_t running_ = 0;         ///< operations that use the connection
  bool was_open_ = false;
  bool mask_write_;  ///< it is not known that the device lacks function 22
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace tagwerk::connectors::modbus
