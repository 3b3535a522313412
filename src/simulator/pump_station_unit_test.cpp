#include "simulator/pump_station_unit.hpp"

#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sstream>

namespace tagwerk::simulator {
namespace {

using namespace std::chrono_literals;
namespace modbus = protocol::modbus;

constexpr auto kRegisters = Table::holding_register;

struct Plant {
  PumpStation station{1};
  PumpStationUnit unit{station};

  ModbusUnit::Answer write(Table table, std::uint16_t address, modbus::DataType type,
                           double value) {
    return unit.write(table, address,
                      *modbus::encode_value(modbus::Layout::of(type), Value::of(value)));
  }
};

std::string file(const std::string& path) {
  std::ifstream in(std::string(TAGWERK_SOURCE_DIR) + "/" + path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

RC_GTEST_PROP(PumpStationUnit, AnyReadGivesWhatItsPointsHoldOrAnException, ()) {
  Plant plant;
  plant.station.step(5s);
  const auto table = static_cast<Table>(*rc::gen::inRange(0, 4));
  const auto address = static_cast<std::uint16_t>(*rc::gen::inRange(0, 240));
  std::vector<std::uint16_t> all(static_cast<std::size_t>(*rc::gen::inRange(1, 40)));
  if (!plant.unit.read(table, address, all)) return;
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::vector<std::uint16_t> one(1);
    RC_ASSERT(plant.unit.read(table, static_cast<std::uint16_t>(address + i), one).has_value());
    RC_ASSERT(one[0] == all[i]);
  }
}

RC_GTEST_PROP(PumpStationUnit, AnyWriteIsTakenOrRefusedAndThePlantStaysSane,
              (std::uint16_t address, const std::vector<std::uint16_t>& values, bool coil)) {
  Plant plant;
  RC_PRE(!values.empty() && values.size() <= 123);
  (void)plant.unit.write(coil ? Table::coil : kRegisters, static_cast<std::uint16_t>(address % 240),
                         values);
  plant.station.step(1s);
  for (const auto& point : pump_station_points()) {
    RC_ASSERT(std::isfinite(point.get(plant.station, point.pump)));
  }
}

TEST(PumpStationUnit, HasAboutSixtyPointsWithNamesOfTheirOwn) {
  std::set<std::string> names;
  for (const auto& point : pump_station_points())
    names.insert(point.name);
  EXPECT_EQ(names.size(), pump_station_points().size());
  EXPECT_GE(names.size(), 60U);
}

TEST(PumpStationUnit, EveryWritablePointReadsBackWhatWasWritten) {
  for (const auto& point : pump_station_points()) {
    if (point.set == nullptr) {
      EXPECT_FALSE(modbus::is_writable(point.address.table)) << point.name;
      continue;
    }
    Plant plant;
    ASSERT_TRUE(plant.write(point.address.table, point.address.number, point.type, 1))
        << point.name;
    const bool command = point.description.starts_with("Command");
    EXPECT_NEAR(point.get(plant.station, point.pump), command ? 0 : 1, 1e-9) << point.name;
  }
}

TEST(PumpStationUnit, TakesAllOfAWriteOrNothing) {
  Plant plant;
  const std::vector<std::uint16_t> raw{0x40a0, 0, 0x42c8, 0};  // 5 bar, 100 m
  EXPECT_EQ(plant.unit.write(kRegisters, 10, raw).error(), ExceptionCode::illegal_data_value);
  EXPECT_EQ(plant.station.controls.pressure_set_bar, 4.0);
}

TEST(PumpStationUnit, RefusesHalfAFloatAndWhatIsReadOnly) {
  Plant plant;
  const std::vector<std::uint16_t> one{1};
  EXPECT_EQ(plant.unit.write(kRegisters, 10, one).error(), ExceptionCode::illegal_data_address);
  EXPECT_EQ(plant.unit.write(kRegisters, 11, one).error(), ExceptionCode::illegal_data_address);
  EXPECT_EQ(plant.unit.write(kRegisters, 31, one).error(), ExceptionCode::illegal_data_address);
  EXPECT_EQ(plant.write(kRegisters, 10, modbus::DataType::float32, 0.5).error(),
            ExceptionCode::illegal_data_value);
  EXPECT_EQ(plant.write(kRegisters, 100, modbus::DataType::uint16, 3).error(),
            ExceptionCode::illegal_data_value);
}

TEST(PumpStationUnit, ACoilTripsTheMotorAndAnotherResetsIt) {
  Plant plant;
  plant.station.step(30s);
  const std::vector<std::uint16_t> on{1};
  const std::vector<std::uint16_t> off{0};
  ASSERT_TRUE(plant.unit.write(Table::coil, 102, on));
  plant.station.step(100ms);
  std::vector<std::uint16_t> fault(1);
  ASSERT_TRUE(plant.unit.read(Table::discrete_input, 103, fault));
  EXPECT_EQ(fault[0], 1);
  ASSERT_TRUE(plant.unit.write(Table::coil, 102, off));
  ASSERT_TRUE(plant.unit.write(Table::coil, 101, on));
  plant.station.step(100ms);
  ASSERT_TRUE(plant.unit.read(Table::discrete_input, 103, fault));
  EXPECT_EQ(fault[0], 0);
}

TEST(PumpStationUnit, TheManualShowsTheMapAsItIs) {
  const auto map = pump_station_map();
  EXPECT_NE(file("docs/manual/pump-station.md").find(map), std::string::npos)
      << "docs/manual/pump-station.md must hold this table:\n"
      << map;
}

}  // namespace
}  // namespace tagwerk::simulator
