#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <tagwerk/connector.hpp>

#include "connectors/modbus/client.hpp"
#include "connectors/modbus/settings.hpp"

namespace tagwerk::connectors::modbus {

/// What a write asks for, with the place it was resolved to.
struct PlacedOrder {
  Place place;
  WriteOrder order;
};

/// One write, and when asked a read of the same place that must show the same bits.
///
/// A value is written with function 5, 6, 15 or 16. Bits of one register, one or several, are
/// written with function 22; a device that does not know it has the register read, changed and
/// written back, which loses what the device itself changes in between.
class Write : public std::enable_shared_from_this<Write> {
 public:
  /// Several orders are bits of the same register. `mask_write` is what is known of the device: set
  /// to false when it does not know function 22; it outlives the client.
  Write(boost::asio::io_context& loop, std::shared_ptr<Client> client,
        std::vector<PlacedOrder> orders, bool& mask_write, Connector::WritesDone done);
  void run();

 private:
  using Request = protocol::modbus::Request;
  using Response = protocol::modbus::Response;
  using Next = void (Write::*)(Response response);

  void prepare();
  void refuse(std::size_t order, Quality quality, std::string detail);
  bool is_bits() const;
  void send();
  void mask();
  void change_bits();
  void on_register(Response response);
  void write_raw();
  void written(Response response);
  void read_back();
  void shown(Response response);
  bool shows(const Place& place, const std::vector<std::uint16_t>& values) const;
  WriteOutcome outcome_of(const PlacedOrder& placed,
                          const std::vector<std::uint16_t>& values) const;
  void read_again();
  /// Asks with the word `when` for what it means if no answer comes; exceptions go to `refused`
  /// unless `next` takes them.
  void ask(Request request, std::string_view when, Next next);
  void refused(protocol::modbus::ExceptionCode code, protocol::modbus::Access access,
               std::string_view what);
  void finish_open(Quality quality, const std::string& detail, const Status& device = {});
  void finish();

  std::shared_ptr<Client> client_;
  const std::vector<PlacedOrder> orders_;
  bool& mask_write_;
  Connector::WritesDone done_;
  boost::asio::steady_timer timer_;
  std::vector<std::optional<WriteOutcome>> outcomes_;  ///< by order; empty while it is open
  std::vector<std::uint16_t> raw_;                     ///< what is written; of bits the register
  std::uint16_t mask_ = 0;                             ///< the bits that are written
  std::uint16_t bits_ = 0;                             ///< and their values
  protocol::modbus::WriteForm form_ = protocol::modbus::WriteForm::shortest;
  int reads_ = 0;
};

}  // namespace tagwerk::connectors::modbus
