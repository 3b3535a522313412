#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace tagwerk::net {
class EventLoop;
}

namespace tagwerk::supervisor {

/// A process of ours: a child we started, or one that an earlier server started and that came back.
/// Watched through a pidfd, so neither signals nor a reused process number can mislead it.
/// Threads: the loop's
/// Owns:    the pidfd, not the process: destruction leaves it running; a child is still reaped
///          while the loop runs
class Process {
 public:
  /// Called once when it has ended. `how` is a sentence part: "exit code 2", "killed by signal 9
  /// (Killed)", "ended" when it was not our child.
  using Ended = std::move_only_function<void(int exit_code, std::string how)>;

  struct Command {
    std::vector<std::string> arguments;  ///< [0] is the executable
    std::string output_file;             ///< stdout and stderr are appended to it
  };

  /// In a session of its own, so that a Ctrl-C at the server's terminal does not reach it.
  /// Fails: as the operating system says, naming the executable
  static Result<std::unique_ptr<Process>> start(net::EventLoop& loop, const Command& command,
                                                Ended ended);
  /// Fails: not_found when there is no such process any more
  static Result<std::unique_ptr<Process>> adopt(net::EventLoop& loop, int pid, Ended ended);

  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  int pid() const;
  void signal(int number);

 private:
  struct Watch;
  explicit Process(std::shared_ptr<Watch> watch) : watch_(std::move(watch)) {}

  std::shared_ptr<Watch> watch_;
};

/// Where a connector's process writes, in the connector's data directory.
std::string output_file(const std::string& directory);

/// Empties a process's output file when it has more than 1 MiB; call it now and then.
void keep_small(const std::string& output_file);

/// The last line that is not empty, at most 500 characters; "" when there is no such file.
std::string last_line_of(const std::string& file);

}  // namespace tagwerk::supervisor
