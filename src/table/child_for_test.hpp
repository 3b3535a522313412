#pragma once

#include <csignal>
#include <cstdlib>
#include <functional>
#include <sys/wait.h>
#include <unistd.h>

namespace tagwerk::table::testing {

/// A child that runs `work`, then says so and waits to be killed.
class Child {
 public:
  explicit Child(const std::function<void()>& work) {
    int pipe_ends[2];
    if (::pipe(pipe_ends) != 0) std::abort();
    pid_ = ::fork();
    if (pid_ == 0) {
      work();
      if (::write(pipe_ends[1], "x", 1) != 1) ::_exit(1);
      for (;;)
        ::pause();
    }
    ::close(pipe_ends[1]);
    char ready = 0;
    ready_ = ::read(pipe_ends[0], &ready, 1) == 1;
    ::close(pipe_ends[0]);
  }
  ~Child() { kill(); }
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  bool ready() const { return ready_; }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = 0;
  bool ready_ = false;
};

}  // namespace tagwerk::table::testing
