#include <algorithm>
#include <cmath>
#include <vector>

#include "simulator/pump_station_unit.hpp"

namespace tagwerk::simulator {
namespace {

using protocol::modbus::Address;
using protocol::modbus::DataType;
using Station = const PumpStation;
using Getter = double (*)(Station&, std::size_t);
using Setter = bool (*)(PumpStation&, std::size_t, double);

constexpr auto kCoil = Table::coil;
constexpr auto kInput = Table::discrete_input;
constexpr auto kRegister = Table::input_register;
constexpr auto kHolding = Table::holding_register;

/// A point of the station, or of each pump at its base address.
struct Row {
  std::string_view name;
  Table table;
  std::uint16_t number;
  DataType type;
  std::string_view unit;
  std::string_view description;
  Getter get;
  Setter set = nullptr;
};

bool take(double& target, double value, double low, double high) {
  if (!(value >= low && value <= high)) return false;
  target = value;
  return true;
}

bool take(bool& target, double value) {
  target = value != 0;
  return true;
}

double bit(bool on) {
  return on ? 1 : 0;
}

/// A command: writing 1 does it, and it reads as 0 again.
double done(Station&, std::size_t) {
  return 0;
}

const Row kStationRows[] = {
    {"Pressure", kRegister, 0, DataType::float32, "bar",
     "Header pressure; -2.5 when the wire is cut",
     [](Station& s, std::size_t) { return s.pressure_bar(); }},
    {"Flow", kRegister, 2, DataType::float32, "m³/h", "What the consumers take",
     [](Station& s, std::size_t) { return s.consumption_m3h(); }},
    {"TankLevel", kRegister, 4, DataType::float32, "m",
     "Level of the tank, 0 to 4; -1.25 when the wire is cut",
     [](Station& s, std::size_t) { return s.level_m(); }},
    {"Inflow", kRegister, 6, DataType::float32, "m³/h", "Water from the supply",
     [](Station& s, std::size_t) { return s.inflow_m3h(); }},
    {"InletValve", kRegister, 8, DataType::float32, "%", "Position of the inlet valve",
     [](Station& s, std::size_t) { return s.inlet_valve() * 100; }},
    {"Power", kRegister, 10, DataType::float32, "kW", "Electrical power of both pumps",
     [](Station& s, std::size_t) { return s.power_kw(); }},
    {"Energy", kRegister, 12, DataType::float32, "kWh", "Energy since the start",
     [](Station& s, std::size_t) { return s.energy_kwh(); }},
    {"Delivered", kRegister, 14, DataType::float32, "m³", "Water delivered since the start",
     [](Station& s, std::size_t) { return s.water().delivered_m3; }},
    {"WaterTemperature", kRegister, 16, DataType::int16, "0.1 °C",
     "Water temperature in tenths of a degree",
     [](Station& s, std::size_t) { return std::round(s.water_celsius() * 10); }},
    {"DutyPump", kRegister, 17, DataType::uint16, "", "1 or 2: the pump on duty",
     [](Station& s, std::size_t) { return static_cast<double>(s.duty_pump() + 1); }},
    {"Heartbeat", kRegister, 18, DataType::uint16, "",
     "Counts simulated seconds, 0 to 65535 and again",
     [](Station& s, std::size_t) { return static_cast<double>(s.uptime_s() % 65536); }},
    {"Uptime", kRegister, 20, DataType::uint32, "s", "Simulated seconds since the start",
     [](Station& s, std::size_t) { return static_cast<double>(s.uptime_s()); }},

    {"Fault", kInput, 0, DataType::boolean, "", "Any pump, sensor or valve has a fault",
     [](Station& s, std::size_t) { return bit(s.any_fault()); }},
    {"PressureSensorFault", kInput, 1, DataType::boolean, "", "The pressure sensor's wire is cut",
     [](Station& s, std::size_t) { return bit(s.faults.pressure_sensor_broken); }},
    {"LevelSensorFault", kInput, 2, DataType::boolean, "", "The level sensor's wire is cut",
     [](Station& s, std::size_t) { return bit(s.faults.level_sensor_broken); }},
    {"InletValveFault", kInput, 3, DataType::boolean, "", "The inlet valve does not move",
     [](Station& s, std::size_t) { return bit(s.faults.inlet_valve_stuck); }},
    {"LevelLow", kInput, 4, DataType::boolean, "", "Tank below 0.8 m",
     [](Station& s, std::size_t) { return bit(s.level_low()); }},
    {"LevelHigh", kInput, 5, DataType::boolean, "", "Tank above 3.6 m",
     [](Station& s, std::size_t) { return bit(s.level_high()); }},
    {"PressureLow", kInput, 6, DataType::boolean, "", "Pressure below 60 % of the set point",
     [](Station& s, std::size_t) { return bit(s.pressure_low()); }},

    {"SetPoint", kHolding, 10, DataType::float32, "bar", "Pressure set point, 1 to 6",
     [](Station& s, std::size_t) { return s.controls.pressure_set_bar; },
     [](PumpStation& s, std::size_t, double v) {
       return take(s.controls.pressure_set_bar, v, 1, 6);
     }},
    {"LevelSetPoint", kHolding, 12, DataType::float32, "m", "Tank level set point, 0.5 to 3.5",
     [](Station& s, std::size_t) { return s.controls.level_set_m; },
     [](PumpStation& s, std::size_t, double v) {
       return take(s.controls.level_set_m, v, 0.5, 3.5);
     }},
    {"ChangeoverHours", kHolding, 14, DataType::uint16, "h",
     "Running time until the other pump takes over, 1 to 1000",
     [](Station& s, std::size_t) { return s.controls.changeover_hours; },
     [](PumpStation& s, std::size_t, double v) {
       return take(s.controls.changeover_hours, v, 1, 1000);
     }},

    {"ChangeOver", kCoil, 0, DataType::boolean, "", "Command: the other pump takes over now", done,
     [](PumpStation& s, std::size_t, double v) {
       if (v != 0) s.change_over();
       return true;
     }},
    {"Reset", kCoil, 1, DataType::boolean, "", "Command: reset the faults of both pumps", done,
     [](PumpStation& s, std::size_t, double v) {
       if (v != 0) s.reset();
       return true;
     }},
    {"BreakPressureSensor", kCoil, 2, DataType::boolean, "",
     "Simulated fault: cuts the pressure sensor's wire",
     [](Station& s, std::size_t) { return bit(s.faults.pressure_sensor_broken); },
     [](PumpStation& s, std::size_t, double v) {
       return take(s.faults.pressure_sensor_broken, v);
     }},
    {"BreakLevelSensor", kCoil, 3, DataType::boolean, "",
     "Simulated fault: cuts the level sensor's wire",
     [](Station& s, std::size_t) { return bit(s.faults.level_sensor_broken); },
     [](PumpStation& s, std::size_t, double v) { return take(s.faults.level_sensor_broken, v); }},
    {"StickInletValve", kCoil, 4, DataType::boolean, "",
     "Simulated fault: the inlet valve stays where it is",
     [](Station& s, std::size_t) { return bit(s.faults.inlet_valve_stuck); },
     [](PumpStation& s, std::size_t, double v) { return take(s.faults.inlet_valve_stuck, v); }},
    {"CutSupply", kCoil, 5, DataType::boolean, "",
     "Simulated fault: no inflow, the pumps end in dry run",
     [](Station& s, std::size_t) { return bit(s.faults.supply_failed); },
     [](PumpStation& s, std::size_t, double v) { return take(s.faults.supply_failed, v); }},
    {"BurstPipe", kCoil, 6, DataType::boolean, "",
     "Simulated fault: the header leaks 12 m³/h at 4 bar",
     [](Station& s, std::size_t) { return bit(s.faults.pipe_burst); },
     [](PumpStation& s, std::size_t, double v) { return take(s.faults.pipe_burst, v); }},
};

const Row kPumpRows[] = {
    {"Speed", kRegister, 0, DataType::float32, "%", "Speed of nominal",
     [](Station& s, std::size_t p) { return s.pump(p).speed() * 100; }},
    {"Current", kRegister, 2, DataType::float32, "A", "Motor current",
     [](Station& s, std::size_t p) { return s.pump(p).current_a(); }},
    {"Power", kRegister, 4, DataType::float32, "kW", "Electrical power",
     [](Station& s, std::size_t p) { return s.pump(p).power_kw(); }},
    {"Flow", kRegister, 6, DataType::float32, "m³/h", "Flow through the check valve",
     [](Station& s, std::size_t p) { return s.pump(p).flow_m3h(); }},
    {"MotorTemperature", kRegister, 8, DataType::float32, "°C", "Winding temperature",
     [](Station& s, std::size_t p) { return s.pump(p).motor_celsius(); }},
    {"Starts", kRegister, 10, DataType::uint32, "", "Starts so far",
     [](Station& s, std::size_t p) { return static_cast<double>(s.pump(p).starts()); }},
    {"RunningHours", kRegister, 12, DataType::float32, "h", "Running time so far",
     [](Station& s, std::size_t p) { return s.pump(p).running_hours(); }},
    {"State", kRegister, 14, DataType::int16, "",
     "0 stopped, 1 starting, 2 running, 3 stopping, 4 fault",
     [](Station& s, std::size_t p) { return static_cast<double>(s.pump(p).state()); }},

    {"Running", kInput, 0, DataType::boolean, "", "The shaft turns",
     [](Station& s, std::size_t p) { return bit(s.pump(p).running()); }},
    {"Available", kInput, 1, DataType::boolean, "", "In automatic and without fault",
     [](Station& s, std::size_t p) { return bit(s.pump(p).available()); }},
    {"Fault", kInput, 2, DataType::boolean, "", "Any of the next three; stays until reset",
     [](Station& s, std::size_t p) { return bit(s.pump(p).faulted()); }},
    {"MotorTrip", kInput, 3, DataType::boolean, "", "Motor protection has tripped",
     [](Station& s, std::size_t p) { return bit(s.pump(p).motor_trip()); }},
    {"DryRun", kInput, 4, DataType::boolean, "", "Ran for 3 s with less than 0.25 m in the tank",
     [](Station& s, std::size_t p) { return bit(s.pump(p).dry_run()); }},
    {"NoFlow", kInput, 5, DataType::boolean, "", "Ran for 10 s without the flow it should have had",
     [](Station& s, std::size_t p) { return bit(s.pump(p).no_flow()); }},
    {"CheckValveOpen", kInput, 6, DataType::boolean, "", "Water passes the check valve",
     [](Station& s, std::size_t p) { return bit(s.pump(p).check_valve_open()); }},

    {"Mode", kHolding, 0, DataType::uint16, "", "0 off, 1 automatic, 2 manual",
     [](Station& s, std::size_t p) { return static_cast<double>(s.pump(p).controls.mode); },
     [](PumpStation& s, std::size_t p, double v) {
       double mode = 0;
       if (!take(mode, v, 0, 2)) return false;
       s.pump(p).controls.mode = static_cast<Pump::Mode>(mode);
       return true;
     }},
    {"ManualSpeed", kHolding, 2, DataType::float32, "%", "Speed in manual, 0 to 100",
     [](Station& s, std::size_t p) { return s.pump(p).controls.manual_speed * 100; },
     [](PumpStation& s, std::size_t p, double v) {
       return take(s.pump(p).controls.manual_speed, v / 100, 0, 1);
     }},

    {"ManualStart", kCoil, 0, DataType::boolean, "", "Runs the pump in manual",
     [](Station& s, std::size_t p) { return bit(s.pump(p).controls.manual_start); },
     [](PumpStation& s, std::size_t p, double v) {
       return take(s.pump(p).controls.manual_start, v);
     }},
    {"Reset", kCoil, 1, DataType::boolean, "", "Command: reset this pump's faults", done,
     [](PumpStation& s, std::size_t p, double v) {
       if (v != 0) s.pump(p).reset();
       return true;
     }},
    {"TripMotor", kCoil, 2, DataType::boolean, "", "Simulated fault: the motor protection opens",
     [](Station& s, std::size_t p) { return bit(s.pump(p).faults.motor_protection_open); },
     [](PumpStation& s, std::size_t p, double v) {
       return take(s.pump(p).faults.motor_protection_open, v);
     }},
    {"BlockCheckValve", kCoil, 3, DataType::boolean, "",
     "Simulated fault: the check valve does not open",
     [](Station& s, std::size_t p) { return bit(s.pump(p).faults.check_valve_blocked); },
     [](PumpStation& s, std::size_t p, double v) {
       return take(s.pump(p).faults.check_valve_blocked, v);
     }},
};

Point point(const Row& row, std::string_view prefix, std::uint16_t base, std::size_t pump) {
  const Address address{row.table, static_cast<std::uint16_t>(row.number + base)};
  return {fmt::format("{}{}", prefix, row.name),
          address,
          row.type,
          row.unit,
          row.description,
          pump,
          row.get,
          row.set};
}

std::vector<Point> all_points() {
  std::vector<Point> points;
  for (const auto& row : kStationRows)
    points.push_back(point(row, "", 0, 0));
  for (const auto& row : kPumpRows)
    points.push_back(point(row, "Pump1/", 100, 0));
  for (const auto& row : kPumpRows)
    points.push_back(point(row, "Pump2/", 200, 1));
  std::ranges::sort(points, {}, &Point::address);
  return points;
}

}  // namespace

std::span<const Point> pump_station_points() {
  static const std::vector<Point> points = all_points();
  return points;
}

std::string pump_station_map() {
  std::string map = "| address | name | type | unit | write | what |\n|---|---|---|---|---|---|\n";
  for (const auto& p : pump_station_points()) {
    map += fmt::format("| {} | {} | {} | {} | {} | {} |\n", to_string(p.address), p.name,
                       to_string(p.type), p.unit, p.set != nullptr ? "yes" : "", p.description);
  }
  return map;
}

}  // namespace tagwerk::simulator
