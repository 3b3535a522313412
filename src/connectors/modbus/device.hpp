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

namespace tagwerk::connectors::modbus {

/// One Modbus device: its connection, what its groups read, how a value is written to it.
/// Threads: the event loop's
class Device {
 public:
  struct Events {
    std::function<void(Error)> lost;           ///< the connection ended while nothing ran
    std::function<void(std::string)> refused;  ///< addresses the device refuses, for the log
  };
  Device(boost::asio::io_context& loop, DeviceSettings settings, Events events);
  ~Device();

  const DeviceSettings& settings() const { return settings_; }
  void set_groups(std::map<std::uint32_t, PointGroup> groups) { groups_ = std::move(groups); }

  void connect(Connector::Done done);
  void disconnect();
  void poll(std::uint32_t group, Connector::PollDone done);
  void write(const WriteOrder& order, Connector::WriteDone done);

 private:
  boost::asio::io_context& loop_;
  const DeviceSettings settings_;
  const Events events_;
  std::map<std::uint32_t, PointGroup> groups_;
  std::shared_ptr<Client> client_;
};

}  // namespace tagwerk::connectors::modbus
