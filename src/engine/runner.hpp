#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/engine.hpp"
#include "engine/inbox.hpp"

namespace tagwerk::engine {

/// The engine's thread: drains the lanes, steps, runs commands, looks for stale tags every 100 ms.
/// Threads: post and inbox from any; the engine itself only inside commands
class EngineRunner {
 public:
  using Clock = std::function<Now()>;
  using Command = std::move_only_function<void(Engine&, Now)>;

  explicit EngineRunner(Clock clock);
  ~EngineRunner();
  EngineRunner(const EngineRunner&) = delete;
  EngineRunner& operator=(const EngineRunner&) = delete;

  /// Only before start().
  Engine& engine() { return engine_; }
  void start();
  /// Applies what waits in the lanes, runs the commands that wait, joins.
  void stop();

  /// Runs the command on the engine's thread, in order. After stop() it is destroyed unrun.
  void post(Command command);
  /// Posts and waits. Never call it on the engine's thread.
  void run(Command command);

  Inbox& inbox() { return inbox_; }

  /// As of the last step; for status pages.
  struct Statistics {
    EngineCounters counters;
    Engine::QualityCounts qualities;
    std::uint32_t tags = 0;
  };
  Statistics statistics() const;

 private:
  void loop();
  bool drain();
  bool run_commands();
  void take_statistics(Now now);

  const Clock clock_;
  Inbox inbox_;
  Engine engine_;  ///< only on the engine's thread once started
  std::vector<std::shared_ptr<Lane>> lanes_;
  std::uint64_t lanes_version_ = 0;
  MonoTime next_check_{};
  MonoTime next_statistics_{};

  std::mutex commands_mutex_;  ///< commands are rare; samples never pass here
  std::vector<Command> commands_;
  std::atomic<bool> stopping_{false};
  bool stopped_ = false;  ///< under commands_mutex_

  mutable std::mutex statistics_mutex_;
  Statistics statistics_;
  std::thread thread_;
};

}  // namespace tagwerk::engine
