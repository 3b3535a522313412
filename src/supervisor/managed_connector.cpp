#include "supervisor/managed_connector.hpp"

#include "base/log.hpp"
#include "supervisor/state_report.hpp"

/// Its part of the plant, its session, its numbers; the process is in connector_process.cpp.
namespace tagwerk::supervisor {
namespace {

constexpr std::size_t kFormerRevisions = 16;
constexpr std::size_t kMaxLogText = 4096;

std::string_view level_name(link::LogLevel level) {
  switch (level) {
    case link::LogLevel::debug:
      return "debug";
    case link::LogLevel::info:
      return "info";
    case link::LogLevel::warn:
      return "warn";
    case link::LogLevel::error:
      return "error";
  }
  return "error";
}

}  // namespace

ManagedConnector::ManagedConnector(ConnectorContext& context, std::string name, Mark durable)
    : context_(context),
      name_(std::move(name)),
      directory_(context.data_dir + "/connectors/" + name_),
      durable_(durable),
      timer_(context.loop) {}

ManagedConnector::~ManagedConnector() {
  if (auto session = std::move(session_)) session->close("the connector was removed");
  if (progress_) progress_->close(context_.engine.inbox());
}

void ManagedConnector::apply(const std::shared_ptr<const model::Plant>& plant) {
  for (BindingMap& map : former_)
    map.follow(*plant);
  if (bindings_) bindings_->follow(*plant);
  if (removed_) return;
  const model::ConnectorDefinition* definition = plant->connector(name_);
  if (definition == nullptr) {
    removed_ = true;
    return shut_down("removed from the plant");
  }
  take_bindings(*plant, *definition);
  take_state(*definition);
}

void ManagedConnector::take_bindings(const model::Plant& plant,
                                     const model::ConnectorDefinition& definition) {
  auto map = BindingMap::make(plant, definition);
  if (!map) {
    if (map.error().message == bindings_fault_) return;
    bindings_fault_ = map.error().message;
    return note("error", bindings_fault_);
  }
  bindings_fault_.clear();
  const bool same = bindings_ && bindings_->revision() == map->revision();
  if (bindings_ && !same) former_.push_front(std::move(*bindings_));
  if (former_.size() > kFormerRevisions) former_.pop_back();
  // Also when the connector sees no difference: a tag made anew under its old path has another id.
  bindings_ = std::move(*map);
  if (same) return;
  refusal_.clear();
  if (session_) session_->configure(*bindings_);
}

void ManagedConnector::take_state(const model::ConnectorDefinition& definition) {
  const bool was_enabled = std::exchange(enabled_, definition.enabled);
  const bool other_type = std::exchange(type_, definition.type) != definition.type;
  if (!enabled_) {
    if (state_ != ConnectorState::stopped) wind_up("disabled in its configuration");
    return;
  }
  if (!started_ || !wanted()) return;
  const bool mended = state_ == ConnectorState::configuration_error && refusal_.empty();
  if (other_type && !ended())
    restart("a change of its type");
  else if (!was_enabled || mended)
    failures_ = 0, start();
}

bool ManagedConnector::wanted() const {
  return enabled_ && !stopped_by_person_ && !shutting_down_;
}

void ManagedConnector::enter(ConnectorState state, std::string detail) {
  if (state == state_ && detail == detail_) return;
  state_ = state;
  detail_ = std::move(detail);
  since_ = base::utc_now();
  context_.changed();
  note(state == ConnectorState::backoff || state == ConnectorState::configuration_error ? "warn"
                                                                                        : "info",
       fmt::format("{}{}{}", to_string(state), detail_.empty() ? "" : ": ", detail_));
}

void ManagedConnector::note(std::string level, std::string text) {
  static const auto logger = base::logger("supervisor");
  if (level == "info")
    logger->info("connector '{}' {}", name_, text);
  else
    logger->warn("connector '{}' {}", name_, text);
  log_->add({base::utc_now(), std::move(level), std::move(text)});
}

std::shared_ptr<EpochProgress> ManagedConnector::progress_for(const link::Hello& hello) {
  if (progress_ && progress_->epoch == hello.epoch) return progress_;
  if (progress_) {
    samples_before_ += progress_->samples;
    progress_->close(context_.engine.inbox());
  }
  const std::uint64_t durable = durable_.epoch == hello.epoch ? durable_.sequence : 0;
  applied_at_last_mark_ = durable;
  return EpochProgress::make(context_.loop, context_.engine.inbox(), context_.lane_samples,
                             hello.epoch, durable);
}

std::string ManagedConnector::reason_to_refuse(const Session& session,
                                               const link::Hello& hello) const {
  if (hello.type != type_)
    return fmt::format("connector '{}' is of type {}, not {}", name_, type_, hello.type);
  // Who is about to end may hand over what it has.
  if (state_ == ConnectorState::stopping && process_ && process_->pid() == session.peer_pid())
    return {};
  if (!enabled_) return fmt::format("connector '{}' is disabled", name_);
  if (!wanted()) return fmt::format("connector '{}' is stopped", name_);
  return {};
}

void ManagedConnector::accept(const std::shared_ptr<Session>& session, const link::Hello& hello) {
  if (const std::string reason = reason_to_refuse(*session, hello); !reason.empty())
    return session->refuse(true, reason);
  if (!bindings_) return session->refuse(false, bindings_fault_);
  if (session_) {
    if (progress_->epoch != hello.epoch)
      return session->refuse(false, fmt::format("connector '{}' is already there", name_));
    auto old = std::move(session_);
    old->close("replaced by a newer connection of the same process");
  }
  adopt(session->peer_pid());
  progress_ = progress_for(hello);
  session_ = session;
  session_->welcome(*this, context_.instance, progress_);
  if (state_ == ConnectorState::stopping) return session_->stop(detail_);
  timer_.cancel();
  if (hello.revision != bindings_->revision())
    session_->configure(*bindings_);
  else
    on_configured({bindings_->revision(), {}});
}

void ManagedConnector::on_configured(const link::Configured& frame) {
  if (!bindings_ || frame.revision != bindings_->revision()) return;
  refusal_.clear();
  faults_.clear();
  std::vector<Slot> faulty;
  for (const link::BindingFault& fault : frame.faults) {
    if (fault.handle >= bindings_->size()) continue;
    faults_.push_back(fmt::format("{}: {}", bindings_->path_of(fault.handle), fault.message));
    faulty.push_back(bindings_->slots()[fault.handle]);
  }
  mark_tags(faulty, model::kBadConfigurationError);
  if (running_since_ == MonoTime{}) running_since_ = base::mono_now();
  if (state_ == ConnectorState::stopping) return;
  enter(ConnectorState::running,
        faults_.empty() ? "" : fmt::format("{} tags cannot be served", faults_.size()));
}

void ManagedConnector::on_configuration_error(const link::ConfigurationError& frame) {
  if (!bindings_ || frame.revision != bindings_->revision()) return;
  faults_ = frame.faults;
  refusal_ = fmt::format("{}; change the configuration", frame.faults.front());
  if (state_ != ConnectorState::stopping) enter(ConnectorState::configuration_error, refusal_);
}

void ManagedConnector::on_log(const link::Log& frame) {
  static const auto logger = base::logger("connector");
  const std::string level(level_name(frame.level));
  std::string text = frame.text.substr(0, kMaxLogText);
  if (frame.level >= link::LogLevel::warn)
    logger->warn("{}: {}", name_, text);
  else
    logger->debug("{}: {}", name_, text);
  log_->add({frame.time, level, std::move(text)});
}

void ManagedConnector::on_state(const link::State& frame) {
  last_state_ = frame;
}

const std::vector<Slot>* ManagedConnector::slots_of(std::uint64_t revision) {
  if (bindings_ && bindings_->revision() == revision) return &bindings_->slots();
  for (const BindingMap& map : former_)
    if (map.revision() == revision) return &map.slots();
  return nullptr;
}

void ManagedConnector::mark_tags(std::span<const Slot> slots, Quality quality) {
  if (slots.empty() || removed_) return;
  // Behind the samples that are on their way, or these would make the tags good again.
  if (progress_) return progress_->mark(slots, quality);
  context_.engine.post(
      [copy = std::vector(slots.begin(), slots.end()), quality](
          engine::Engine& engine, engine::Now now) { engine.set_quality(now, copy, quality); });
}

void ManagedConnector::write(std::uint32_t handle, const engine::DeviceWrite& write,
                             engine::WriteDone done) {
  if (!bindings_ || handle >= bindings_->size() || !bindings_fault_.empty())
    return done({model::kBadConfigurationError,
                 fmt::format("the configuration of connector '{}' is not in force ({}); the device "
                             "was not written",
                             name_, bindings_fault_),
                 {}});
  if (!session_ || state_ != ConnectorState::running) {
    const std::string why = detail_.empty() ? std::string(to_string(state_)) : detail_;
    return done(
        {model::kBadNotConnected,
         fmt::format("connector '{}' is not running ({}); the device was not written", name_, why),
         {}});
  }
  session_->write(handle, bindings_->revision(), bindings_->read_back()[handle], write,
                  std::move(done));
}

std::unexpected<Error> ManagedConnector::not_running() const {
  const std::string why = detail_.empty() ? std::string(to_string(state_)) : detail_;
  return fail(ErrorCode::conflict, "connector '{}' is not running ({}); start it first", name_,
              why);
}

void ManagedConnector::request(std::string what, std::string json, Duration within,
                               Session::Replied done) {
  if (!session_ || state_ != ConnectorState::running) return done(not_running());
  session_->request(std::move(what), std::move(json), within, std::move(done));
}

void ManagedConnector::trace(link::TraceRequest request, Duration within, Session::Traced done) {
  if (!session_ || state_ != ConnectorState::running) return done(not_running());
  session_->trace(std::move(request), within, std::move(done));
}

std::optional<Mark> ManagedConnector::next_mark(bool now) {
  if (!progress_) return std::nullopt;
  const std::uint64_t applied = progress_->applied();
  // Who stops waits for this, and has no time for subscribers.
  now |= state_ == ConnectorState::stopping;
  const std::uint64_t sequence = now ? applied : applied_at_last_mark_;
  applied_at_last_mark_ = applied;
  if (sequence <= progress_->durable) return std::nullopt;
  return Mark{progress_->epoch, sequence};
}

void ManagedConnector::made_durable(const Mark& mark) {
  durable_ = mark;
  if (!progress_ || progress_->epoch != mark.epoch) return;
  progress_->durable = mark.sequence;
  if (session_) session_->acknowledge(mark.sequence);
}

ConnectorStatus ManagedConnector::status() const {
  ConnectorStatus status;
  status.name = name_;
  status.type = type_;
  status.enabled = enabled_;
  status.state = state_;
  status.detail = bindings_fault_.empty()
                      ? detail_
                      : fmt::format("the configuration is not in force: {}", bindings_fault_);
  status.pid = process_ ? process_->pid() : 0;
  status.restarts = restarts_;
  status.since = since_;
  status.tags = bindings_ ? static_cast<std::uint32_t>(bindings_->size()) : 0;
  status.samples = samples_before_ + (progress_ ? progress_->samples : 0);
  status.duplicates = progress_ ? progress_->duplicates : 0;
  status.last_data = progress_ ? progress_->last_data : kNever;
  status.faults = faults_;
  if (session_) add_state_report(last_state_.json, status);
  return status;
}

}  // namespace tagwerk::supervisor
