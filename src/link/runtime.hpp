#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <tagwerk/connector.hpp>

#include "link/buffer.hpp"
#include "link/configuration.hpp"
#include "link/data_directory.hpp"
#include "link/device.hpp"
#include "link/filter.hpp"
#include "link/overflow.hpp"
#include "link/session.hpp"

namespace tagwerk::link {

/// How a connector's process ends.
inline constexpr int kExitStopped = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitAlone = 3;    ///< no server for RunOptions::alone
inline constexpr int kExitRefused = 4;  ///< the server does not want it; starting again is no use
inline constexpr int kExitLocked = 5;   ///< another process has its data directory

struct RunOptions {
  std::string name;
  std::string link;   ///< path of the server's socket
  std::string data;   ///< its own directory
  std::string token;  ///< empty on the local socket
  Duration alone = std::chrono::minutes(15);
  BufferLimits buffer;
  StreamTimes link_times;
};

/// A connector's process: runs until the server or a signal stops it. What `tagwerk connector`
/// calls. Threads: makes its own event loop and uses only the calling thread
/// Returns: one of the exit codes above
int run_connector(const RunOptions& options, std::unique_ptr<Connector> connector);

/// Everything between a Connector and the server: docs/formats/link.md.
/// Threads: the event loop's
/// Owns:    the connector, its data directory, unacknowledged samples (RunOptions::buffer), the
/// last
///          frames of its wires
class Runtime final : private ConnectorHost, private DeviceSink, private SessionOwner {
 public:
  Runtime(boost::asio::io_context& loop, RunOptions options, std::unique_ptr<Connector> connector);
  ~Runtime();

  /// Locks the data directory, starts what was configured before and looks for the server.
  /// `finished` is called once, with the exit code, when the runtime is done.
  /// Fails: conflict when another process has the directory, io
  Status start(std::function<void(int)> finished);
  /// As the server's stop: finishes writes, waits at most 2 s for acknowledgements.
  void stop(std::string_view why);

 private:
  // ConnectorHost
  void log(ConnectorLog level, std::string_view text) override;
  void lost(const std::string& device, Error why) override;
  void samples(std::span<Sample> samples) override;
  TraceRing& trace() override { return trace_; }
  // DeviceSink
  void on_samples(std::vector<Sample> samples) override;
  void on_written(std::uint64_t id, WriteOutcome outcome) override;
  void on_log(ConnectorLog level, std::string_view text) override { log(level, text); }
  void on_change() override { changed_ = true; }
  void on_idle() override;
  // SessionOwner
  Hello hello() override;
  void on_welcome(const Welcome& welcome) override;
  void on_refused(const Refused& refused) override;
  Status on_frame(FrameType type, base::ByteView payload) override;
  void on_sent() override { pump(); }
  void on_gone(const Error& why) override;

  Status on_configure(base::ByteView payload);
  Status on_ack(base::ByteView payload);
  Status on_write(base::ByteView payload);
  Status on_request(base::ByteView payload);
  Status on_trace_request(base::ByteView payload);
  void load_configuration();
  void take(Configuration configuration);
  void try_apply();
  Status apply(Configuration configuration);
  void install(const std::vector<BindingProblem>& problems);
  void keep(const Configuration& configuration);
  void report_problems();
  void tell_again();

  void emit(std::vector<Sample> samples);
  void drop(const FrameBuffer::Entry& entry);
  void pump();
  void tick();
  void send_state();
  std::string state_json() const;
  bool all_idle() const;
  /// Runs it from the loop, unless the runtime is gone by then.
  void later(std::move_only_function<void()> what);
  void finish(int code);

  boost::asio::io_context& loop_;
  const RunOptions options_;
  std::unique_ptr<Connector> connector_;
  std::function<void(int)> finished_;
  std::optional<DataDirectory> directory_;
  Session session_;
  boost::asio::steady_timer tick_timer_;
  boost::asio::steady_timer stop_timer_;
  const MonoTime origin_;

  ConfigurationAssembler assembler_;
  std::optional<Configuration> waiting_;  ///< to be applied when no operation runs
  std::unique_ptr<ConnectorConfiguration> current_;
  std::vector<Binding> bindings_;  ///< by handle
  std::vector<BindingProblem> problems_;
  std::size_t faulty_ = 0;  ///< bindings with a problem
  std::map<std::string, std::shared_ptr<Device>, std::less<>> devices_;
  TraceRing trace_;

  std::uint64_t epoch_ = 0;
  std::uint64_t next_sequence_ = 1;
  FrameBuffer buffer_;
  SampleFilter filter_;
  OverflowMarks marks_;
  std::uint64_t dropped_ = 0;  ///< samples

  std::deque<Log> log_;  ///< lines made while there was no server
  std::string sent_state_;
  bool changed_ = true;
  bool stopping_ = false;
  bool done_ = false;
  MonoTime alone_since_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace tagwerk::link
