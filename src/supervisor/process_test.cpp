#include "supervisor/process.hpp"

#include <csignal>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "supervisor/server_for_test.hpp"

namespace tagwerk::supervisor {
namespace {

using testing::HasSubstr;

/// How a process ended, told on the loop's thread.
class Ending {
 public:
  Process::Ended callback() {
    return [this](int code, std::string how) {
      const std::lock_guard lock(mutex_);
      ++calls_;
      code_ = code;
      how_ = std::move(how);
    };
  }
  bool wait() {
    return eventually([this] { return calls() == 1; });
  }
  int calls() {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  int code() {
    const std::lock_guard lock(mutex_);
    return code_;
  }
  std::string how() {
    const std::lock_guard lock(mutex_);
    return how_;
  }

 private:
  std::mutex mutex_;
  int calls_ = 0;
  int code_ = -1;
  std::string how_;
};

class ProcessTest : public testing::Test {
 protected:
  ~ProcessTest() override {
    on_loop([this] { process.reset(); });
  }
  template <class Work>
  void on_loop(Work work) {
    TestServer::wait_for<bool>([&](auto done) {
      thread.loop().post([&, done = std::move(done)]() mutable {
        work();
        done(true);
      });
    });
  }
  std::string start(std::vector<std::string> arguments) {
    std::string failure;
    on_loop([&] {
      auto started = Process::start(thread.loop(), {std::move(arguments), directory / "output"},
                                    ending.callback());
      if (!started)
        failure = started.error().message;
      else
        process = std::move(*started);
    });
    return failure;
  }
  std::string shell(const std::string& script) { return start({"/bin/sh", "-c", script}); }
  static bool is_gone(int pid) {
    return eventually([pid] { return ::kill(pid, 0) != 0; });
  }

  TestDirectory directory;
  Ending ending;
  net::EventLoopThread thread{"io"};
  std::unique_ptr<Process> process;
};

TEST_F(ProcessTest, TellsTheExitCodeAndLeavesNoZombie) {
  ASSERT_EQ(shell("exit 7"), "");
  ASSERT_TRUE(ending.wait());
  EXPECT_EQ(ending.code(), 7);
  EXPECT_EQ(ending.how(), "exit code 7");
  EXPECT_TRUE(is_gone(process->pid()));
  on_loop([&] { process->signal(SIGKILL); });  // harmless
}

TEST_F(ProcessTest, TellsTheSignal) {
  ASSERT_EQ(shell("exec sleep 60"), "");
  on_loop([&] { process->signal(SIGKILL); });
  ASSERT_TRUE(ending.wait());
  EXPECT_EQ(ending.code(), 128 + SIGKILL);
  EXPECT_EQ(ending.how(), "killed by signal 9 (Killed)");
}

TEST_F(ProcessTest, OutputIsAppendedAndTheLastLineFound) {
  std::ofstream(directory / "output") << "before\n";
  ASSERT_EQ(shell("echo one; echo two >&2; echo"), "");
  ASSERT_TRUE(ending.wait());
  std::ifstream in(directory / "output");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  EXPECT_EQ(text, "before\none\ntwo\n\n");
  EXPECT_EQ(last_line_of(directory / "output"), "two");
}

TEST_F(ProcessTest, HasItsOwnSessionNoOtherFilesAndNoBlockedSignals) {
  ASSERT_EQ(shell("echo fds $(ls /proc/$$/fd | wc -l); cut -d' ' -f6 /proc/$$/stat; "
                  // Without a child: while it waits for one, a shell may have signals blocked.
                  "while read -r key value; do [ $key != SigBlk: ] || echo $key $value; done "
                  "</proc/$$/status; echo $$"),
            "");
  ASSERT_TRUE(ending.wait());
  std::ifstream in(directory / "output");
  std::string word, session, blocked, pid;
  int files = 0;
  in >> word >> files >> session >> word >> blocked >> pid;
  EXPECT_LE(files, 4);
  EXPECT_EQ(session, pid);
  EXPECT_EQ(blocked.find_first_not_of('0'), std::string::npos);
}

TEST_F(ProcessTest, AnExecutableThatIsNotThereIsNamed) {
  EXPECT_THAT(start({directory / "missing"}), HasSubstr(directory / "missing"));
}

TEST_F(ProcessTest, AForeignProcessIsAdoptedAndItsEndNoticed) {
  // The shell leaves its child to init, so that it is nobody's here.
  ASSERT_EQ(shell("sleep 60 & echo $!"), "");
  ASSERT_TRUE(ending.wait());
  const int pid = std::stoi(last_line_of(directory / "output"));
  Ending foreign;
  on_loop([&] {
    auto adopted = Process::adopt(thread.loop(), pid, foreign.callback());
    ASSERT_TRUE(adopted);
    process = std::move(*adopted);
    process->signal(SIGTERM);
  });
  ASSERT_TRUE(foreign.wait());
  EXPECT_EQ(foreign.how(), "ended");
}

TEST_F(ProcessTest, WhoDoesNotExistCannotBeAdopted) {
  ASSERT_EQ(shell("exit 0"), "");
  ASSERT_TRUE(ending.wait());
  const int pid = process->pid();
  on_loop([&] { EXPECT_FALSE(Process::adopt(thread.loop(), pid, [](int, std::string) {})); });
}

TEST_F(ProcessTest, AProcessNobodyWatchesAnyMoreLivesOnAndIsStillReaped) {
  ASSERT_EQ(shell("exec sleep 60"), "");
  const int pid = process->pid();
  on_loop([&] { process.reset(); });
  ASSERT_EQ(::kill(pid, 0), 0);
  ::kill(pid, SIGTERM);
  EXPECT_TRUE(is_gone(pid)) << "a zombie stayed";
  EXPECT_EQ(ending.calls(), 0);
}

TEST(OutputFile, IsEmptiedWhenItIsLarge) {
  const TestDirectory directory;
  std::ofstream(directory / "small") << "x\n";
  std::ofstream(directory / "large") << std::string(2 << 20, 'x');
  keep_small(directory / "small");
  keep_small(directory / "large");
  keep_small(directory / "missing");
  EXPECT_EQ(std::filesystem::file_size(directory / "small"), 2u);
  EXPECT_EQ(std::filesystem::file_size(directory / "large"), 0u);
}

TEST(OutputFile, TheLastLineIsCutAndAMissingFileHasNone) {
  const TestDirectory directory;
  std::ofstream(directory / "long") << "x\n" << std::string(10'000, 'y') << "\n\n";
  EXPECT_EQ(last_line_of(directory / "long"), std::string(500, 'y'));
  EXPECT_EQ(last_line_of(directory / "missing"), "");
  EXPECT_EQ(last_line_of(directory.path()), "");
}

}  // namespace
}  // namespace tagwerk::supervisor
