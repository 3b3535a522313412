#pragma once

#include <cstdint>

namespace tagwerk::simulator {

/// A centrifugal pump on a frequency converter, with motor, check valve and protection.
/// Units: speed 0 to 1 of nominal, m³/h, m, bar, kW, A, °C, seconds
/// Threads: any, one at a time; pure, no clock
class Pump {
 public:
  enum class Mode : std::uint16_t { off = 0, automatic = 1, manual = 2 };
  enum class State : std::int16_t {
    stopped = 0,
    starting = 1,
    running = 2,
    stopping = 3,
    fault = 4
  };

  /// What the operator sets.
  struct Controls {
    Mode mode = Mode::automatic;
    double manual_speed = 0.5;
    bool manual_start = false;
  };
  /// What the tester breaks.
  struct Faults {
    bool motor_protection_open = false;
    bool check_valve_blocked = false;
  };
  /// What the station asks for and offers, for one tick.
  struct Duty {
    bool run = false;
    double speed = 0;
    double level_m = 0;
    double header_bar = 0;
  };

  Controls controls{};
  Faults faults{};

  void step(const Duty& duty, double dt_s);
  /// The tank had less than this pump would take: the flow that really passed.
  void limit_flow(double flow_m3h) { flow_ = flow_m3h; }
  /// Clears what the protection latched; a cause that is still there trips it again.
  void reset();

  bool available() const { return controls.mode == Mode::automatic && !faulted(); }
  bool running() const { return speed_ > kStandstill; }
  bool faulted() const { return motor_trip_ || dry_run_ || no_flow_; }
  bool motor_trip() const { return motor_trip_; }
  bool dry_run() const { return dry_run_; }
  bool no_flow() const { return no_flow_; }
  bool check_valve_open() const { return flow_ > 0.05; }
  State state() const;

  double speed() const { return speed_; }
  double flow_m3h() const { return flow_; }
  double power_kw() const;
  double current_a() const;
  double motor_celsius() const { return motor_celsius_; }
  std::uint32_t starts() const { return starts_; }
  double running_hours() const { return running_s_ / 3600; }

 private:
  static constexpr double kStandstill = 0.01;

  void protect(const Duty& duty, double dt_s);
  void turn(bool run, double target, double dt_s);
  void push(const Duty& duty, double dt_s);
  /// Head the pump has left to lift water with, in m.
  double surplus_head(const Duty& duty) const;

  double speed_ = 0;
  double target_ = 0;
  bool run_ = false;
  double flow_ = 0;
  double motor_celsius_ = 20;
  double running_s_ = 0;
  double dry_s_ = 0;
  double blocked_s_ = 0;
  std::uint32_t starts_ = 0;
  bool motor_trip_ = false;
  bool dry_run_ = false;
  bool no_flow_ = false;
};

}  // namespace tagwerk::simulator
