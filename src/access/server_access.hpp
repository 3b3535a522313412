#pragma once

#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "access/access.hpp"
#include "access/broadcast.hpp"
#include "access/loop_hub.hpp"
#include "access/plant_configuration.hpp"
#include "access/write_batch.hpp"
#include "base/worker.hpp"
#include "engine/runner.hpp"
#include "store/audit_store.hpp"
#include "store/backups.hpp"
#include "supervisor/supervisor.hpp"
#include "table/reader.hpp"

namespace tagwerk::access {

/// The door of a running server: rights first, then the part that knows the answer.
/// Threads: as Access; destroyed after engine, supervisor's loop and store worker have stopped, for
///          what they still have to answer comes through here
class ServerAccess final : public Access {
 public:
  struct Parts {
    engine::EngineRunner& engine;
    supervisor::Supervisor& supervisor;
    store::ConfigurationStore& configuration;
    store::AuditStore& audit;
    store::LockStore& locks;
    base::Worker& store_worker;  ///< the only thread that touches the stores
    table::Reader table;
    const model::ConnectorCatalogue& catalogue;
    std::string instance;
    std::string version;
    store::Backups& backups;
  };

  explicit ServerAccess(Parts parts);

  /// The sink to register with the engine, after the table's.
  Broadcaster& broadcaster() { return broadcaster_; }
  PlantConfiguration& configuration() { return configuration_; }
  /// Reads what is stored: the plant, which runs then, and its locks. `read_ahead`: what the
  /// configuration's load() has said before, if it was asked.
  /// Threads: the store's
  Status start(std::optional<Result<store::Configuration>> read_ahead = {});
  /// What time brings: locks that are over. Cheap when there is nothing to do; call it twice a
  /// second.
  /// Threads: any one
  void tick(UtcTime now);
  /// Project files given at the start, those whose content changed; goes into the audit.
  /// Threads: the store's
  Result<ImportResult> import_changed(const std::vector<model::ProjectText>& files);
  /// Ready from now on; before that status() says why not.
  void set_ready(std::string not_ready_because);
  /// A part of the server that status() lists beside those known here.
  void add_part(std::function<PartStatus()> part) { parts_status_.push_back(std::move(part)); }

  std::shared_ptr<const model::Plant> plant() const override { return configuration_.plant(); }
  Result<Selection> select(const auth::Principal& principal,
                           std::span<const std::string> patterns) const override;
  CurrentValue current(const model::PlantTag& tag) const override;
  Result<Tree> tree(const auth::Principal& principal, std::string_view path, int depth,
                    std::size_t offset, std::size_t limit) const override;
  bool may_write(const auth::Principal& principal, const model::PlantTag& tag) const override;
  std::optional<Lock> lock_of(std::string_view path) const override;
  std::vector<Lock> locks(const auth::Principal& principal) const override;

  void write(Caller caller, std::vector<WriteItem> items, Duration timeout,
             std::move_only_function<void(std::vector<WriteItemResult>)> done) override;
  void lock(Caller caller, NewLock wanted, Done<Lock> done) override;
  void unlock(Caller caller, LockId lock, Done<Lock> done) override;
  std::shared_ptr<Hub> make_hub(net::EventLoop& loop) override;

  // project_access.cpp
  void import(Caller caller, std::vector<model::ProjectText> files, ImportOptions options,
              Done<ImportResult> done) override;
  void edit(Caller caller, MakeEdit make, EditOptions options, Done<EditResult> done) override;
  void export_project(Caller caller, ExportOptions options, Done<std::string> done) override;
  void revisions(Caller caller, std::size_t limit, std::uint64_t before,
                 Done<std::vector<Revision>> done) override;
  void revision(Caller caller, std::uint64_t number, Done<RevisionChanges> done) override;
  void restore(Caller caller, std::uint64_t number, bool dry_run, Done<ImportResult> done) override;

  Result<std::vector<supervisor::ConnectorStatus>> connectors(
      const auth::Principal& principal) const override;
  void control(Caller caller, std::string connector, Control what,
               Done<supervisor::ConnectorStatus> done) override;
  Result<std::vector<supervisor::LogLine>> connector_log(const auth::Principal& principal,
                                                         std::string_view connector,
                                                         std::size_t lines) const override;

  void connector_trace(Caller caller, std::string connector, TraceQuery query,
                       Done<TraceParts> done) override;
  void test_connector(Caller caller, std::string connector, model::Node question,
                      Done<model::Node> done) override;
  void why(Caller caller, TagId tag, Done<Why> done) override;

  ServerStatus status() const override;
  void backup(Caller caller, Done<store::SpooledBackup> done) override;
  void audit(Caller caller, AuditFilter filter, Done<AuditPage> done) override;
  void record(AuditEntry entry, std::move_only_function<void(Status)> done) override;

 private:
  template <class T>
  using Job = std::move_only_function<Result<T>()>;

  LoopHub::Numbered read(const model::PlantTag& tag) const;
  /// Runs a job on the store's thread and hands its result to done; "busy" when too many wait.
  template <class T>
  void on_store(Done<T> done, Job<T> job) {
    auto shared = std::make_shared<Done<T>>(std::move(done));
    const bool posted =
        parts_.store_worker.post([shared, job = std::move(job)]() mutable { (*shared)(job()); });
    if (!posted)
      (*shared)(fail(ErrorCode::unavailable, "too many requests wait for the database; try again"));
  }
  /// What all items of one write are checked against.
  struct WriteRules {
    const auth::Principal& principal;
    const model::Plant& plant;
    const LockSnapshot& locks;
    UtcTime now;
  };
  WriteBatch::Item check_write(const WriteRules& rules, WriteItem&& item) const;
  Result<Lock> checked_lock(const Caller& caller, NewLock&& wanted) const;
  void remove_ended_locks(UtcTime now);
  void finish_write(const Caller& caller, std::vector<WriteBatch::Item> items,
                    std::move_only_function<void(std::vector<WriteItemResult>)> done);
  void append_audit(std::vector<AuditEntry> entries, std::move_only_function<void(Status)> done);
  void audit_revision(const Caller& caller, std::string_view action, std::uint64_t revision,
                      std::size_t changes);
  void audit_edit(const Caller& caller, const EditResult& result);
  void note_audit(const Status& status);
  // diagnosis.cpp
  bool is_running(std::string_view connector) const;
  Result<supervisor::Probe::Question> unsaved_question(const std::string& connector,
                                                       const model::Node& question) const;
  void ask_device(const std::string& connector, const model::Node& question,
                  supervisor::Session::Replied done);
  void find_last_write(const std::string& path, Done<std::optional<AuditEntry>> done);
  void finish_why(const Caller& caller, Why why, Done<Why> done);
  std::set<std::string, std::less<>> connectors_of(const auth::Principal& principal) const;
  std::vector<PartStatus> part_statuses(const engine::EngineRunner::Statistics& statistics) const;
  double samples_per_second(std::uint64_t samples) const;

  Parts parts_;
  const UtcTime started_;
  Broadcaster broadcaster_;
  PlantConfiguration configuration_;
  SubtreeLocks locks_;
  UtcTime locks_looked_at_{};                              ///< by tick()
  std::vector<std::function<PartStatus()>> parts_status_;  ///< constant once ready

  mutable std::mutex status_mutex_;  ///< of what follows; status pages only
  std::string not_ready_because_ = "starting";
  mutable MonoTime rate_at_ = base::mono_now();
  mutable std::uint64_t rate_samples_ = 0;
  mutable double rate_ = 0;
  std::string audit_failure_;
};

}  // namespace tagwerk::access
