#include <algorithm>
#include <filesystem>
#include <signal.h>
#include <unistd.h>

#include "supervisor/managed_connector.hpp"

/// A connector's process: start, end, return.
namespace tagwerk::supervisor {
namespace {

using namespace std::chrono_literals;

constexpr Duration kFirstBackoff = 500ms;
constexpr Duration kLongestBackoff = 30s;
/// Who ran this long is not punished for what was before.
constexpr Duration kHealthy = 60s;
constexpr Duration kPatienceForHello = 10s;
constexpr Duration kPatienceForEnd = 2800ms;

Duration backoff(std::uint32_t failures) {
  const auto doublings = std::min<std::uint32_t>(failures == 0 ? 0 : failures - 1, 6);
  return std::min<Duration>(kFirstBackoff * (1 << doublings), kLongestBackoff);
}

}  // namespace

void ManagedConnector::start() {
  started_ = true;
  stopped_by_person_ = false;
  if (shutting_down_) return;
  if (!enabled_) return enter(ConnectorState::stopped, "disabled in its configuration");
  if (!ended()) {
    restarting_ = restarting_ || state_ == ConnectorState::stopping;
    return;
  }
  if (!bindings_fault_.empty()) return enter(ConnectorState::configuration_error, bindings_fault_);
  refusal_.clear();
  launch();
}

void ManagedConnector::await(Duration patience) {
  started_ = true;
  if (!wanted() || !ended()) return start();
  enter(ConnectorState::starting, "waits for its process of an earlier server");
  timer_.start_after(patience, [this] { start(); });
}

void ManagedConnector::launch() {
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  const Process::Command command{{context_.executable, "connector", name_, "--type", type_,
                                  "--link", context_.link_socket, "--data", directory_},
                                 output_file(directory_)};
  auto process = Process::start(context_.loop, command,
                                [this](int code, const std::string& how) { on_ended(code, how); });
  if (!process) {
    ++failures_;
    return come_back(process.error().message);
  }
  process_ = std::move(*process);
  enter(ConnectorState::starting, {});
  timer_.start_after(kPatienceForHello, [this] {
    note("warn", "said nothing for 10 s after its start; killed");
    kill();
  });
}

void ManagedConnector::on_ended(int exit_code, const std::string& how) {
  process_.reset();
  const std::string last = exit_code == 0 ? "" : last_line_of(output_file(directory_));
  ending_ = fmt::format("its process ended ({}{}{})", how, last.empty() ? "" : ": ", last);
  if (!session_) return gone();
  // What it sent before is still read, until the end of the stream.
  timer_.start_after(kPatienceForEnd, [this] { kill(); });
}

void ManagedConnector::on_closed(const std::string& why) {
  if (session_ == nullptr) return;  // closed by this object, which knows what comes next
  session_.reset();
  if (!process_) {
    if (ending_.empty()) ending_ = why;
    return gone();
  }
  if (bindings_) mark_tags(bindings_->slots(), model::kBadNotConnected);
  if (state_ == ConnectorState::running)
    enter(ConnectorState::starting, fmt::format("connection lost: {}", why));
  // The process lives: it comes back by itself or is replaced.
  if (wanted() && state_ != ConnectorState::stopping)
    timer_.start_after(kPatienceForHello, [this] { kill(); });
}

void ManagedConnector::gone() {
  timer_.cancel();
  const std::string how = std::exchange(ending_, {});
  if (bindings_) mark_tags(bindings_->slots(), model::kBadNotConnected);
  const bool healthy = running_since_ != MonoTime{} && base::mono_now() - running_since_ > kHealthy;
  running_since_ = {};
  if (!wanted()) return enter(ConnectorState::stopped, detail_);
  if (std::exchange(restarting_, false)) return launch();
  if (!refusal_.empty()) return enter(ConnectorState::configuration_error, refusal_);
  failures_ = healthy ? 1 : failures_ + 1;
  come_back(how);
}

void ManagedConnector::come_back(const std::string& why) {
  const Duration pause = backoff(failures_);
  enter(ConnectorState::backoff, fmt::format("{}; next start in {}", why, base::to_string(pause)));
  timer_.start_after(pause, [this] {
    ++restarts_;
    if (wanted() && ended()) launch();
  });
}

void ManagedConnector::stop(const std::string& who) {
  stopped_by_person_ = true;
  wind_up(fmt::format("stopped by {}", who));
}

void ManagedConnector::shut_down(const std::string& why) {
  shutting_down_ = true;
  wind_up(why);
}

void ManagedConnector::restart(const std::string& who) {
  failures_ = 0;
  if (ended()) return start();
  stopped_by_person_ = false;
  refusal_.clear();
  wind_up(fmt::format("restarted by {}", who));
  restarting_ = true;
}

void ManagedConnector::wind_up(const std::string& why) {
  restarting_ = false;
  if (ended()) {
    timer_.cancel();
    if (bindings_) mark_tags(bindings_->slots(), model::kBadNotConnected);
    return enter(ConnectorState::stopped, why);
  }
  const bool asked = state_ == ConnectorState::stopping;
  enter(ConnectorState::stopping, why);
  if (!asked) end_process();
}

void ManagedConnector::end_process() {
  if (session_)
    session_->stop(detail_);
  else if (process_)
    process_->signal(SIGTERM);
  timer_.start_after(kPatienceForEnd, [this] { kill(); });
}

void ManagedConnector::kill() {
  if (process_) return process_->signal(SIGKILL);
  if (const auto session = session_) session->close("its process ended");
}

void ManagedConnector::adopt(int pid) {
  if (process_ && process_->pid() == pid) return;
  // A process of ours that lost the race for the data directory ends by itself; its end is not
  // this session's.
  process_.reset();
  if (pid == ::getpid()) return;  // ended with the session, never killed
  auto process = Process::adopt(context_.loop, pid,
                                [this](int code, const std::string& how) { on_ended(code, how); });
  if (!process) return note("warn", process.error().message);
  process_ = std::move(*process);
  note("info", fmt::format("came back, process {}", pid));
}

void ManagedConnector::tend() {
  keep_small(output_file(directory_));
  if (progress_) progress_->retry();
}

}  // namespace tagwerk::supervisor
