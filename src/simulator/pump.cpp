#include "simulator/pump.hpp"

#include <algorithm>
#include <cmath>

namespace tagwerk::simulator {
namespace {

constexpr double kShutOffHead = 75;      // m at nominal speed, no flow
constexpr double kCurve = 25.0 / 900.0;  // m per (m³/h)²: 50 m at 30 m³/h
constexpr double kMetresPerBar = 10.197;
constexpr double kRampUp = 0.25;  // of nominal speed per second
constexpr double kRampDown = 0.33;
constexpr double kInertia_s = 0.2;  // of the water in the pipe
constexpr double kEfficiency = 0.68;
constexpr double kAmperesPerKw = 1.70;  // 400 V, three phases, cos φ 0.85
constexpr double kMagnetising_a = 2.2;
constexpr double kPrimeLevel_m = 0.10;  // below it the pump draws air
constexpr double kDryLevel_m = 0.25;    // the float switch in the suction pit
constexpr double kDryDelay_s = 3;
constexpr double kNoFlowDelay_s = 10;

double toward(double value, double target, double up, double down) {
  return std::clamp(target, value - down, value + up);
}

}  // namespace

void Pump::step(const Duty& duty, double dt_s) {
  protect(duty, dt_s);
  const bool manual = controls.mode == Mode::manual;
  const bool wanted = manual ? controls.manual_start : controls.mode == Mode::automatic && duty.run;
  turn(wanted && !faulted(), manual ? controls.manual_speed : duty.speed, dt_s);
  push(duty, dt_s);
  motor_celsius_ += (20 + 9 * power_kw() - motor_celsius_) * dt_s / 300;
}

void Pump::reset() {
  motor_trip_ = dry_run_ = no_flow_ = false;
  dry_s_ = blocked_s_ = 0;
}

Pump::State Pump::state() const {
  if (faulted()) return State::fault;
  if (!run_) return running() ? State::stopping : State::stopped;
  return speed_ < target_ - 0.1 ? State::starting : State::running;
}

double Pump::power_kw() const {
  if (!running()) return 0;
  const double head = std::max(0.0, speed_ * speed_ * kShutOffHead - kCurve * flow_ * flow_);
  return flow_ * head * 9.81 / 3600 / kEfficiency + 0.15 + 0.6 * speed_ * speed_ * speed_;
}

double Pump::current_a() const {
  return running() ? std::hypot(power_kw() * kAmperesPerKw, kMagnetising_a) : 0;
}

void Pump::protect(const Duty& duty, double dt_s) {
  if (faults.motor_protection_open) motor_trip_ = true;
  dry_s_ = running() && duty.level_m < kDryLevel_m ? dry_s_ + dt_s : 0;
  if (dry_s_ > kDryDelay_s) dry_run_ = true;
  const bool should_flow = running() && surplus_head(duty) > 2;
  blocked_s_ = should_flow && flow_ < 0.3 ? blocked_s_ + dt_s : 0;
  if (blocked_s_ > kNoFlowDelay_s) no_flow_ = true;
}

void Pump::turn(bool run, double target, double dt_s) {
  if (run && !run_) ++starts_;
  run_ = run;
  target_ = run ? std::clamp(target, 0.0, 1.0) : 0;
  speed_ = toward(speed_, target_, kRampUp * dt_s, kRampDown * dt_s);
  if (running()) running_s_ += dt_s;
}

void Pump::push(const Duty& duty, double dt_s) {
  const bool moves = running() && !faults.check_valve_blocked && duty.level_m > kPrimeLevel_m;
  const double flow = moves ? std::sqrt(std::max(0.0, surplus_head(duty)) / kCurve) : 0;
  flow_ += (flow - flow_) * std::min(1.0, dt_s / kInertia_s);
  if (flow_ < 1e-6) flow_ = 0;
}

double Pump::surplus_head(const Duty& duty) const {
  return speed_ * speed_ * kShutOffHead + duty.level_m - duty.header_bar * kMetresPerBar;
}

}  // namespace tagwerk::simulator
