#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "access/hub.hpp"
#include "access/subtree_locks.hpp"
#include "auth/principal.hpp"
#include "engine/engine.hpp"
#include "link/trace_frame.hpp"
#include "model/plant.hpp"
#include "model/project_csv.hpp"
#include "model/project_edit.hpp"
#include "model/project_file.hpp"
#include "store/audit_store.hpp"
#include "store/backup.hpp"
#include "store/configuration_store.hpp"
#include "supervisor/connector_status.hpp"

namespace tagwerk::net {
class EventLoop;
}

namespace tagwerk::access {

using Principal = std::shared_ptr<const auth::Principal>;
using engine::CurrentValue;

/// Who asks, from where; goes into the audit with every change.
struct Caller {
  Principal principal;
  std::string origin;  ///< "http 127.0.0.1", "websocket 10.0.0.7", "script shift_report"
};

/// Tags that a caller named and may read, under one plant.
struct Selection {
  std::shared_ptr<const model::Plant> plant;
  std::vector<const model::PlantTag*> tags;
};

struct WriteItem {
  std::string path;  ///< or a bare name
  Value value;
};

struct WriteItemResult {
  std::string path;  ///< the tag's full path, or what the caller wrote when there is none
  bool ok = false;
  Quality status;
  std::string detail;  ///< sentence; empty when ok
  Value value;         ///< what the device showed afterwards; null when it was not read back
};

/// A wish to keep everybody, also oneself, from writing to a part of the plant.
struct NewLock {
  std::string path;  ///< of an object or tag, or "/"
  std::string reason;
  std::optional<UtcTime> until;  ///< empty: until somebody takes it away
};

struct TreeNode {
  std::string path;
  std::string name;
  bool is_tag = false;
  const model::PlantTag* tag = nullptr;  ///< when is_tag; valid while `plant` of the answer lives
  std::string type;                      ///< object: its type; tag: "float"
  std::string description;
  std::uint32_t child_count = 0;
  std::vector<TreeNode> children;  ///< filled down to the depth asked for
};

struct Tree {
  std::shared_ptr<const model::Plant> plant;
  TreeNode root;
  bool truncated = false;
};

struct ImportOptions {
  bool dry_run = false;
  bool prune = false;
};

struct ImportResult {
  std::uint64_t revision = 0;
  bool applied = false;
  std::vector<model::ProjectChange> changes;
  std::vector<Error> errors;  ///< not empty: nothing was applied
  std::vector<Error> warnings;
};

/// The project as it is when an edit is made of it.
struct Configured {
  const model::Project& project;
  const model::Plant& plant;
};
/// Makes an edit of what is configured, at the moment when nobody else can change it.
using MakeEdit = std::move_only_function<Result<model::ProjectEdit>(const Configured&)>;

struct EditOptions {
  bool dry_run = false;
  std::optional<std::uint64_t> revision;  ///< the one the caller has seen; refused at another
  std::string summary;                    ///< empty = made of the changes
  /// Where the caller needs `configure` before anything is looked at. What the edit then touches is
  /// checked in any case.
  std::vector<std::string> subtrees;
};

struct EditResult {
  std::uint64_t revision = 0;
  bool applied = false;
  std::vector<model::ProjectChange> changes;
  std::vector<model::ProjectFault> faults;  ///< not empty: nothing was applied
  std::vector<model::ProjectFault> warnings;
  std::size_t new_tags = 0;  ///< those that types make included
};

struct ExportOptions {
  std::string path = "/";             ///< only objects and tags at and below it
  std::optional<model::CsvForm> csv;  ///< a table of the tags instead of YAML
};

using store::Revision;

/// A revision with a page of what it changed.
struct RevisionChanges {
  Revision revision;
  std::vector<model::ProjectChange> changes;
};

struct PartStatus {
  std::string name;    ///< "engine", "configuration", "connectors"
  std::string state;   ///< good, warning, bad
  std::string detail;  ///< sentence
};

struct ServerStatus {
  std::string instance;
  std::string version;
  UtcTime started = kNever;
  bool ready = false;
  std::string not_ready_because;
  std::uint64_t revision = 0;
  std::vector<PartStatus> parts;
  engine::EngineCounters counters;
  double samples_per_second = 0;
  std::uint32_t tags = 0, good = 0, uncertain = 0, bad = 0, stale = 0;
  std::uint32_t connectors_running = 0, connectors_stopped = 0, connectors_failed = 0;
  std::uint64_t memory_bytes = 0;
  std::string table_name;
  std::uint32_t table_slots = 0;
};

using store::AuditEntry;
using store::AuditFilter;
using store::AuditPage;

/// Which frames of a connector's wires.
struct TraceQuery {
  std::optional<std::uint64_t> after{};  ///< those with a higher number; none: the newest
  std::uint32_t limit = 1000;            ///< 1 to 10,000
  std::string device{};                  ///< empty = all
  bool with_text = true;
};
/// Frames in the parts in which they came, oldest first.
using TraceParts = std::vector<link::Trace>;

/// Everything about one tag's value.
struct Why {
  std::shared_ptr<const model::Plant> plant;
  const model::PlantTag* tag = nullptr;  ///< of the plant
  CurrentValue current;
  std::vector<std::string> explanation;  ///< sentences
  std::string scaling;                   ///< "raw × 0.1 + 0"; empty = none
  /// What the connector found: docs/formats/link.md "Requests"; null when it could not be asked.
  /// Its frames are left out for who may not read the whole plant: they carry others' values.
  model::Node evidence;
  UtcTime last_read = kNever;
  std::optional<AuditEntry> last_write;
};

template <class T>
using Done = std::move_only_function<void(Result<T>)>;

/// The one door to the plant for servers and logic: it checks rights, writes the audit, and knows
/// which part answers. Everything that may block answers through `done`.
///
/// Threads: any. done runs on a thread of the server and must not block; synchronous members only
/// read
///          snapshots and take no lock
/// Fails:   not_found for what the caller may not see, permission_denied for what he sees but may
/// not do
class Access {
 public:
  virtual ~Access() = default;

