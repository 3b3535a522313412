#include "access/server_access.hpp"

#include <algorithm>
#include <fstream>
#include <unistd.h>

#include "access/missing_right.hpp"
#include "access/selection.hpp"
#include "access/write_batch.hpp"
#include "base/log.hpp"
#include "engine/table_sink.hpp"

namespace tagwerk::access {
namespace {

using auth::Right;
using model::PlantTag;

constexpr Quality kBadNotFound{0x803E0000};
constexpr std::size_t kLongestPath = 1001;
constexpr Duration kLongestWrite = std::chrono::hours(1);

WriteItemResult refused(std::string path, Quality status, std::string detail) {
  return {std::move(path), false, status, std::move(detail), {}};
}

std::uint64_t resident_bytes() {
  std::ifstream in("/proc/self/statm");
  std::uint64_t total = 0, resident = 0;
  in >> total >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

ServerAccess::ServerAccess(Parts parts)
    : parts_(std::move(parts)),
      started_(base::utc_now()),
      broadcaster_([reader = parts_.table] { return reader.committed(); }),
      configuration_(parts_.configuration, parts_.catalogue,
                     [this](std::shared_ptr<const model::Plant> plant) {
                       parts_.engine.run([&](engine::Engine& engine, engine::Now now) {
                         // What a former server left in the table is of use once.
                         const bool first = engine.plant() == nullptr;
                         engine.configure(plant, now,
                                          first ? engine::restore_from(parts_.table) : nullptr);
                       });
                       parts_.supervisor.apply(std::move(plant));
                     }),
      locks_(parts_.locks) {}

Status ServerAccess::start(std::optional<Result<store::Configuration>> read_ahead) {
  if (auto read = locks_.start(); !read) return read;
  return configuration_.start(std::move(read_ahead));
}

void ServerAccess::set_ready(std::string not_ready_because) {
  const std::lock_guard lock(status_mutex_);
  not_ready_because_ = std::move(not_ready_because);
}

// --- reading
// -----------------------------------------------------------------------------------------

Result<Selection> ServerAccess::select(const auth::Principal& principal,
                                       std::span<const std::string> patterns) const {
  auto plant = configuration_.plant();
  if (plant == nullptr) return fail(ErrorCode::unavailable, "the server is starting; try again");
  return select_tags(std::move(plant), principal, patterns, Names::strict);
}

CurrentValue ServerAccess::current(const PlantTag& tag) const {
  return read(tag).current;
}

LoopHub::Numbered ServerAccess::read(const PlantTag& tag) const {
  table::TableValue value = parts_.table.read(tag.slot, tag.id);
  return {{std::move(value.value), value.quality, value.source_time, value.server_time},
          value.number};
}

Result<Tree> ServerAccess::tree(const auth::Principal& principal, std::string_view path, int depth,
                                std::size_t offset, std::size_t limit) const {
  auto plant = configuration_.plant();
  if (plant == nullptr) return fail(ErrorCode::unavailable, "the server is starting; try again");
  return build_tree(std::move(plant), principal, path, depth, offset, limit);
}

bool ServerAccess::may_write(const auth::Principal& principal, const PlantTag& tag) const {
  return principal.can_write(tag.definition.path, tag.definition.write) &&
         (!locks_.any() || !lock_of(tag.definition.path));
}

// --- writing
// -----------------------------------------------------------------------------------------

WriteBatch::Item ServerAccess::check_write(const WriteRules& rules, WriteItem&& item) const {
  WriteBatch::Item out{.value = std::move(item.value)};
  // No path is longer; the audit keeps what was asked for.
  if (item.path.size() > kLongestPath) item.path.resize(kLongestPath);
  auto found = resolve_tag(rules.plant, rules.principal, item.path);
  if (!found) {
    out.result = refused(std::move(item.path), kBadNotFound, std::move(found.error().message));
    return out;
  }
  const PlantTag& tag = **found;
  out.before = current(tag);
  if (tag.definition.write.empty())
    out.result = refused(tag.definition.path, model::kBadNotWritable,
                         fmt::format("'{}' is read only; 'write: operator' in its definition makes "
                                     "it writable",
                                     tag.definition.path));
  else if (!rules.principal.can_write(tag.definition.path, tag.definition.write))
    out.result =
        refused(tag.definition.path, model::kBadUserAccessDenied,
                fmt::format("'{}' may not write '{}'; the role {} is needed",
                            rules.principal.name(), tag.definition.path, tag.definition.write));
  else if (const Lock* lock = rules.locks.covering(tag.definition.path, rules.now))
    out.result = refused(tag.definition.path, model::kBadNotWritable, explain(*lock));
  else
    out.tag = &tag, out.result.path = tag.definition.path;
  return out;
}

void ServerAccess::write(Caller caller, std::vector<WriteItem> items, Duration timeout,
                         std::move_only_function<void(std::vector<WriteItemResult>)> done) {
  auto plant = configuration_.plant();
  const auto locks = locks_.snapshot();
  const UtcTime asked = base::utc_now();
  std::vector<WriteBatch::Item> checked;
  checked.reserve(items.size());
  for (WriteItem& item : items) {
    if (plant == nullptr)
      checked.push_back({.result = refused(std::move(item.path), kBadNotFound,
                                           "the server is starting; try again")});
    else
      checked.push_back(check_write({*caller.principal, *plant, *locks, asked}, std::move(item)));
  }
  auto batch = std::make_shared<WriteBatch>(
      plant, std::move(checked),
      [this, caller, done = std::move(done)](std::vector<WriteBatch::Item> answered) mutable {
        finish_write(caller, std::move(answered), std::move(done));
      });
  const MonoTime deadline = base::mono_now() + std::clamp(timeout, Duration::zero(), kLongestWrite);
  parts_.engine.post([batch, deadline](engine::Engine& engine, engine::Now now) {
    const std::size_t count = batch->items().size();
    for (std::size_t i = 0; i < count; ++i) {
      WriteBatch::Item& item = batch->items()[i];
      if (item.tag == nullptr)
        batch->close_one();
      else
        engine.write(
            now, item.tag->slot, item.tag->id, item.value, deadline,
            [batch, i](engine::WriteOutcome outcome) { batch->answer(i, std::move(outcome)); });
    }
    batch->close_one();
  });
}

void ServerAccess::finish_write(const Caller& caller, std::vector<WriteBatch::Item> items,
                                std::move_only_function<void(std::vector<WriteItemResult>)> done) {
  std::vector<AuditEntry> entries;
  std::vector<WriteItemResult> results;
  for (WriteBatch::Item& item : items) {
    entries.push_back({.at = base::utc_now(),
                       .who = caller.principal->name(),
                       .origin = caller.origin,
                       .action = "write",
                       .target = item.result.path,
                       .old_value = item.before.value.to_json(),
                       .new_value = item.value.to_json(),
                       .outcome = std::string(model::name(item.result.status)),
                       .detail = item.result.detail});
    results.push_back(std::move(item.result));
  }
  // The device has its value; an audit that cannot be written is a failure of its own, seen in the
  // status.
  append_audit(std::move(entries), [results = std::move(results), done = std::move(done)](
                                       Status) mutable { done(std::move(results)); });
}

std::shared_ptr<Hub> ServerAccess::make_hub(net::EventLoop& loop) {
  auto hub = std::make_shared<LoopHub>(
      loop, LoopHub::Source{[this] { return configuration_.plant(); },
                            [this](const PlantTag& tag) { return read(tag); },
                            [reader = parts_.table] { return reader.committed(); }});
  broadcaster_.add(hub);
  return hub;
}

// --- connectors
// --------------------------------------------------------------------------------------

Result<std::vector<supervisor::ConnectorStatus>> ServerAccess::connectors(
    const auth::Principal& principal) const {
  if (!principal.can_somewhere(Right::read)) return missing_right("read");
  std::vector<supervisor::ConnectorStatus> all = *parts_.supervisor.connectors();
  if (principal.can(Right::read)) return all;
  const auto visible = connectors_of(principal);
  std::erase_if(all, [&](const auto& connector) { return !visible.contains(connector.name); });
  // Devices and faults name what others have behind the same connector.
  for (supervisor::ConnectorStatus& connector : all)
    connector.devices.clear(), connector.faults.clear();
  return all;
}

/// Those behind the tags that the principal may read.
std::set<std::string, std::less<>> ServerAccess::connectors_of(
    const auth::Principal& principal) const {
  std::set<std::string, std::less<>> names;
  const auto plant = configuration_.plant();
  if (plant == nullptr) return names;
  for (const PlantTag& tag : plant->tags())
    if (tag.definition.source && principal.can(Right::read, tag.definition.path))
      names.insert(tag.definition.source->connector);
  return names;
}

void ServerAccess::control(Caller caller, std::string connector, Control what,
                           Done<supervisor::ConnectorStatus> done) {
  if (!caller.principal->can(Right::control)) return done(missing_right("control"));
  using supervisor::Supervisor;
  const auto action = what == Control::start  ? Supervisor::Control::start
                      : what == Control::stop ? Supervisor::Control::stop
                                              : Supervisor::Control::restart;
  const std::string_view verb = what == Control::start  ? "start"
                                : what == Control::stop ? "stop"
                                                        : "restart";
  AuditEntry entry{.who = caller.principal->name(),
                   .origin = caller.origin,
                   .action = fmt::format("connector {}", verb),
                   .target = connector};
  parts_.supervisor.control(
      std::move(connector), action, caller.principal->name(),
      [this, entry = std::move(entry),
       done = std::move(done)](Result<supervisor::ConnectorStatus> status) mutable {
        entry.at = base::utc_now();
        entry.outcome = status ? "Good" : "Bad";
        entry.detail = status ? "" : status.error().message;
        record(std::move(entry), [status = std::move(status), done = std::move(done)](
                                     Status) mutable { done(std::move(status)); });
      });
}

Result<std::vector<supervisor::LogLine>> ServerAccess::connector_log(
    const auth::Principal& principal, std::string_view connector, std::size_t lines) const {
  if (principal.can(Right::read)) return parts_.supervisor.log(connector, lines);
  if (!connectors_of(principal).contains(connector))
    return fail(ErrorCode::not_found, "there is no connector '{}'", connector);
  // Its lines speak of everybody's tags.
  return fail(ErrorCode::permission_denied, "the right 'read' is needed for the whole plant");
}

// --- status
// ------------------------------------------------------------------------------------------

ServerStatus ServerAccess::status() const {
  const auto statistics = parts_.engine.statistics();
  const auto plant = configuration_.plant();
  const auto table = parts_.table.information();
  ServerStatus status{.instance = parts_.instance,
                      .version = parts_.version,
                      .started = started_,
                      .revision = plant ? plant->revision() : 0,
                      .parts = part_statuses(statistics),
                      .counters = statistics.counters,
                      .samples_per_second = samples_per_second(statistics.counters.samples),
                      .tags = statistics.tags,
                      .good = statistics.qualities.good,
                      .uncertain = statistics.qualities.uncertain,
                      .bad = statistics.qualities.bad,
                      .stale = statistics.qualities.stale,
                      .memory_bytes = resident_bytes(),
                      .table_name = std::string("tagwerk.") + table.instance,
                      .table_slots = table.slot_capacity};
  const auto connectors = parts_.supervisor.connectors();
  for (const supervisor::ConnectorStatus& connector : *connectors) {
    const auto state = connector.state;
    if (state == supervisor::ConnectorState::running)
      ++status.connectors_running;
    else if (state == supervisor::ConnectorState::stopped)
      ++status.connectors_stopped;
    else if (state == supervisor::ConnectorState::backoff ||
             state == supervisor::ConnectorState::configuration_error)
      ++status.connectors_failed;
  }
  const std::lock_guard lock(status_mutex_);
  status.not_ready_because = not_ready_because_;
  status.ready = not_ready_because_.empty();
  return status;
}

std::vector<PartStatus> ServerAccess::part_statuses(
    const engine::EngineRunner::Statistics& statistics) const {
  std::vector<PartStatus> parts;
  const bool all_good = statistics.qualities.bad + statistics.qualities.uncertain == 0;
  parts.push_back({"engine", all_good ? "good" : "warning",
                   fmt::format("{} tags: {} good, {} uncertain, {} bad", statistics.tags,
                               statistics.qualities.good, statistics.qualities.uncertain,
                               statistics.qualities.bad)});
  const std::string failure = parts_.supervisor.failure();
  std::size_t running = 0, wanted = 0;
  const auto connectors = parts_.supervisor.connectors();
  for (const supervisor::ConnectorStatus& connector : *connectors) {
    wanted += connector.state != supervisor::ConnectorState::stopped;
    running += connector.state == supervisor::ConnectorState::running;
  }
  parts.push_back({"connectors",
                   !failure.empty()    ? "bad"
                   : running == wanted ? "good"
                                       : "warning",
                   !failure.empty() ? failure : fmt::format("{} of {} running", running, wanted)});
  {
    const std::lock_guard lock(status_mutex_);
    parts.push_back({"audit", audit_failure_.empty() ? "good" : "bad",
                     audit_failure_.empty() ? "every change is recorded" : audit_failure_});
  }
  for (const auto& part : parts_status_)
    parts.push_back(part());
  return parts;
}

double ServerAccess::samples_per_second(std::uint64_t samples) const {
  const std::lock_guard lock(status_mutex_);
  const MonoTime now = base::mono_now();
  const std::chrono::duration<double> passed = now - rate_at_;
  if (passed.count() < 1) return rate_;
  rate_ = static_cast<double>(samples - rate_samples_) / passed.count();
  rate_at_ = now;
  rate_samples_ = samples;
  return rate_;
}

// --- audit
// -------------------------------------------------------------------------------------------

void ServerAccess::audit(Caller caller, AuditFilter filter, Done<AuditPage> done) {
  if (!caller.principal->can(Right::audit)) return done(missing_right("audit"));
  on_store<AuditPage>(std::move(done),
                      [this, filter = std::move(filter)] { return parts_.audit.query(filter); });
}

void ServerAccess::record(AuditEntry entry, std::move_only_function<void(Status)> done) {
  std::vector<AuditEntry> entries;
  entries.push_back(std::move(entry));
  append_audit(std::move(entries), std::move(done));
}

void ServerAccess::append_audit(std::vector<AuditEntry> entries,
                                std::move_only_function<void(Status)> done) {
  auto shared = std::make_shared<std::move_only_function<void(Status)>>(std::move(done));
  auto finish = [this, shared](Status status) {
    note_audit(status);
    (*shared)(std::move(status));
  };
  const bool posted = parts_.store_worker.post(
      [this, finish, entries = std::move(entries)] { finish(parts_.audit.append(entries)); });
  if (!posted) finish(fail(ErrorCode::unavailable, "too many changes wait for the database"));
}

void ServerAccess::note_audit(const Status& status) {
  std::string failure = status ? "" : "the audit cannot be written: " + status.error().message;
  const std::lock_guard lock(status_mutex_);
  if (failure.empty() && !audit_failure_.empty())
    base::logger("audit")->info("the audit is written again");
  if (!failure.empty() && audit_failure_.empty()) base::logger("audit")->error("{}", failure);
  audit_failure_ = std::move(failure);
}

}  // namespace tagwerk::access
