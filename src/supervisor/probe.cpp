#include "supervisor/probe.hpp"

#include <filesystem>
#include <signal.h>

namespace tagwerk::supervisor {
namespace {

using namespace std::chrono_literals;

constexpr Duration kTestPatienceForEnd = 2s;
/// The connector answers within its time; this is for the way.
constexpr Duration kGrace = 500ms;
/// Connectors have letters, digits, `_` and `-`.
constexpr std::string_view kPrefix = "test.";

}  // namespace

std::string Probe::name_of(std::uint64_t number) {
  return fmt::format("{}{}", kPrefix, number);
}

void Probe::remove_leftovers(const std::string& data_dir) {
  std::error_code error;
  std::filesystem::directory_iterator entry(data_dir + "/connectors", error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    std::error_code ignored;
    if (entry->path().filename().string().starts_with(kPrefix))
      std::filesystem::remove_all(entry->path(), ignored);
  }
}

Probe::Probe(ConnectorContext& context, std::string name, Question question, Session::Replied done)
    : context_(context),
      name_(std::move(name)),
      directory_(context.data_dir + "/connectors/" + name_),
      question_(std::move(question)),
      done_(std::move(done)),
      timer_(context.loop) {}

Probe::~Probe() {
  finish(fail(ErrorCode::unavailable, "the server stops"));
  if (auto session = std::exchange(session_, nullptr)) session->close("the server stops");
  if (process_) process_->signal(SIGKILL);
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void Probe::start() {
  deadline_ = base::mono_now() + question_.within;
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  const Process::Command command{{context_.executable, "connector", name_, "--type", question_.type,
                                  "--link", context_.link_socket, "--data", directory_},
                                 output_file(directory_)};
  auto process = Process::start(context_.loop, command,
                                [this](int, const std::string& how) { on_ended(how); });
  if (!process) return finish(std::unexpected(process.error()));
  process_ = std::move(*process);
  timer_.start_after(question_.within + kGrace, [this] {
    finish(fail(ErrorCode::timeout, "the test did not end within {}",
                base::to_string(question_.within)));
  });
}

void Probe::accept(const std::shared_ptr<Session>& session, const link::Hello& hello) {
  if (session_ || !done_ || hello.type != question_.type)
    return session->refuse(true, fmt::format("nobody asks '{}'", name_));
  session_ = session;
  session_->welcome(*this, context_.instance, nullptr);
  const Duration left = std::max<Duration>(deadline_ - base::mono_now(), 1ms);
  session_->request(question_.what, question_.json, left,
                    [this](Result<std::string> answer) { finish(std::move(answer)); });
}

void Probe::on_closed(const std::string& why) {
  session_.reset();
  finish(
      fail(ErrorCode::unavailable, "the process of the test ended before it answered ({})", why));
}

void Probe::on_ended(const std::string& how) {
  const std::string last = last_line_of(output_file(directory_));
  process_.reset();
  finish(fail(ErrorCode::unavailable, "the process of the test ended before it answered ({}{}{})",
              how, last.empty() ? "" : ": ", last));
  timer_.cancel();
  context_.changed();
}

/// Once answered the process has nothing left to do.
void Probe::finish(Result<std::string> answer) {
  if (!done_) return;
  auto done = std::exchange(done_, nullptr);
  if (session_) session_->stop("the test is over");
  if (process_) {
    if (!session_) process_->signal(SIGTERM);
    timer_.start_after(kTestPatienceForEnd, [this] {
      if (process_) process_->signal(SIGKILL);
    });
  }
  done(std::move(answer));
}

}  // namespace tagwerk::supervisor
