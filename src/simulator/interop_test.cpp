#include <cstdlib>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <string>

#include "simulator/running_simulator.hpp"

// Clients written by others against the simulated pump station.

namespace tagwerk::simulator {
namespace {

bool runs(const std::string& command) {
  return std::system(command.c_str()) == 0;
}

TEST(SimulatorInterop, PymodbusReadsAndWritesIt) {
  if (!runs("/usr/bin/python3 -c 'import pymodbus.client' 2>/dev/null")) {
    GTEST_SKIP() << "python3-pymodbus or python3-serial-asyncio is not installed";
  }
  RunningSimulator simulator(run_pump_station);
  EXPECT_TRUE(runs(fmt::format("/usr/bin/python3 {}/tests/interop/modbus_simulator_pymodbus.py {}",
                               TAGWERK_SOURCE_DIR, simulator.port())));
}

TEST(SimulatorInterop, MbpollReadsItsRegisters) {
  if (!runs("command -v mbpoll >/dev/null")) GTEST_SKIP() << "mbpoll is not installed";
  RunningSimulator simulator(run_pump_station);
  const auto poll = [&](const char* arguments) {
    return runs(fmt::format("mbpoll -m tcp -a 1 -0 -1 -q -p {} {} 127.0.0.1 >/dev/null 2>&1",
                            simulator.port(), arguments));
  };
  EXPECT_TRUE(poll("-t 3:float -B -r 0 -c 8"));
  EXPECT_TRUE(poll("-t 4 -r 100 -c 4"));
  EXPECT_TRUE(poll("-t 1 -r 100 -c 7"));
  EXPECT_FALSE(poll("-t 4 -r 5000 -c 4"));
}

}  // namespace
}  // namespace tagwerk::simulator
