#include <boost/asio/post.hpp>
#include <csignal>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "link/runtime.hpp"
#include "supervisor/server_for_test.hpp"

/// The supervisor with real processes: this program itself, started as `connector NAME …`.
namespace tagwerk::supervisor {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// Every poll counts; settings {"refuse": true} are refused, {"crash": true} end the process.
class Counter final : public Connector {
 public:
  std::string type() const override { return "test"; }
  void start(boost::asio::io_context& loop, ConnectorHost&) override { loop_ = &loop; }
  Result<std::vector<BindingProblem>> configure(const ConnectorConfiguration& next) override {
    if (next.settings.find("refuse") != std::string::npos)
      return fail(ErrorCode::invalid_argument, "settings.refuse is set");
    if (next.settings.find("crash") != std::string::npos) {
      std::fputs("the device has eaten me\n", stderr);
      std::_Exit(9);
    }
    return std::vector<BindingProblem>{};
  }
  void connect(const std::string&, Done done) override { done(Status{}); }
  void disconnect(const std::string&) override {}
  void poll(const ScanGroup& group, PollDone done) override {
    PollOutcome outcome;
    ++count_;
    for (const Binding& each : group.bindings)
      outcome.samples.push_back({Value::of(static_cast<double>(count_)), kNever, {}, each.handle});
    boost::asio::post(*loop_, [done = std::move(done), outcome = std::move(outcome)]() mutable {
      done(std::move(outcome));
    });
  }
  void write(const WriteOrder& order, WriteDone done) override {
    done({model::kGood, "", order.value, {}});
  }

 private:
  boost::asio::io_context* loop_ = nullptr;
  int count_ = 0;
};

/// `connector NAME --type T --link SOCKET --data DIRECTORY`
int run_as_connector(char** arguments) {
  link::RunOptions options;
  options.name = arguments[2];
  options.link = arguments[6];
  options.data = arguments[8];
  options.alone = 30s;
  return link::run_connector(options, std::make_unique<Counter>());
}

class ConnectorProcess : public testing::Test {
 protected:
  ~ConnectorProcess() override {
    if (!server) return;
    EXPECT_TRUE(server->stop());
    server.reset();
    EXPECT_TRUE(eventually([] { return ::waitpid(-1, nullptr, WNOHANG) < 0; }))
        << "a process is still there";
  }
  void start() {
    server.reset();
    server = std::make_unique<TestServer>(
        Supervisor::Options{.executable = std::filesystem::read_symlink("/proc/self/exe"),
                            .data_dir = directory.path(),
                            .link_socket = directory / "link.sock",
                            .instance = "test",
                            .link_delay = 1ms});
    server->start(project);
  }
  bool counts_to(int count) {
    return eventually([&] {
      const auto values = server->values("/A");
      return !values.empty() && values.back() >= count;
    });
  }
  static bool without_gap(const std::vector<int>& values) {
    for (std::size_t i = 1; i < values.size(); ++i)
      if (values[i] != values[i - 1] + 1) return false;
    return true;
  }
  void set(const std::string& setting) {
    model::Node& settings = project.connectors["plc1"].settings;
    settings = model::Node::mapping();
    settings.set(setting, model::Node::boolean(true));
  }
  static bool is_gone(int pid) {
    return eventually([pid] { return ::kill(pid, 0) != 0; });
  }

