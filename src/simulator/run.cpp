#include "simulator/run.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <vector>

#include "simulator/modbus_server.hpp"
#include "simulator/pump_station_unit.hpp"
#include "simulator/signals.hpp"

namespace tagwerk::simulator {
namespace {

using namespace std::chrono_literals;
using Clock = boost::asio::steady_timer::clock_type;

/// Calls `act` every period, without drift, with the time since the last call.
class Ticker {
 public:
  using Act = std::function<void(std::chrono::nanoseconds since_last)>;

  Ticker(boost::asio::io_context& context, std::chrono::nanoseconds period, Act act)
      : timer_(context), period_(period), act_(std::move(act)), last_(Clock::now()), next_(last_) {
    wait();
  }
  void stop() {
    stopped_ = true;
    timer_.cancel();
  }

 private:
  void wait() {
    next_ = std::max(next_ + period_, last_);
    timer_.expires_at(next_);
    timer_.async_wait([this](boost::system::error_code error) {
      // A tick that was due when it was stopped is on its way without an error.
      if (error || stopped_) return;
      const auto now = Clock::now();
      act_(now - std::exchange(last_, now));
      wait();
    });
  }

  boost::asio::steady_timer timer_;
  const std::chrono::nanoseconds period_;
  const Act act_;
  Clock::time_point last_;
  Clock::time_point next_;
  bool stopped_ = false;
};

Status check(const Options& options) {
  if (options.speed >= 0.01 && options.speed <= 1000) return {};
  return fail(ErrorCode::invalid_argument, "speed {} is outside 0.01 to 1000", options.speed);
}

Status serve_until(std::stop_token stop, const Options& options, const OnListening& on_listening,
                   ModbusServer::Units units, std::chrono::nanoseconds period, Ticker::Act act) {
  boost::asio::io_context context(1);
  ModbusServer server(context, {options.host, options.port, options.max_clients}, std::move(units));
  if (auto listening = server.listen(); !listening) return listening;
  Ticker ticker(context, period, std::move(act));
  const std::stop_callback on_stop(std::move(stop), [&] {
    boost::asio::post(context, [&] {
      ticker.stop();
      server.close();
    });
  });
  on_listening(options.host, server.port());
  context.run();
  return {};
}

}  // namespace

Status run_pump_station(const Options& options, const OnListening& on_listening,
                        std::stop_token stop) {
  if (auto good = check(options); !good) return good;
  PumpStation station(options.seed);
  PumpStationUnit unit(station);
  const auto units = [&unit](std::uint8_t id) -> ModbusUnit* {
    return id <= 1 || id == 255 ? &unit : nullptr;
  };
  const auto step = [&](std::chrono::nanoseconds since_last) {
    // After the machine slept the plant goes on where it was.
    const std::chrono::duration<double, std::nano> time = std::min(since_last, 1'000'000'000ns);
    station.step(std::chrono::nanoseconds(static_cast<std::int64_t>(time.count() * options.speed)));
  };
  return serve_until(std::move(stop), options, on_listening, units, 50ms, step);
}

Status run_signals(const Options& options, const OnListening& on_listening, std::stop_token stop) {
  if (auto good = check(options); !good) return good;
  std::uint32_t step = 0;
  std::vector<SignalUnit> signals;
  for (std::uint8_t id = 1; id <= kSignalUnits; ++id)
    signals.emplace_back(id, step);
  const auto units = [&signals](std::uint8_t id) -> ModbusUnit* {
    return id >= 1 && id <= kSignalUnits ? &signals[id - 1U] : nullptr;
  };
  const std::chrono::nanoseconds period(static_cast<std::int64_t>(1e9 / options.speed));
  return serve_until(std::move(stop), options, on_listening, units, period,
                     [&step](std::chrono::nanoseconds) { ++step; });
}

}  // namespace tagwerk::simulator
