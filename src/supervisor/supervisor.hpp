#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/worker.hpp"
#include "engine/runner.hpp"
#include "net/event_loop.hpp"
#include "supervisor/connector_status.hpp"
#include "supervisor/managed_connector.hpp"
#include "supervisor/marks.hpp"
#include "supervisor/probe.hpp"
#include "supervisor/trace_collector.hpp"

namespace tagwerk::supervisor {

/// Starts, watches and restarts connectors, accepts their links and feeds the engine.
///
/// After start() the link socket opens after a short delay, so that subscribers of a restarted
/// server are back before its connectors hand over what they kept. A connector whose process is
/// still there from an earlier server is waited for (2 s) before another one is started.
///
/// Threads: one event loop for sessions and processes, one worker for the marks' fsync; public
///          members from any thread, write() from the engine's. Made anywhere; destroyed on the
///          loop's thread or when the loop does not run any more, before loop and engine
/// Owns:    its sessions; processes of connectors live on when it is destroyed without stop()
class Supervisor : public engine::WriteTarget {
 public:
  struct Options {
    std::string executable;
    std::string data_dir;
    std::string link_socket;
    std::string instance;
    Duration link_delay = std::chrono::milliseconds(300);
    Duration adoption = std::chrono::seconds(2);
    std::size_t lane_samples = 262'144;  ///< what the engine may have waiting of one connector
  };

  /// Fails: when DATA/marks.sqlite cannot be used
  static Result<std::unique_ptr<Supervisor>> make(net::EventLoop& loop,
                                                  engine::EngineRunner& engine, Options options);
  ~Supervisor() override;

  /// Fails: when the socket cannot be bound (reported through the log and failure())
  void start();
  /// Asks every connector to end, kills those that do not within 3 s, then calls done on the loop.
  void stop(std::move_only_function<void()> done);

  void apply(std::shared_ptr<const model::Plant> plant);

  enum class Control { start, stop, restart };
  using ControlDone = std::move_only_function<void(Result<ConnectorStatus>)>;
  /// Fails: not_found; conflict when the connector is disabled
  void control(std::string name, Control what, std::string who, ControlDone done);

  void write(engine::DeviceWrite write, engine::WriteDone done) override;

  /// Asks a running connector: docs/formats/link.md "Requests".
  /// Fails: not_found; conflict when it is not running; invalid_argument with its own sentence;
  ///        timeout, unavailable, limit_exceeded
  void ask(std::string connector, std::string what, std::string json, Duration within,
           Session::Replied done);
  /// Asks a process that is started for this question alone; see Probe.
  /// Fails: as ask; limit_exceeded while four of them run
  void try_out(Probe::Question question, Session::Replied done);
  /// Frames of a running connector's wires, oldest first.
  /// Fails: as ask
  void trace(std::string connector, link::TraceRequest request, TraceCollector::Done done);

  /// At most a second old, newer after a change of state. Sorted by name.
  std::shared_ptr<const std::vector<ConnectorStatus>> connectors() const;
  Result<std::vector<LogLine>> log(std::string_view name, std::size_t lines) const;
  /// A background failure that lasts: "" or a sentence.
  std::string failure() const;

 private:
  struct Acceptor;
  struct SlotOwner {
    ManagedConnector* connector = nullptr;
    TagId tag = 0;
    std::uint32_t handle = kNoSlot;  ///< none: its connector's configuration is not in force
  };

  Supervisor(net::EventLoop& loop, engine::EngineRunner& engine, Options options,
             std::unique_ptr<MarkStore> store, Marks marks);
  /// On the loop, unless this object is gone by then.
  template <class Task>
  void post(Task task);
  void open_link();
  Status listen();
  void accept_next();
  void accepted(int socket);
  void greet(const std::shared_ptr<Session>& session, const link::Hello& hello);
  void launch_all();
  bool process_may_come_back(const std::string& name) const;
  void launch(const std::string& name, ManagedConnector& connector);
  void take_over(const std::shared_ptr<const model::Plant>& plant);
  void remove_missing(const model::Plant& plant);
  void assign_owners(const model::Plant& plant);
  void save_marks(bool now);
  void marks_saved(const Marks& marks, const Status& status);
  void publish_status();
  void publish_soon();
  void ask_for_trace(const std::string& connector, link::TraceRequest request,
                     Session::Traced done);
  void check_stopped();
  void set_failure(std::string why);

  net::EventLoop& loop_;
  engine::EngineRunner& engine_;
  const Options options_;
  ConnectorContext context_;
  std::unique_ptr<MarkStore> store_;
  /// Expires with this object: what is posted looks first.
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  base::Worker marks_worker_{"marks"};

  // Only on the loop's thread.
  Marks marks_;
  std::map<std::string, std::unique_ptr<ManagedConnector>, std::less<>> connectors_;
  std::vector<std::unique_ptr<ManagedConnector>> leaving_;  ///< of no plant any more, still ending
  std::vector<std::unique_ptr<Probe>> probes_;
  std::uint64_t last_probe_ = 0;
  std::vector<SlotOwner> owners_;                    ///< by slot
  std::vector<std::shared_ptr<Session>> strangers_;  ///< before their hello
  std::unique_ptr<Acceptor> acceptor_;
  net::Timer delay_timer_;
  net::Timer mark_timer_;
  net::Timer status_timer_;
  bool launched_ = false;
  bool saving_ = false;
  bool publishing_ = false;  ///< publish_status() is on its way
  bool stopping_ = false;
  MonoTime stop_deadline_{};
  std::move_only_function<void()> stopped_;

  mutable std::mutex shared_mutex_;  ///< copies for other threads
  std::shared_ptr<const std::vector<ConnectorStatus>> statuses_;
  std::map<std::string, std::shared_ptr<LogRing>, std::less<>> logs_;
  std::string failure_;
};

}  // namespace tagwerk::supervisor
