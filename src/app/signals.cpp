#include "app/signals.hpp"

#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace tagwerk::app {
namespace {

bool is_ignored(int signal) {
  struct sigaction action{};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

sigset_t ending_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  if (!is_ignored(SIGHUP)) sigaddset(&set, SIGHUP);
  return set;
}

bool has_terminal() {
  const int terminal = ::open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
  if (terminal < 0) return false;
  ::close(terminal);
  return true;
}

}  // namespace

void block_ending_signals() {
  const sigset_t set = ending_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

void wait_for_ending_signal(const std::function<void()>& reload) {
  const sigset_t set = ending_signals();
  const bool in_terminal = has_terminal();
  for (;;) {
    int number = 0;
    sigwait(&set, &number);
    if (number != SIGHUP || !reload || (in_terminal && !has_terminal())) return;
    reload();
  }
}

}  // namespace tagwerk::app
