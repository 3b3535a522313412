#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <tagwerk/connector.hpp>

#include "link/backoff.hpp"
#include "link/latency.hpp"
#include "link/schedule.hpp"
#include "link/write_queue.hpp"

namespace tagwerk::link {

/// Where a device's results go.
class DeviceSink {
 public:
  virtual void on_samples(std::vector<Sample> samples) = 0;
  virtual void on_written(std::uint64_t id, WriteOutcome outcome) = 0;
  virtual void on_log(ConnectorLog level, std::string_view text) = 0;
  /// A counter or the state is another.
  virtual void on_change() = 0;
  /// A device that is held runs nothing any more.
  virtual void on_idle() = 0;

 protected:
  ~DeviceSink() = default;
};

enum class DeviceState : std::uint8_t { idle, connecting, connected, unreachable };
std::string_view to_string(DeviceState state);

struct DeviceCounters {
  std::uint64_t polls = 0;
  std::uint64_t failed = 0;
  std::uint64_t overruns = 0;
  std::uint64_t writes = 0;
  std::uint64_t writes_failed = 0;
  std::uint64_t connects = 0;
  UtcTime last_data = kNever;  ///< last poll that was answered
};

/// One device of a connector: connects, polls its groups when they are due, sends writes ahead,
/// disconnects and comes back when it does not answer. It counts as connected when it has answered
/// something, not when it has accepted a connection.
/// Threads: the connector's event loop
class Device : public std::enable_shared_from_this<Device> {
 public:
  Device(boost::asio::io_context& loop, Connector& connector, DeviceSink& sink, std::string name,
         MonoTime origin);

  /// No operation runs. The groups live until the next call; `handles` are those of the bindings
  /// that the connector can serve, in order.
  void configure(std::vector<const ScanGroup*> groups, std::vector<std::uint32_t> handles);
  void write(PendingWrite write);
  void lost(const Error& why);
  /// Its tags' quality once more, for a server that does not know it.
  void tell_again() {
    if (bad_) report_unreachable();
  }

  /// Starts nothing any more and says on_idle() when nothing runs (never inside this call).
  void hold();
  /// Goes on.
  void release();
  bool busy() const { return connecting_ || polling_ || !writing_.empty(); }
  /// For good: closes the connection, answers the writes that wait.
  void shut_down(std::string_view why);

  const std::string& name() const { return name_; }
  DeviceState state() const { return state_; }
  UtcTime since() const { return since_; }
  const std::string& error() const { return error_; }
  const DeviceCounters& counters() const { return counters_; }
  const Latency& latency() const { return latency_; }
  /// Where it is, in the connector's words.
  std::string address() const;
  std::size_t bindings() const { return handles_.size(); }

 private:
  struct RunningWrite {
    PendingWrite write;
    bool answered = false;
  };

  void read_all_now();
  void wake();
  void drive();
  void arm();
  void expire(MonoTime now);
  void connect(MonoTime now);
  void start_poll(std::size_t group, MonoTime now);
  void start_writes(std::vector<PendingWrite> writes);
  void on_connected(const Status& status);
  void on_polled(PollOutcome outcome);
  void on_written(std::vector<WriteOutcome> outcomes);
  void went_well();
  void fell(const Error& why);
  void break_off(const Error& why);
  void answer(const PendingWrite& write, WriteOutcome outcome);
  void report_unreachable();
  void enter(DeviceState state);
  bool wanted() const { return !groups_.empty() || !writes_.empty(); }

  boost::asio::io_context& loop_;
  Connector& connector_;
  DeviceSink& sink_;
  const std::string name_;
  const MonoTime origin_;
  boost::asio::steady_timer timer_;

  std::vector<const ScanGroup*> groups_;
  std::vector<std::uint32_t> handles_;
  Schedule schedule_;
  WriteQueue writes_;
  Backoff backoff_;
  Latency latency_;
  DeviceCounters counters_;

  DeviceState state_ = DeviceState::idle;
  UtcTime since_;
  std::string error_;
  MonoTime retry_at_{};
  MonoTime started_{};                 ///< of the running connect or poll
  std::vector<RunningWrite> writing_;  ///< those that go in one request
  bool connecting_ = false;
  bool open_ = false;  ///< there is a connection; whether anybody answers on it is not known
  bool polling_ = false;
  bool held_ = false;
  bool woken_ = false;
  bool bad_ = false;     ///< its tags were said to be without communication
  bool proven_ = false;  ///< it answered something since it was connected
  /// Grows when running operations are given up; their answers are then ignored.
  std::uint64_t round_ = 0;
};

}  // namespace tagwerk::link
