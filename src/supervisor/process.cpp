#include "supervisor/process.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <fcntl.h>
#include <fstream>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "net/asio.hpp"
#include "net/event_loop.hpp"

extern char** environ;

namespace tagwerk::supervisor {
namespace {

constexpr off_t kMaxOutput = 1 << 20;

int open_pidfd(int pid) {
  return static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
}

/// Descriptors and attributes for posix_spawn, released together.
class SpawnSetup {
 public:
  explicit SpawnSetup(const std::string& output_file) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setflags(&attributes_,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, output_file.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0640);
    posix_spawn_file_actions_adddup2(&actions_, STDOUT_FILENO, STDERR_FILENO);
    // Our sockets and databases are close-on-exec; this is for what a library forgot.
    posix_spawn_file_actions_addclosefrom_np(&actions_, 3);
  }
  ~SpawnSetup() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;

  int run(const std::vector<std::string>& arguments, pid_t& pid) const {
    std::vector<char*> argv;
    for (const std::string& each : arguments)
      argv.push_back(const_cast<char*>(each.c_str()));
    argv.push_back(nullptr);
    return posix_spawn(&pid, argv[0], &actions_, &attributes_, argv.data(), environ);
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

std::string describe(int status, int& exit_code) {
  if (WIFEXITED(status)) {
    exit_code = WEXITSTATUS(status);
    return fmt::format("exit code {}", exit_code);
  }
  const int number = WTERMSIG(status);
  exit_code = 128 + number;
  return fmt::format("killed by signal {} ({})", number, strsignal(number));
}

}  // namespace

struct Process::Watch : std::enable_shared_from_this<Watch> {
  Watch(net::EventLoop& loop, int pid_number, int pidfd, bool is_child, Ended callback)
      : pid(pid_number),
        child(is_child),
        descriptor(net::io_context(loop), pidfd),
        ended(std::move(callback)) {}

  void wait() {
    descriptor.async_wait(boost::asio::posix::descriptor_base::wait_read,
                          [self = shared_from_this()](const boost::system::error_code& error) {
                            if (!error) self->finish();
                          });
  }
  void finish() {
    int exit_code = 0;
    std::string how = "ended";
    if (int status = 0; waitpid(pid, &status, WNOHANG) == pid) how = describe(status, exit_code);
    over = true;
    if (!ended) return;
    Ended callback = std::exchange(ended, nullptr);
    callback(exit_code, std::move(how));
  }

  const int pid;
  const bool child;
  bool over = false;
  boost::asio::posix::stream_descriptor descriptor;
  Ended ended;
};

Result<std::unique_ptr<Process>> Process::start(net::EventLoop& loop, const Command& command,
                                                Ended ended) {
  keep_small(command.output_file);
  pid_t pid = 0;
  if (const int error = SpawnSetup(command.output_file).run(command.arguments, pid); error != 0) {
    errno = error;
    return base::fail_errno(fmt::format("cannot start '{}'", command.arguments[0]));
  }
  const int pidfd = open_pidfd(pid);
  if (pidfd < 0) {
    auto error = base::fail_errno(fmt::format("cannot watch process {}", pid));
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return error;
  }
  auto watch = std::make_shared<Watch>(loop, pid, pidfd, true, std::move(ended));
  watch->wait();
  return std::unique_ptr<Process>(new Process(std::move(watch)));
}

Result<std::unique_ptr<Process>> Process::adopt(net::EventLoop& loop, int pid, Ended ended) {
  const int pidfd = open_pidfd(pid);
  if (pidfd < 0) return base::fail_errno(fmt::format("cannot watch process {}", pid));
  auto watch = std::make_shared<Watch>(loop, pid, pidfd, false, std::move(ended));
  watch->wait();
  return std::unique_ptr<Process>(new Process(std::move(watch)));
}

Process::~Process() {
  watch_->ended = nullptr;
  if (watch_->child && !watch_->over) return;  // its wait goes on, so that no zombie stays
  boost::system::error_code ignored;
  watch_->descriptor.close(ignored);
}

int Process::pid() const {
  return watch_->pid;
}

void Process::signal(int number) {
  if (watch_->over) return;
  syscall(SYS_pidfd_send_signal, watch_->descriptor.native_handle(), number, nullptr, 0);
}

std::string output_file(const std::string& directory) {
  return directory + "/output.log";
}

void keep_small(const std::string& output_file) {
  struct stat info{};
  if (::stat(output_file.c_str(), &info) != 0 || info.st_size <= kMaxOutput) return;
  // Its writers append, so they go on at the new end.
  [[maybe_unused]] const int cut = ::truncate(output_file.c_str(), 0);
}

std::string last_line_of(const std::string& file) {
  std::ifstream in(file, std::ios::ate | std::ios::binary);
  if (!in) return {};
  constexpr std::streamoff kTail = 4096;
  const std::streamoff size = in.tellg();
  in.seekg(std::max<std::streamoff>(0, size - kTail));
  std::string line, last;
  while (std::getline(in, line))
    if (!line.empty()) last = line;
  return last.substr(0, 500);
}

}  // namespace tagwerk::supervisor