  TestDirectory directory;
  model::Project project = project_of({tag_of("/A", "HR:1")});
  std::unique_ptr<TestServer> server;
};

TEST_F(ConnectorProcess, CollectsAndWritesAndEndsWithTheServer) {
  start();
  ASSERT_TRUE(counts_to(5));
  EXPECT_TRUE(without_gap(server->values("/A")));
  EXPECT_EQ(server->write("/A", 3).status, model::kGood);
  const int pid = server->status().pid;
  ASSERT_GT(pid, 0);
  EXPECT_TRUE(server->stop());
  EXPECT_TRUE(is_gone(pid));
}

TEST_F(ConnectorProcess, IsAdoptedByARestartedServerWithoutALostOrDoubledPoll) {
  start();
  ASSERT_TRUE(counts_to(5));
  const int pid = server->status().pid;
  const auto before = server->values("/A");
  start();
  ASSERT_TRUE(counts_to(before.back() + 20));
  EXPECT_EQ(server->status().pid, pid);
  const auto after = server->values("/A");
  EXPECT_TRUE(without_gap(after));
  EXPECT_LE(after.front(), before.back() + 1);
}

TEST_F(ConnectorProcess, KilledTurnsItsTagsBadAndComesBack) {
  start();
  ASSERT_TRUE(counts_to(3));
  const int pid = server->status().pid;
  ::kill(pid, SIGKILL);
  ASSERT_TRUE(eventually([&] { return server->quality("/A") == model::kBadNotConnected; }));
  const MonoTime killed = base::mono_now();
  ASSERT_TRUE(server->becomes(ConnectorState::running));
  ASSERT_TRUE(eventually([&] { return server->quality("/A").good(); }));
  EXPECT_GE(base::mono_now() - killed, 300ms) << "there is a pause";
  EXPECT_NE(server->status().pid, pid);
  EXPECT_EQ(server->status().restarts, 1u);
  const auto log = server->supervisor->log("plc1", 1000);
  EXPECT_TRUE(std::ranges::any_of(*log, [](const LogLine& line) {
    return line.text.find("killed by signal 9 (Killed)") != std::string::npos;
  }));
}

TEST_F(ConnectorProcess, ThatCrashesAgainAndAgainIsGivenLongerPausesAndQuoted) {
  set("crash");
  start();
  ASSERT_TRUE(server->becomes(ConnectorState::backoff));
  EXPECT_THAT(server->status().detail, HasSubstr("exit code 9: the device has eaten me"));
  ASSERT_TRUE(eventually([&] { return server->status().detail.ends_with("next start in 1s"); }));
}

TEST_F(ConnectorProcess, WithAConfigurationErrorWaitsForAnotherConfiguration) {
  set("refuse");
  start();
  ASSERT_TRUE(server->becomes(ConnectorState::configuration_error));
  EXPECT_THAT(server->status().detail, HasSubstr("settings.refuse is set"));
  const int pid = server->status().pid;
  ::kill(pid, SIGKILL);
  ASSERT_TRUE(eventually([&] { return server->status().pid == 0; }));
  // Longer than the first pause of an ordinary end.
  EXPECT_FALSE(eventually([&] { return server->status().pid != 0; }, 1200ms));
  EXPECT_EQ(server->status().state, ConnectorState::configuration_error);
  set("accept");
  server->apply(project);
  EXPECT_TRUE(server->becomes(ConnectorState::running));
  EXPECT_TRUE(counts_to(2));
}

TEST_F(ConnectorProcess, AFormerConfigurationGoesOnWhileTheNewOneIsRefused) {
  start();
  ASSERT_TRUE(counts_to(2));
  set("refuse");
  server->apply(project);
  ASSERT_TRUE(server->becomes(ConnectorState::configuration_error));
  const int seen = server->values("/A").back();
  EXPECT_TRUE(counts_to(seen + 5));
  EXPECT_EQ(server->write("/A", 1).status, model::kBadNotConnected);
}

TEST_F(ConnectorProcess, RemovedFromThePlantEndsAndMayComeBackUnderItsName) {
  start();
  ASSERT_TRUE(counts_to(2));
  const int pid = server->status().pid;
  server->apply(model::Project{});
  EXPECT_TRUE(eventually([&] { return server->supervisor->connectors()->empty(); }));
  // At once: the former process still holds the directory.
  server->apply(project);
  EXPECT_TRUE(is_gone(pid));
  EXPECT_TRUE(server->becomes(ConnectorState::running));
  EXPECT_TRUE(eventually([&] { return server->quality("/A").good(); }));
}

TEST_F(ConnectorProcess, DisabledEndsAndEnabledStartsAgain) {
  start();
  ASSERT_TRUE(counts_to(2));
  const int pid = server->status().pid;
  project.connectors["plc1"].enabled = false;
  server->apply(project);
  ASSERT_TRUE(server->becomes(ConnectorState::stopped));
  EXPECT_TRUE(is_gone(pid));
  EXPECT_EQ(server->quality("/A"), model::kBadNotConnected);
  EXPECT_THAT(server->control(Supervisor::Control::start), HasSubstr("disabled"));
  project.connectors["plc1"].enabled = true;
  server->apply(project);
  EXPECT_TRUE(server->becomes(ConnectorState::running));
}

TEST_F(ConnectorProcess, StopsStartsAndRestartsByHand) {
  using Control = Supervisor::Control;
  start();
  ASSERT_TRUE(counts_to(2));
  EXPECT_EQ(server->control(Control::stop), "");
  ASSERT_TRUE(server->becomes(ConnectorState::stopped));
  EXPECT_EQ(server->status().detail, "stopped by the test");
  EXPECT_EQ(server->control(Control::start), "");
  ASSERT_TRUE(server->becomes(ConnectorState::running));
  const int pid = server->status().pid;
  EXPECT_EQ(server->control(Control::restart), "");
  EXPECT_TRUE(eventually([&] { return server->status().pid != pid && server->status().pid != 0; }));
  EXPECT_TRUE(server->becomes(ConnectorState::running));
  EXPECT_EQ(server->status().restarts, 0u) << "none of these was a crash";
  // Stopped and started again before it has ended.
  EXPECT_EQ(server->control(Control::stop), "");
  EXPECT_EQ(server->control(Control::start), "");
  EXPECT_TRUE(server->becomes(ConnectorState::running));
  EXPECT_TRUE(eventually([&] { return server->quality("/A").good(); }));
}

TEST_F(ConnectorProcess, ThatHangsIsKilledWhenTheServerStops) {
  start();
  ASSERT_TRUE(counts_to(2));
  const int pid = server->status().pid;
  ::kill(pid, SIGSTOP);
  const MonoTime begin = base::mono_now();
  EXPECT_TRUE(server->stop());
  EXPECT_LT(base::mono_now() - begin, 4s);
  EXPECT_TRUE(is_gone(pid));
}

}  // namespace
}  // namespace tagwerk::supervisor

int main(int count, char** arguments) {
  if (count == 9 && std::string_view(arguments[1]) == "connector")
    return tagwerk::supervisor::run_as_connector(arguments);
  testing::InitGoogleTest(&count, arguments);
  return RUN_ALL_TESTS();
}
