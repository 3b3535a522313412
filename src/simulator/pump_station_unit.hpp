#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "protocol/modbus/address.hpp"
#include "protocol/modbus/value.hpp"
#include "simulator/modbus_unit.hpp"
#include "simulator/pump_station.hpp"

namespace tagwerk::simulator {

/// One value of the pump station on Modbus.
struct Point {
  std::string name;  ///< "Pump1/Current"
  protocol::modbus::Address address;
  protocol::modbus::DataType type;
  std::string_view unit;
  std::string_view description;
  std::size_t pump;  ///< which of the two get and set are about; 0 for the station itself

  /// Numbers as they are, a bool as 0 or 1.
  double (*get)(const PumpStation& station, std::size_t pump);
  /// Takes the value, or false when it is out of range. Null: read only.
  bool (*set)(PumpStation& station, std::size_t pump, double value);
};

/// Every point, ordered by table and address: the one truth that the server, the manual's table and
/// the example project are checked against.
std::span<const Point> pump_station_points();

/// The table of docs/manual/pump-station.md.
std::string pump_station_map();

/// The pump station behind a unit id. Unused addresses of 0 to 31, 100 to 131 and 200 to 231 read
/// as 0; others answer exception 2, as does a write that does not hold whole writable points. A
/// value out of range answers exception 3 and nothing is taken.
class PumpStationUnit : public ModbusUnit {
 public:
  explicit PumpStationUnit(PumpStation& station);

  Answer read(Table table, std::uint16_t address, std::span<std::uint16_t> out) override;
  Answer write(Table table, std::uint16_t address, std::span<const std::uint16_t> values) override;

 private:
  static constexpr std::size_t kAddresses = 232;
  /// Which point lies at an address: index + 1, 0 = none.
  using Index = std::array<std::uint8_t, kAddresses>;

  const Point* point_at(Table table, std::size_t address) const;
  Answer write_points(PumpStation& station, Table table, std::uint16_t address,
                      std::span<const std::uint16_t> values) const;

  PumpStation& station_;
  std::array<Index, 4> indexes_{};
};

}  // namespace tagwerk::simulator