  // --- reading
  // -------------------------------------------------------------------------------------

  virtual std::shared_ptr<const model::Plant> plant() const = 0;
  /// Patterns, paths or bare names; none means everything. A name without wildcard that is no tag
  /// is an error; tags the caller may not read are left out. Sorted by path within each pattern, no
  /// tag twice.
  virtual Result<Selection> select(const auth::Principal& principal,
                                   std::span<const std::string> patterns) const = 0;
  /// A few nanoseconds: straight from the table. The tag must be of the present or a recent plant.
  virtual CurrentValue current(const model::PlantTag& tag) const = 0;
  virtual Result<Tree> tree(const auth::Principal& principal, std::string_view path, int depth,
                            std::size_t offset, std::size_t limit) const = 0;
  /// True when the caller could write this tag now: by his role, and it is not locked.
  virtual bool may_write(const auth::Principal& principal, const model::PlantTag& tag) const = 0;
  /// The lock that keeps the thing at the path from being written now.
  virtual std::optional<Lock> lock_of(std::string_view path) const = 0;
  /// Those on, above and below what the principal may see; by id.
  virtual std::vector<Lock> locks(const auth::Principal& principal) const = 0;

  // --- writing and subscribing
  // -----------------------------------------------------------------------

  /// One result per item, in order. Refused items do not keep others from being written.
  virtual void write(Caller caller, std::vector<WriteItem> items, Duration timeout,
                     std::move_only_function<void(std::vector<WriteItemResult>)> done) = 0;
  /// From `done` on every write below the path is refused, whoever asks. Needs `control` there.
  /// Fails: not_found; invalid_argument for the reason or a time that is past
  virtual void lock(Caller caller, NewLock wanted, Done<Lock> done) = 0;
  /// By the one who locked, or with `configure` there.
  virtual void unlock(Caller caller, LockId lock, Done<Lock> done) = 0;
  /// A hub delivers changes on one event loop; a server makes one per loop and keeps it.
  virtual std::shared_ptr<Hub> make_hub(net::EventLoop& loop) = 0;

  // --- project
  // ---------------------------------------------------------------------------------------

  // Who changes needs the right `configure`: at the paths of tags and objects, and for types and
  // connectors, which serve the whole plant, everywhere.

  /// All files as one revision.
  virtual void import(Caller caller, std::vector<model::ProjectText> files, ImportOptions options,
                      Done<ImportResult> done) = 0;
  /// Fails: what `make` fails with; conflict when the revision is another by now
  virtual void edit(Caller caller, MakeEdit make, EditOptions options, Done<EditResult> done) = 0;
  /// As YAML; or the tags as CSV.
  virtual void export_project(Caller caller, ExportOptions options, Done<std::string> done) = 0;
  /// Newest first, those below `before` (0 = from the newest).
  virtual void revisions(Caller caller, std::size_t limit, std::uint64_t before,
                         Done<std::vector<Revision>> done) = 0;
  /// Fails: not_found
  virtual void revision(Caller caller, std::uint64_t number, Done<RevisionChanges> done) = 0;
  /// Makes the project what it was, as a new revision; tags that come back get their old ids.
  /// Fails: not_found
  virtual void restore(Caller caller, std::uint64_t number, bool dry_run,
                       Done<ImportResult> done) = 0;

  // --- connectors
  // ------------------------------------------------------------------------------------

  virtual Result<std::vector<supervisor::ConnectorStatus>> connectors(
      const auth::Principal& principal) const = 0;
  enum class Control { start, stop, restart };
  virtual void control(Caller caller, std::string connector, Control what,
                       Done<supervisor::ConnectorStatus> done) = 0;
  virtual Result<std::vector<supervisor::LogLine>> connector_log(const auth::Principal& principal,
                                                                 std::string_view connector,
                                                                 std::size_t lines) const = 0;

  // --- diagnosis
  // -------------------------------------------------------------------------------------

  /// The last frames of a connector, oldest first. Needs the right `control`.
  virtual void connector_trace(Caller caller, std::string connector, TraceQuery query,
                               Done<TraceParts> done) = 0;
  /// Reads a few registers of a device, of a connector that is saved or of `settings` that are not;
  /// question and answer as docs/formats/link.md "Requests". Needs the right `configure`; audited.
  virtual void test_connector(Caller caller, std::string connector, model::Node question,
                              Done<model::Node> done) = 0;
  /// Why a tag shows what it shows. Needs the right `read` of the tag.
  virtual void why(Caller caller, TagId tag, Done<Why> done) = 0;

  // --- status, backup and audit
  // --------------------------------------------------------------------------------

  virtual ServerStatus status() const = 0;
  /// Everything that makes this server, as one file. Needs the right `backup`; audited.
  /// Fails: conflict while another one is made
  virtual void backup(Caller caller, Done<store::SpooledBackup> done) = 0;
  virtual void audit(Caller caller, AuditFilter filter, Done<AuditPage> done) = 0;
  /// Durable before done. For what happens outside this door: logins, user administration.
  virtual void record(AuditEntry entry, std::move_only_function<void(Status)> done) = 0;
};

}  // namespace tagwerk::access
