#include "simulator/pump_station.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace tagwerk::simulator {
namespace {

constexpr double kTankArea_m2 = 12;
constexpr double kTankHeight_m = 4;
constexpr double kHeaderElasticity = 0.01;  // m³ the header and its vessel take per bar
constexpr double kReference_bar = 4;        // the pressure at which consumers take their demand
constexpr double kSupply_m3h = 40;
constexpr double kLeak_m3h = 12;
constexpr double kValveStroke_s = 10;
constexpr double kValvePerMetre = 2;    // fully open half a metre below the set point
constexpr double kGain = 0.10;          // speed per bar
constexpr double kIntegralGain = 0.08;  // speed per bar and second
constexpr double kBlindSpeed = 0.75;    // without a pressure sensor
constexpr double kBlindValve = 0.3;     // without a level sensor
constexpr double kCutWirePressure_bar = -2.5;
constexpr double kCutWireLevel_m = -1.25;
constexpr double kDay_s = 86400;
constexpr double kStartOfDay_s = 6 * 3600;

/// m³ that flow in one tick.
double volume(double flow_m3h, double dt_s) {
  return flow_m3h * dt_s / 3600;
}

}  // namespace

void PumpStation::step(std::chrono::nanoseconds dt) {
  for (pending_ += dt; pending_ >= kTick; pending_ -= kTick) {
    tick(std::chrono::duration<double>(kTick).count());
  }
}

void PumpStation::reset() {
  for (auto& pump : pumps_)
    pump.reset();
}

void PumpStation::change_over() {
  const auto other = (duty_ + 1) % kPumps;
  if (!pumps_[other].available()) return;
  duty_ = other;
  duty_s_ = 0;
  handing_over_ = true;
}

double PumpStation::tank_m() const {
  return tank_m3_ / kTankArea_m2;
}

double PumpStation::water_celsius() const {
  return 12 + 1.5 * std::sin(2 * std::numbers::pi * (time_of_day() / kDay_s - 0.4));
}

double PumpStation::stored_m3() const {
  return tank_m3_ + header_bar_ * kHeaderElasticity;
}

bool PumpStation::any_fault() const {
  return pumps_[0].faulted() || pumps_[1].faulted() || faults.pressure_sensor_broken ||
         faults.level_sensor_broken || faults.inlet_valve_stuck;
}

void PumpStation::tick(double dt_s) {
  ++ticks_;
  choose_duty(dt_s);
  control_pressure(dt_s);
  control_level(dt_s);
  run_pumps(dt_s);
  move_water(dt_s);
  energy_kwh_ += power_kw() * dt_s / 3600;
  measure();
}

void PumpStation::choose_duty(double dt_s) {
  const auto& duty = pumps_[duty_];
  if (duty.running()) duty_s_ += dt_s;
  if (!duty.available() || duty_s_ >= controls.changeover_hours * 3600) change_over();
  if (pumps_[duty_].speed() > speed_ - 0.05) handing_over_ = false;
}

void PumpStation::control_pressure(double dt_s) {
  const auto& duty = pumps_[duty_];
  if (!duty.available()) {
    speed_ = integral_ = 0;
    return;
  }
  if (faults.pressure_sensor_broken) {
    speed_ = integral_ = kBlindSpeed;
    return;
  }
  const double error = controls.pressure_set_bar - shown_pressure_;
  // While the pump still runs up or down the integral waits, or it would run away.
  const bool follows = std::abs(duty.speed() - speed_) < 0.05;
  if (follows) integral_ = std::clamp(integral_ + kIntegralGain * error * dt_s, 0.0, 1.0);
  speed_ = std::clamp(integral_ + kGain * error, 0.0, 1.0);
}

void PumpStation::control_level(double dt_s) {
  if (faults.inlet_valve_stuck) return;
  const double wanted = faults.level_sensor_broken
                            ? kBlindValve
                            : (controls.level_set_m - shown_level_) * kValvePerMetre;
  const double stroke = dt_s / kValveStroke_s;
  inlet_valve_ =
      std::clamp(std::clamp(wanted, 0.0, 1.0), inlet_valve_ - stroke, inlet_valve_ + stroke);
}

void PumpStation::run_pumps(double dt_s) {
  for (std::size_t i = 0; i < kPumps; ++i) {
    const bool run = i == duty_ || handing_over_;
    pumps_[i].step({run, speed_, tank_m(), header_bar_}, dt_s);
  }
}

void PumpStation::move_water(double dt_s) {
  inflow_ = faults.supply_failed ? 0 : inlet_valve_ * kSupply_m3h;
  const double supplied = volume(inflow_, dt_s);
  const double wanted = volume(pumps_[0].flow_m3h() + pumps_[1].flow_m3h(), dt_s);
  const double pumped = std::min(wanted, tank_m3_ + supplied);
  if (pumped < wanted) {
    for (auto& pump : pumps_)
      pump.limit_flow(pump.flow_m3h() * pumped / wanted);
  }
  tank_m3_ += supplied - pumped;
  const double spilled = std::max(0.0, tank_m3_ - kTankArea_m2 * kTankHeight_m);
  tank_m3_ -= spilled;

  const double force = std::sqrt(header_bar_ / kReference_bar);
  const double wished = volume(demand(dt_s) * force, dt_s);
  const double leaking = faults.pipe_burst ? volume(kLeak_m3h * force, dt_s) : 0;
  const double in_header = header_bar_ * kHeaderElasticity + pumped;
  const double share = std::min(1.0, in_header / std::max(wished + leaking, 1e-12));
  header_bar_ = std::max(0.0, (in_header - (wished + leaking) * share) / kHeaderElasticity);
  consumption_ = wished * share / dt_s * 3600;

  water_.supplied_m3 += supplied;
  water_.delivered_m3 += wished * share;
  water_.leaked_m3 += leaking * share;
  water_.spilled_m3 += spilled;
}

void PumpStation::measure() {
  const double pressure = std::max(0.0, header_bar_ + 0.003 * noise_.normal());
  const double level = std::max(0.0, tank_m() + 0.001 * noise_.normal());
  shown_pressure_ = faults.pressure_sensor_broken ? kCutWirePressure_bar : pressure;
  shown_level_ = faults.level_sensor_broken ? kCutWireLevel_m : level;
}

/// Two peaks a day, morning and evening, and consumers who open and close taps.
double PumpStation::demand(double dt_s) {
  constexpr double kTau_s = 30;
  demand_noise_ += -demand_noise_ * dt_s / kTau_s + std::sqrt(2 * dt_s / kTau_s) * noise_.normal();
  const double phase = 2 * std::numbers::pi * time_of_day() / kDay_s;
  const double daily = 11 - 3.5 * std::cos(phase - 0.3) - 2.5 * std::cos(2 * phase - 1.8);
  return std::max(1.0, daily + 0.8 * demand_noise_);
}

double PumpStation::time_of_day() const {
  return std::fmod(kStartOfDay_s + static_cast<double>(ticks_) / kTicksPerSecond, kDay_s);
}

}  // namespace tagwerk::simulator
