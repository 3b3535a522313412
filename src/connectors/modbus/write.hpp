#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>
#include <vector>

#include <tagwerk/connector.hpp>

#include "connectors/modbus/client.hpp"
#include "connectors/modbus/settings.hpp"

namespace tagwerk::connectors::modbus {

/// One write: function 5, 6, 15 or 16, and when asked a read of the same place that must show the
/// same bits.
class Write : public std::enable_shared_from_this<Write> {
 public:
  Write(boost::asio::io_context& loop, std::shared_ptr<Client> client, Place place,
        WriteOrder order, Connector::WriteDone done);
  void run();

 private:
  void send();
  void written(Result<protocol::modbus::Response> result);
  void read_back();
  void shown(Result<protocol::modbus::Response> result);
  void read_again();
  void finish(Quality quality, std::string detail, Value read_back = {}, Status device = {});
  void device_failed(const Error& why, std::string_view when);
  void refused(protocol::modbus::ExceptionCode code, protocol::modbus::Access access);

  std::shared_ptr<Client> client_;
  const Place place_;
  const WriteOrder order_;
  Connector::WriteDone done_;
  boost::asio::steady_timer timer_;
  std::vector<std::uint16_t> raw_;
  protocol::modbus::WriteForm form_ = protocol::modbus::WriteForm::shortest;
  int reads_ = 0;
};

}  // namespace tagwerk::connectors::modbus
