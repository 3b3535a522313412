#include "engine/runner.hpp"

#include <future>

#include "base/worker.hpp"

namespace tagwerk::engine {
namespace {

constexpr Duration kStaleCheck = std::chrono::milliseconds(100);
constexpr Duration kStatistics = std::chrono::milliseconds(500);
/// Batches taken from one lane before the next one has its turn.
constexpr int kBatchesPerTurn = 16;

}  // namespace

EngineRunner::EngineRunner(Clock clock) : clock_(std::move(clock)) {}

EngineRunner::~EngineRunner() {
  stop();
}

void EngineRunner::start() {
  thread_ = std::thread([this] { loop(); });
}

void EngineRunner::stop() {
  stopping_.store(true, std::memory_order_release);
  inbox_.wake();
  if (thread_.joinable()) thread_.join();
}

void EngineRunner::post(Command command) {
  {
    const std::lock_guard lock(commands_mutex_);
    if (stopped_) return;
    commands_.push_back(std::move(command));
  }
  inbox_.wake();
}

void EngineRunner::run(Command command) {
  std::promise<void> done;
  post([&](Engine& engine, Now now) {
    command(engine, now);
    done.set_value();
  });
  done.get_future().wait();
}

void EngineRunner::loop() {
  base::name_this_thread("engine");
  while (true) {
    const bool stopping = stopping_.load(std::memory_order_acquire);
    bool busy = run_commands();
    busy |= drain();
    const Now now = clock_();
    if (now.mono >= next_check_) {
      engine_.check_stale(now);
      next_check_ = now.mono + kStaleCheck;
    }
    if (now.mono >= next_statistics_) take_statistics(now);
    if (busy) continue;
    if (stopping) break;
    inbox_.wait(next_check_ - now.mono);
  }
  const std::lock_guard lock(commands_mutex_);
  stopped_ = true;
  commands_.clear();
}

bool EngineRunner::drain() {
  if (const auto version = inbox_.lanes_version_.load(std::memory_order_acquire);
      version != lanes_version_) {
    lanes_ = inbox_.lanes();
    lanes_version_ = version;
  }
  bool busy = false;
  bool closed = false;
  for (const std::shared_ptr<Lane>& lane : lanes_) {
    SampleBatch batch;
    std::uint64_t mark = 0;
    bool applied = false;
    for (int i = 0; i < kBatchesPerTurn && lane->queue_.try_pop(batch); ++i) {
      const std::size_t count = batch.samples.size();
      engine_.step(clock_(), batch.samples);
      lane->waiting_.fetch_sub(count, std::memory_order_relaxed);
      mark = batch.mark;
      applied = true;
    }
    const bool open = !lane->closed_.load(std::memory_order_acquire);
    if (applied && open)
      lane->applied_(mark, lane->waiting_.load(std::memory_order_relaxed) < lane->capacity_ / 2);
    busy |= applied;
    closed |= !open && lane->queue_.empty();
  }
  if (closed) lanes_ = inbox_.lanes();
  return busy;
}

bool EngineRunner::run_commands() {
  std::vector<Command> commands;
  {
    const std::lock_guard lock(commands_mutex_);
    commands.swap(commands_);
  }
  for (Command& command : commands)
    command(engine_, clock_());
  return !commands.empty();
}

void EngineRunner::take_statistics(Now now) {
  next_statistics_ = now.mono + kStatistics;
  Statistics taken{
      engine_.counters(), engine_.count_qualities(),
      engine_.plant() ? static_cast<std::uint32_t>(engine_.plant()->tags().size()) : 0};
  const std::lock_guard lock(statistics_mutex_);
  statistics_ = taken;
}

EngineRunner::Statistics EngineRunner::statistics() const {
  const std::lock_guard lock(statistics_mutex_);
  return statistics_;
}

}  // namespace tagwerk::engine
