#include "simulator/pump_station.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/build_for_test.hpp"

namespace tagwerk::simulator {
namespace {

using namespace std::chrono_literals;

PumpStation settled(std::uint64_t seed = 1) {
  PumpStation station(seed);
  station.step(60s);
  return station;
}

/// Steps until the condition holds; gives the seconds it took, or `most` when it never did.
template <class Condition>
double seconds_until(PumpStation& station, Condition condition, double most = 120) {
  double seconds = 0;
  for (; seconds < most && !condition(); seconds += 0.1)
    station.step(100ms);
  return seconds;
}

auto near_pressure(const PumpStation& station, double bar) {
  return [&station, bar] { return std::abs(station.pressure_bar() - bar) < 0.1; };
}

/// Every number the outside can see.
std::vector<double> numbers(const PumpStation& s) {
  std::vector<double> all{s.pressure_bar(),    s.level_m(),      s.header_bar(),  s.tank_m(),
                          s.inflow_m3h(),      s.power_kw(),     s.inlet_valve(), s.energy_kwh(),
                          s.consumption_m3h(), s.water_celsius()};
  for (std::size_t i = 0; i < PumpStation::kPumps; ++i) {
    const auto& pump = s.pump(i);
    for (const double number :
         {pump.speed(), pump.flow_m3h(), pump.power_kw(), pump.current_a(), pump.motor_celsius(),
          pump.running_hours(), static_cast<double>(pump.starts())}) {
      all.push_back(number);
    }
  }
  return all;
}

double water_error(const PumpStation& s, double initial) {
  const auto& water = s.water();
  return initial + water.supplied_m3 - water.delivered_m3 - water.leaked_m3 - water.spilled_m3 -
         s.stored_m3();
}

void command(PumpStation& station) {
  auto& pump = station.pump(*rc::gen::inRange<std::size_t>(0, 2));
  switch (*rc::gen::inRange(0, 12)) {
    case 0:
      station.controls.pressure_set_bar = *rc::gen::inRange(1, 7);
      break;
    case 1:
      station.controls.level_set_m = *rc::gen::inRange(0, 5);
      break;
    case 2:
      pump.controls.mode = static_cast<Pump::Mode>(*rc::gen::inRange(0, 3));
      break;
    case 3:
      pump.controls.manual_start = *rc::gen::arbitrary<bool>();
      break;
    case 4:
      pump.controls.manual_speed = *rc::gen::inRange(0, 11) / 10.0;
      break;
    case 5:
      pump.faults.motor_protection_open = *rc::gen::arbitrary<bool>();
      break;
    case 6:
      pump.faults.check_valve_blocked = *rc::gen::arbitrary<bool>();
      break;
    case 7:
      station.faults.supply_failed = *rc::gen::arbitrary<bool>();
      break;
    case 8:
      station.faults.pipe_burst = *rc::gen::arbitrary<bool>();
      break;
    case 9:
      station.faults.inlet_valve_stuck = *rc::gen::arbitrary<bool>();
      break;
    case 10:
      station.change_over();
      break;
    default:
      station.reset();
  }
}

RC_GTEST_PROP(PumpStation, NeitherLosesNorMakesWaterWhateverIsDoneToIt, (std::uint64_t seed)) {
  PumpStation station(seed);
  const double initial = station.stored_m3();
  for (int i = 0; i < 20; ++i) {
    command(station);
    station.step(std::chrono::seconds(*rc::gen::inRange(1, 60)));
    RC_ASSERT(std::abs(water_error(station, initial)) < 1e-6);
    for (const double number : numbers(station))
      RC_ASSERT(std::isfinite(number));
    RC_ASSERT(station.tank_m() >= 0);
    RC_ASSERT(station.tank_m() <= 4.0001);
    RC_ASSERT(station.header_bar() >= 0);
    RC_ASSERT(station.header_bar() < 9);
  }
}

RC_GTEST_PROP(PumpStation, IsTheSameForOneSeedHoweverTimeIsCut, (std::uint64_t seed)) {
  PumpStation whole(seed);
  PumpStation cut(seed);
  std::chrono::milliseconds total{};
  for (int i = 0; i < 20; ++i) {
    const std::chrono::milliseconds dt(*rc::gen::inRange(0, 300));
    cut.step(dt);
    total += dt;
  }
  whole.step(total);
  RC_ASSERT(numbers(whole) == numbers(cut));
}

TEST(PumpStation, DiffersBetweenSeeds) {
  EXPECT_NE(numbers(settled(1)), numbers(settled(2)));
}

TEST(PumpStation, ReachesItsSetPointFromAStandstill) {
  PumpStation station(1);
  EXPECT_LT(seconds_until(station, near_pressure(station, 4.0)), 20);
  station.step(20s);
  EXPECT_NEAR(station.header_bar(), 4.0, 0.15);
}

TEST(PumpStation, FollowsANewSetPointWithinTenSeconds) {
  for (const double bar : {5.0, 3.0, 6.0, 2.0, 4.0}) {
    auto station = settled();
    station.controls.pressure_set_bar = bar;
    EXPECT_LT(seconds_until(station, near_pressure(station, bar)), 10) << bar;
    station.step(15s);
    EXPECT_NEAR(station.header_bar(), bar, 0.15) << bar;
  }
}

TEST(PumpStation, HoldsPressureAndLevelOverADay) {
  auto station = settled();
  for (int minute = 0; minute < base::many(24 * 60, 60); ++minute) {
    station.step(60s);
    ASSERT_NEAR(station.header_bar(), 4.0, 0.3) << minute;
    ASSERT_NEAR(station.tank_m(), 2.5, 0.5) << minute;
  }
  EXPECT_EQ(station.pump(0).starts(), 1U);
}

TEST(PumpStation, StandbyTakesOverWhenTheDutyPumpTrips) {
  auto station = settled();
  ASSERT_EQ(station.duty_pump(), 0U);
  station.pump(0).faults.motor_protection_open = true;
  station.step(100ms);
  EXPECT_EQ(station.pump(0).state(), Pump::State::fault);
  EXPECT_EQ(station.duty_pump(), 1U);
  station.step(20s);
  EXPECT_NEAR(station.header_bar(), 4.0, 0.2);
  EXPECT_EQ(station.pump(0).speed(), 0);
  EXPECT_TRUE(station.any_fault());
}

TEST(PumpStation, AFaultStaysUntilItsCauseIsGoneAndItIsReset) {
  auto station = settled();
  auto& pump = station.pump(0);
  pump.faults.motor_protection_open = true;
  station.step(1s);
  station.reset();
  station.step(1s);
  EXPECT_TRUE(pump.motor_trip());
  pump.faults.motor_protection_open = false;
  station.step(1s);
  EXPECT_TRUE(pump.motor_trip());
  station.reset();
  station.step(1s);
  EXPECT_TRUE(pump.available());
}

TEST(PumpStation, ChangesOverAfterTheHoursWithoutLosingPressure) {
  auto station = settled();
  station.controls.changeover_hours = 1;
  EXPECT_LT(seconds_until(station, [&] { return station.duty_pump() == 1; }, 4000), 3700);
  for (int i = 0; i < 200; ++i) {
    station.step(100ms);
    ASSERT_NEAR(station.header_bar(), 4.0, 0.8) << i;
  }
  EXPECT_EQ(station.pump(0).state(), Pump::State::stopped);
  EXPECT_EQ(station.pump(1).state(), Pump::State::running);
  EXPECT_EQ(station.pump(1).starts(), 1U);
}

TEST(PumpStation, TripsOnDryRunWhenTheSupplyFails) {
  auto station = settled();
  station.faults.supply_failed = true;
  EXPECT_LT(seconds_until(station, [&] { return station.pump(1).dry_run(); }, 20000), 20000);
  EXPECT_TRUE(station.pump(0).dry_run());
  EXPECT_TRUE(station.level_low());
  EXPECT_GT(station.tank_m(), 0);
}

TEST(PumpStation, TripsOnNoFlowWhenTheCheckValveIsBlocked) {
  auto station = settled();
  station.pump(0).faults.check_valve_blocked = true;
  EXPECT_LT(seconds_until(station, [&] { return station.pump(0).no_flow(); }), 20);
  EXPECT_FALSE(station.pump(0).check_valve_open());
  station.step(20s);
  EXPECT_NEAR(station.header_bar(), 4.0, 0.2);
}

TEST(PumpStation, ABrokenPressureSensorShowsACutWireAndTheStationGoesOn) {
  auto station = settled();
  station.faults.pressure_sensor_broken = true;
  station.step(30s);
  EXPECT_EQ(station.pressure_bar(), -2.5);
  EXPECT_GT(station.header_bar(), 2.0);
}

TEST(PumpStation, AManualPumpRunsAtItsOwnSpeed) {
  auto station = settled();
  auto& pump = station.pump(1);
  pump.controls = {Pump::Mode::manual, 0.8, true};
  station.step(10s);
  EXPECT_DOUBLE_EQ(pump.speed(), 0.8);
  pump.controls.manual_start = false;
  station.step(10s);
  EXPECT_EQ(pump.state(), Pump::State::stopped);
  EXPECT_EQ(pump.starts(), 1U);
}

TEST(PumpStation, WithBothPumpsOffThePressureFallsToNothing) {
  auto station = settled();
  for (std::size_t i = 0; i < 2; ++i)
    station.pump(i).controls.mode = Pump::Mode::off;
  station.step(300s);
  EXPECT_LT(station.header_bar(), 0.3);
  EXPECT_TRUE(station.pressure_low());
}

}  // namespace
}  // namespace tagwerk::simulator
