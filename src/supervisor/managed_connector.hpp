#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "engine/runner.hpp"
#include "net/event_loop.hpp"
#include "supervisor/binding_map.hpp"
#include "supervisor/connector_status.hpp"
#include "supervisor/log_ring.hpp"
#include "supervisor/marks.hpp"
#include "supervisor/process.hpp"
#include "supervisor/session.hpp"

namespace tagwerk::supervisor {

/// What all connectors of a server share.
struct ConnectorContext {
  net::EventLoop& loop;
  engine::EngineRunner& engine;
  std::string executable;  ///< of this program
  std::string data_dir;    ///< a connector's own is data_dir/connectors/NAME
  std::string link_socket;
  std::string instance;
  std::size_t lane_samples;       ///< what the engine may have waiting of one connector
  std::function<void()> changed;  ///< a connector has entered another state
};

/// One connector: its process, its session, its part of the plant. Brings the process back with
/// backoff (0.5 s × 2, at most 30 s), except after a configuration error, which only another
/// configuration can mend.
/// Threads: the loop's
class ManagedConnector : private Session::Owner {
 public:
  ManagedConnector(ConnectorContext& context, std::string name, Mark durable);
  ~ManagedConnector() override;

  /// Takes over its part of a plant; only what changed reaches the connector. A plant without this
  /// connector ends it for good.
  void apply(const std::shared_ptr<const model::Plant>& plant);

  void start();
  /// As start, but a process of an earlier server has this long to come back.
  void await(Duration patience);
  void stop(const std::string& who);
  void restart(const std::string& who);
  /// From now on nothing is brought back; the process is asked to end.
  void shut_down(const std::string& why);
  void kill();
  /// Once a second or so: what nobody calls back for.
  void tend();
  bool ended() const { return process_ == nullptr && session_ == nullptr; }

  /// Takes or refuses a connection that said this connector's name.
  void accept(const std::shared_ptr<Session>& session, const link::Hello& hello);

  /// Handles of the present configuration, for the map of slots.
  const BindingMap* bindings() const { return bindings_ ? &*bindings_ : nullptr; }
  void write(std::uint32_t handle, const engine::DeviceWrite& write, engine::WriteDone done);
  /// Fails: conflict when it is not running, and as Session::request and trace
  void request(std::string what, std::string json, Duration within, Session::Replied done);
  void trace(link::TraceRequest request, Duration within, Session::Traced done);

  /// What may be made durable now: what was applied when this was asked the last time, so that
  /// subscribers had time to get it before a producer stops holding it. `now`: all that is applied.
  std::optional<Mark> next_mark(bool now);
  void made_durable(const Mark& mark);

  const std::string& name() const { return name_; }
  ConnectorStatus status() const;
  const std::shared_ptr<LogRing>& log() const { return log_; }

 private:
  void on_configured(const link::Configured& frame) override;
  void on_configuration_error(const link::ConfigurationError& frame) override;
  void on_log(const link::Log& frame) override;
  void on_state(const link::State& frame) override;
  void on_closed(const std::string& why) override;
  const std::vector<Slot>* slots_of(std::uint64_t revision) override;

  void take_bindings(const model::Plant& plant, const model::ConnectorDefinition& definition);
  void take_state(const model::ConnectorDefinition& definition);
  std::string reason_to_refuse(const Session& session, const link::Hello& hello) const;
  bool wanted() const;
  /// What to tell who asks a connector that cannot answer now.
  std::unexpected<Error> not_running() const;
  void enter(ConnectorState state, std::string detail);
  void launch();
  void on_ended(int exit_code, const std::string& how);
  void gone();
  void come_back(const std::string& why);
  void wind_up(const std::string& why);
  void end_process();
  void adopt(int pid);
  void mark_tags(std::span<const Slot> slots, Quality quality);
  std::shared_ptr<EpochProgress> progress_for(const link::Hello& hello);
  void note(std::string level, std::string text);

  ConnectorContext& context_;
  const std::string name_;
  const std::string directory_;
  std::string type_;
  bool enabled_ = false;
  bool started_ = false;  ///< start() or await() was called once: the server launches connectors
  bool stopped_by_person_ = false;
  bool shutting_down_ = false;
  bool removed_ = false;        ///< its tags are others' now
  bool restarting_ = false;     ///< starts again at once when it has ended
  std::string bindings_fault_;  ///< why the present configuration is not in force
  std::string refusal_;         ///< the connector's fault with its configuration; "" = none

  std::optional<BindingMap> bindings_;
  std::deque<BindingMap> former_;  ///< earlier revisions whose samples may still be on their way
  std::shared_ptr<EpochProgress> progress_;
  std::uint64_t applied_at_last_mark_ = 0;
  Mark durable_;

  ConnectorState state_ = ConnectorState::stopped;
  std::string detail_;
  UtcTime since_ = kNever;
  std::unique_ptr<Process> process_;
  std::string ending_;  ///< how the process ended, while its session is read to the end
  std::shared_ptr<Session> session_;
  net::Timer timer_;  ///< of the state: next start, patience for hello, patience for the end
  std::uint32_t restarts_ = 0;
  std::uint32_t failures_ = 0;  ///< in a row
  MonoTime running_since_{};
  const std::shared_ptr<LogRing> log_ = std::make_shared<LogRing>();
  std::vector<std::string> faults_;
  link::State last_state_;
  std::uint64_t samples_before_ = 0;  ///< of earlier epochs
};

}  // namespace tagwerk::supervisor
