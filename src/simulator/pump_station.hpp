#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "simulator/noise.hpp"
#include "simulator/pump.hpp"

namespace tagwerk::simulator {

/// A water works' pump station: supply → inlet valve → tank → two pumps in parallel, duty and
/// standby, each with a check valve → header → consumers. A controller holds the header's pressure
/// by the speed of the duty pump; a valve holds the tank's level. The pressure follows a new set
/// point within ten seconds.
///
/// The same seed and the same commands at the same times give the same station, however the time is
/// cut into steps. Threads: any, one at a time; pure, no clock Units: m, m³, m³/h, bar, kW, °C,
/// seconds
class PumpStation {
 public:
  static constexpr std::size_t kPumps = 2;

  /// What the operator sets.
  struct Controls {
    double pressure_set_bar = 4.0;
    double level_set_m = 2.5;
    double changeover_hours =
        24;  ///< running time of the duty pump after which the other takes over
  };
  /// What the tester breaks.
  struct Faults {
    bool pressure_sensor_broken = false;
    bool level_sensor_broken = false;
    bool inlet_valve_stuck = false;
    bool supply_failed = false;
    bool pipe_burst = false;
  };
  /// All water that ever went through; in = out + what is still there.
  struct Water {
    double supplied_m3 = 0;
    double delivered_m3 = 0;
    double leaked_m3 = 0;
    double spilled_m3 = 0;
  };

  explicit PumpStation(std::uint64_t seed) : noise_(seed) {}

  Controls controls{};
  Faults faults{};

  void step(std::chrono::nanoseconds dt);
  /// Clears every latched fault, of the station and of its pumps.
  void reset();
  /// Hands the duty to the other pump, if it is available.
  void change_over();

  Pump& pump(std::size_t index) { return pumps_[index]; }
  const Pump& pump(std::size_t index) const { return pumps_[index]; }
  std::size_t duty_pump() const { return duty_; }

  // What the instruments show. A broken sensor shows the value of a cut wire, below its range.
  double pressure_bar() const { return shown_pressure_; }
  double level_m() const { return shown_level_; }

  // What is really there.
  double header_bar() const { return header_bar_; }
  double tank_m() const;
  double inflow_m3h() const { return inflow_; }
  double consumption_m3h() const { return consumption_; }
  double inlet_valve() const { return inlet_valve_; }
  double power_kw() const { return pumps_[0].power_kw() + pumps_[1].power_kw(); }
  double energy_kwh() const { return energy_kwh_; }
  double water_celsius() const;
  const Water& water() const { return water_; }
  /// Water in tank and header.
  double stored_m3() const;

  bool level_low() const { return tank_m() < 0.8; }
  bool level_high() const { return tank_m() > 3.6; }
  bool pressure_low() const { return header_bar_ < 0.6 * controls.pressure_set_bar; }
  bool any_fault() const;

  std::uint32_t uptime_s() const { return static_cast<std::uint32_t>(ticks_ / kTicksPerSecond); }

 private:
  static constexpr std::uint64_t kTicksPerSecond = 100;
  static constexpr std::chrono::nanoseconds kTick =
      std::chrono::milliseconds(1000 / kTicksPerSecond);

  void tick(double dt_s);
  void choose_duty(double dt_s);
  void control_pressure(double dt_s);
  void control_level(double dt_s);
  void run_pumps(double dt_s);
  void move_water(double dt_s);
  void measure();
  double demand(double dt_s);
  double time_of_day() const;

  Noise noise_;
  std::array<Pump, kPumps> pumps_{};
  std::chrono::nanoseconds pending_{};
  std::uint64_t ticks_ = 0;

  std::size_t duty_ = 0;
  bool handing_over_ = false;
  double duty_s_ = 0;
  double speed_ = 0;
  double integral_ = 0;

  double tank_m3_ = 30;
  double header_bar_ = 0;
  double inlet_valve_ = 0.2;
  double inflow_ = 0;
  double consumption_ = 0;
  double demand_noise_ = 0;
  double energy_kwh_ = 0;
  double shown_pressure_ = 0;
  double shown_level_ = 2.5;
  Water water_{};
};

}  // namespace tagwerk::simulator
