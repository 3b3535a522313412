#include "supervisor/supervisor.hpp"

#include <fcntl.h>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>
#include <sys/stat.h>

#include "link/configuration.hpp"
#include "supervisor/server_for_test.hpp"

namespace tagwerk::supervisor {
namespace {

using namespace std::chrono_literals;
using link::FrameType;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::uint64_t kEpoch = 1000;

link::Hello hello_of(std::uint64_t epoch = kEpoch) {
  link::Hello hello;
  hello.name = "plc1";
  hello.type = "test";
  hello.epoch = epoch;
  return hello;
}

/// Connectors are spoken for by the test: there is no executable to start.
class SupervisorTest : public testing::Test {
 protected:
  Supervisor::Options options() {
    return {.executable = directory / "missing",
            .data_dir = directory.path(),
            .link_socket = directory / "link.sock",
            .instance = "test",
            .link_delay = 1ms,
            .adoption = 200ms};
  }
  void start(Supervisor::Options with) {
    server.reset();
    server = std::make_unique<TestServer>(std::move(with));
    server->start(project);
  }
  void start() { start(options()); }
  std::unique_ptr<LinkClient> connect() {
    return std::make_unique<LinkClient>(directory / "link.sock");
  }
  /// hello, welcome, configure, configured.
  std::unique_ptr<LinkClient> running(std::uint64_t epoch = kEpoch) {
    auto client = connect();
    client->send(hello_of(epoch));
    const auto welcome = client->next<link::Welcome>(FrameType::welcome);
    EXPECT_TRUE(welcome);
    acknowledged = welcome ? welcome->acknowledged : 0;
    const auto configure = client->next<link::Configure>(FrameType::configure);
    EXPECT_TRUE(configure);
    revision = configure ? configure->revision : 0;
    client->send(link::Configured{revision, {}});
    EXPECT_TRUE(server->becomes(ConnectorState::running));
    return client;
  }
  std::string refusal(const link::Hello& hello, bool final) {
    const auto client = connect();
    client->send(hello);
    const auto refused = client->next<link::Refused>(FrameType::refused);
    EXPECT_TRUE(refused) << "no answer";
    EXPECT_TRUE(client->is_closed());
    if (!refused) return {};
    EXPECT_EQ(refused->final, final);
    return refused->reason;
  }
  bool has(const std::string& path, std::vector<int> values) {
    const bool come = eventually([&] { return server->values(path).size() >= values.size(); });
    EXPECT_EQ(server->values(path), values);
    return come;
  }

  TestDirectory directory;
  model::Project project = project_of({tag_of("/A", "HR:1"), tag_of("/B", "HR:2")});
  std::unique_ptr<TestServer> server;
  std::uint64_t revision = 0;
  std::uint64_t acknowledged = 0;
};

TEST_F(SupervisorTest, SamplesReachTheEngineOnceAndAreAcknowledgedOneTickLater) {
  start();
  const auto client = running();
  EXPECT_EQ(acknowledged, 0u);
  const MonoTime sent = base::mono_now();
  client->send_samples(1, revision, 2);
  client->send_samples(2, revision, 2);
  EXPECT_TRUE(has("/A", {1, 2}));
  EXPECT_TRUE(has("/B", {1, 2}));
  const auto ack = client->next<link::Ack>(FrameType::ack);
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->epoch, kEpoch);
  EXPECT_EQ(ack->sequence, 2u);
  // A tick is a second: what is applied in one is durable in the next.
  EXPECT_GE(base::mono_now() - sent, 900ms);
  EXPECT_EQ(server->status().samples, 4u);
}

TEST_F(SupervisorTest, TheSocketIsForItsUserOnlyAndAnOldOneIsReplaced) {
  start();
  running();
  start();
  running();
  struct stat info{};
  ASSERT_EQ(::stat((directory / "link.sock").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(SupervisorTest, ASocketThatCannotBeBoundIsAFailureThatSaysSo) {
  auto with = options();
  with.link_socket = directory / std::string(200, 'x');
  start(with);
  EXPECT_TRUE(eventually([&] { return !server->supervisor->failure().empty(); }));
  EXPECT_THAT(server->supervisor->failure(), HasSubstr("connectors cannot reach the server"));
  with.link_socket = directory / "missing/link.sock";
  start(with);
  EXPECT_TRUE(eventually([&] { return !server->supervisor->failure().empty(); }));
  EXPECT_TRUE(server->stop());
}

TEST_F(SupervisorTest, AReconnectOfTheSameEpochDoublesNothing) {
  start();
  auto first = running();
  for (std::uint64_t sequence = 1; sequence <= 3; ++sequence)
    first->send_samples(sequence, revision);
  ASSERT_TRUE(has("/A", {1, 2, 3}));
  const auto second = running();
  EXPECT_TRUE(first->is_closed()) << "the same epoch replaces its half-open session";
  for (std::uint64_t sequence = acknowledged + 1; sequence <= 5; ++sequence)
    second->send_samples(sequence, revision);
  EXPECT_TRUE(has("/A", {1, 2, 3, 4, 5}));
}

TEST_F(SupervisorTest, AnotherEpochIsRefusedWhileTheFirstLives) {
  start();
  auto first = running();
  EXPECT_THAT(refusal(hello_of(kEpoch + 1), false), HasSubstr("already there"));
  first->send_samples(1, revision);
  EXPECT_TRUE(has("/A", {1}));
  first.reset();
  ASSERT_TRUE(eventually([&] { return server->quality("/A") == model::kBadNotConnected; }));
  const auto second = running(kEpoch + 1);
  second->send_samples(1, revision);
  EXPECT_TRUE(has("/A", {1, 1})) << "sequences start anew with the epoch";
}

TEST_F(SupervisorTest, AServerThatComesBackAsksForWhatItHadNotAcknowledgedOnly) {
  start();
  {
    const auto client = running();
    client->send_samples(1, revision);
    client->send_samples(2, revision);
    ASSERT_EQ(client->next<link::Ack>(FrameType::ack)->sequence, 2u);
    client->send_samples(3, revision);
    ASSERT_TRUE(has("/A", {1, 2, 3}));
  }
  start();  // as after kill -9
  const auto client = running();
  EXPECT_EQ(acknowledged, 2u);
  for (std::uint64_t sequence = 2; sequence <= 4; ++sequence)
    client->send_samples(sequence, revision);
  EXPECT_TRUE(has("/A", {3, 4}));
  EXPECT_EQ(client->next<link::Ack>(FrameType::ack)->sequence, 4u);
}

TEST_F(SupervisorTest, WhoHoldsTheConfigurationIsNotSentItAgain) {
  start();
  running();
  const auto client = connect();
  auto hello = hello_of();
  hello.revision = revision;
  client->send(hello);
  ASSERT_TRUE(client->next<link::Welcome>(FrameType::welcome));
  EXPECT_TRUE(server->becomes(ConnectorState::running));
  EXPECT_FALSE(client->next<link::Configure>(FrameType::configure, 200ms));
}

TEST_F(SupervisorTest, AWriteGoesToItsHandleAndItsAnswerComesBack) {
  start();
  const auto client = running();
  auto outcome = std::async(std::launch::async, [&] { return server->write("/B", 42); });
  const auto write = client->next<link::Write>(FrameType::write);
  ASSERT_TRUE(write);
  EXPECT_EQ(write->handle, 1u);
  EXPECT_EQ(write->revision, revision);
  EXPECT_EQ(write->value, Value::of(42.0));
  EXPECT_GT(write->deadline_ms, 5000u);
  client->send(link::WriteResult{write->id + 7, model::kBad, "to another one", {}});
  client->send(link::WriteResult{write->id, model::kGood, "", Value::of(42.0)});
  const auto result = outcome.get();
  EXPECT_EQ(result.status, model::kGood);
  EXPECT_EQ(result.value, Value::of(42.0));
}

TEST_F(SupervisorTest, AWriteWithoutAnswerEndsWithItsDeadline) {
  start();
  const auto client = running();
  const auto result = server->write("/A", 1, 100ms);
  EXPECT_EQ(result.status, model::kBadTimeout);
  EXPECT_THAT(result.detail, HasSubstr("unknown"));
  // The late answer finds nobody.
  const auto write = client->next<link::Write>(FrameType::write);
  client->send(link::WriteResult{write->id, model::kGood, "", {}});
  client->send_samples(1, revision);
  EXPECT_TRUE(has("/A", {1}));
}

TEST_F(SupervisorTest, AWriteWhoseSessionEndsIsAnsweredAtOnce) {
  start();
  auto client = running();
  auto outcome = std::async(std::launch::async, [&] { return server->write("/A", 1); });
  ASSERT_TRUE(client->next<link::Write>(FrameType::write));
  const MonoTime lost = base::mono_now();
  client.reset();
  const auto result = outcome.get();
  EXPECT_LT(base::mono_now() - lost, 5s);
  EXPECT_EQ(result.status, model::kBadTimeout);
  EXPECT_THAT(result.detail, HasSubstr("connection to the connector was lost"));
}

TEST_F(SupervisorTest, AWriteWithoutConnectorSaysWhyAtOnce) {
  start();
  const auto result = server->write("/A", 1);
  EXPECT_EQ(result.status, model::kBadNotConnected);
  EXPECT_THAT(result.detail, HasSubstr("'plc1' is not running"));
}

TEST_F(SupervisorTest, AWriteOfAnotherPlantNeverReachesTheTagThatHasTheSlotNow) {
  start();
  const auto client = running();
  // The engine has given the slot of /A to /C already, the supervisor has not heard of it yet.
  const Slot slot = server->plant->find("/A")->slot;
  const auto result = TestServer::wait_for<engine::WriteOutcome>([&](auto done) {
    server->supervisor->write({slot, 4711, Value::of(1.0), base::mono_now() + 10s},
                              std::move(done));
  });
  EXPECT_EQ(result.status, model::kBadNotConnected);
  EXPECT_FALSE(client->next<link::Write>(FrameType::write, 100ms));
}

TEST_F(SupervisorTest, GarbageEndsOnlyItsOwnConnection) {
  start();
  const auto good = running();
  std::minstd_rand random(7);
  for (int round = 0; round < 50; ++round) {
    const auto bad = connect();
    base::Bytes bytes(64);
    for (std::byte& each : bytes)
      each = static_cast<std::byte>(random());
    bad->send_bytes(bytes);
    // Others leave at once.
    if (round % 2 == 0) {
      EXPECT_TRUE(bad->is_closed());
    }
  }
  const auto early = connect();
  early->send(link::Log{link::LogLevel::info, base::utc_now(), "before hello"});
  EXPECT_TRUE(early->is_closed());
  const auto large = connect();
  auto hello = hello_of();
  hello.token = std::string(5000, 'x');
  large->send(hello);
  EXPECT_TRUE(large->is_closed());

  good->send_samples(1, revision);
  EXPECT_TRUE(has("/A", {1}));
  good->send_bytes(base::Bytes(64, std::byte{0xff}));
  EXPECT_TRUE(good->is_closed());
  const auto again = running();
  again->send_samples(2, revision);
  EXPECT_TRUE(has("/A", {1, 2}));
}

TEST_F(SupervisorTest, FramesThatAreTheServersEndTheSession) {
  start();
  const auto client = running();
  client->send(hello_of());
  EXPECT_TRUE(client->is_closed());
  const auto other = running();
  other->send(link::Ack{kEpoch, 1});
  EXPECT_TRUE(other->is_closed());
}

TEST_F(SupervisorTest, WhoDoesNotBelongIsRefusedForGood) {
  project.connectors["off"] = {.name = "off", .type = "test", .enabled = false};
  start();
  auto hello = hello_of();
  hello.name = "nobody";
  EXPECT_THAT(refusal(hello, true), HasSubstr("no connector 'nobody'"));
  hello = hello_of();
  hello.type = "other";
  EXPECT_THAT(refusal(hello, true), HasSubstr("is of type test, not other"));
  hello = hello_of();
  hello.version = 9;
  EXPECT_THAT(refusal(hello, true), HasSubstr("speaks version 1"));
  hello = hello_of();
  hello.name = "off";
  EXPECT_THAT(refusal(hello, true), HasSubstr("is disabled"));
  ASSERT_EQ(server->control(Supervisor::Control::stop), "");
  EXPECT_THAT(refusal(hello_of(), true), HasSubstr("is stopped"));
}

TEST_F(SupervisorTest, AFullLaneStopsTheReadingAndLosesNothing) {
  auto with = options();
  with.lane_samples = 100;
  start(with);
  const auto client = running();
  server->block();
  constexpr int kFrames = 20'000;
  std::atomic<int> sent = 0;
  std::thread sender([&] {
    for (int sequence = 1; sequence <= kFrames; ++sequence, ++sent)
      client->send_samples(static_cast<std::uint64_t>(sequence), revision, 2);
  });
  // The sender stands still: the server has stopped reading.
  int before = -1;
  EXPECT_TRUE(eventually([&] { return std::exchange(before, sent.load()) == sent && sent > 0; }));
  EXPECT_LT(sent, kFrames);
  server->release();
  sender.join();
  ASSERT_TRUE(eventually([&] { return server->values("/B").size() == kFrames; }));
  const auto values = server->values("/A");
  for (int i = 0; i < kFrames; ++i)
    ASSERT_EQ(values[static_cast<std::size_t>(i)], i + 1);
}

TEST_F(SupervisorTest, TagsOfALostSessionStayBadWhateverWaitsInTheLane) {
  auto with = options();
  with.lane_samples = 4;
  start(with);
  auto client = running();
  server->block();
  for (std::uint64_t sequence = 1; sequence <= 10; ++sequence)
    client->send_samples(sequence, revision, 2);
  client.reset();
  server->release();
  ASSERT_TRUE(eventually([&] { return server->quality("/A") == model::kBadNotConnected; }));
  server->runner.run([](engine::Engine&, engine::Now) {});
  EXPECT_EQ(server->quality("/A"), model::kBadNotConnected);
  EXPECT_EQ(server->quality("/B"), model::kBadNotConnected);
  EXPECT_FALSE(server->values("/A").empty());
}

TEST_F(SupervisorTest, FaultyBindingsAreNamedAndTheirTagsBad) {
  start();
  const auto client = running();
  client->send(link::Configured{revision, {{1, "no such address"}, {99, "hostile"}}});
  EXPECT_TRUE(eventually([&] { return server->quality("/B") == model::kBadConfigurationError; }));
  EXPECT_TRUE(eventually([&] { return server->status().faults.size() == 1; }));
  EXPECT_THAT(server->status().faults, ElementsAre("/B: no such address"));
}

TEST_F(SupervisorTest, LogAndStateAreShown) {
  start();
  const auto client = running();
  client->send(link::Log{link::LogLevel::warn, base::utc_now(), std::string(100'000, 'x')});
  client->send(link::State{R"({"dropped": 5, "devices": {"d": {"state": "connected"}}})"});
  EXPECT_TRUE(eventually([&] { return server->status().dropped == 5; }));
  const auto log = server->supervisor->log("plc1", 1000);
  ASSERT_TRUE(log);
  EXPECT_EQ(log->back().level, "warn");
  EXPECT_EQ(log->back().text.size(), 4096u);
  EXPECT_FALSE(server->supervisor->log("nobody", 10));
  EXPECT_THAT(server->control(Supervisor::Control::start, "nobody"), HasSubstr("nobody"));
}

TEST_F(SupervisorTest, AChangedPlantReconfiguresAndOldRevisionsAreStillUnderstood) {
  start();
  const auto client = running();
  const auto former = revision;
  project = project_of({tag_of("/B", "HR:2"), tag_of("/C", "HR:3")});
  server->apply(project);
  const auto configure = client->next<link::Configure>(FrameType::configure);
  ASSERT_TRUE(configure);
  EXPECT_NE(configure->revision, former);
  client->send_samples(1, former, 2);  // /A, which is gone, and /B
  client->send(link::Configured{configure->revision, {}});
  client->send_samples(2, configure->revision, 2);
  client->send_samples(3, 4711, 2);  // nobody knows this one
  client->send_samples(4, configure->revision, 2);
  EXPECT_TRUE(has("/B", {1, 2, 4}));
  EXPECT_TRUE(has("/C", {2, 4}));
}

TEST_F(SupervisorTest, AChangeOfOneSourceReachesOnlyItsConnector) {
  project.connectors["plc2"] = {.name = "plc2", .type = "test"};
  project.tags["/C"] = tag_of("/C", "HR:1", "plc2");
  start();
  const auto first = running();
  const auto second = connect();
  link::Hello hello = hello_of();
  hello.name = "plc2";
  second->send(hello);
  const auto before = second->next<link::Configure>(FrameType::configure);
  ASSERT_TRUE(before);
  second->send(link::Configured{before->revision, {}});
  ASSERT_TRUE(server->becomes(ConnectorState::running, "plc2"));
  project.tags["/C"].source->address = "HR:7";
  server->apply(project);
  const auto after = second->next<link::Configure>(FrameType::configure);
  ASSERT_TRUE(after);
  EXPECT_NE(after->revision, before->revision);
  EXPECT_FALSE(first->next<link::Configure>(FrameType::configure, 100ms));
  first->send_samples(1, revision, 2);
  EXPECT_TRUE(has("/A", {1}));
}

TEST_F(SupervisorTest, ATagMadeAnewUnderItsPathIsServedWithoutAnotherConfiguration) {
  start();
  const auto client = running();
  server->apply(project, 1);
  EXPECT_FALSE(client->next<link::Configure>(FrameType::configure, 100ms));
  client->send_samples(1, revision, 2);
  EXPECT_TRUE(has("/A", {1}));
}

TEST_F(SupervisorTest, ARemovedConnectorNeverTouchesTheTagsThatFollow) {
  project.connectors["plc2"] = {.name = "plc2", .type = "test"};
  start();
  const auto client = running();
  // /A and /B go, /X and /Y get their slots in the revision after.
  project.connectors.erase("plc1");
  project.tags.clear();
  server->apply(project);
  project.tags = {{"/X", tag_of("/X", "1", "plc2")}, {"/Y", tag_of("/Y", "2", "plc2")}};
  server->apply(project);
  ASSERT_TRUE(client->next<link::Stop>(FrameType::stop));
  client->send_samples(1, revision, 2);
  EXPECT_TRUE(client->is_closed()) << "it does not end by itself, so it is ended";
  EXPECT_THAT(server->values("/X"), ElementsAre());
  EXPECT_THAT(server->values("/Y"), ElementsAre());
  EXPECT_EQ(server->supervisor->connectors()->size(), 1u);
  EXPECT_TRUE(server->stop());
}

TEST_F(SupervisorTest, AMissingSecretIsSaidAndMendedByAFile) {
  project.connectors["plc1"].settings = model::Node::mapping();
  project.connectors["plc1"].settings.set("password",
                                          model::Node::scalar("file:" + (directory / "secret")));
  start();
  ASSERT_TRUE(server->becomes(ConnectorState::configuration_error));
  EXPECT_THAT(server->status().detail, HasSubstr(directory / "secret"));
  EXPECT_EQ(server->write("/A", 1).status, model::kBadConfigurationError);
  ::close(::open((directory / "secret").c_str(), O_CREAT | O_WRONLY, 0600));
  server->apply(project);
  EXPECT_TRUE(server->becomes(ConnectorState::backoff)) << "it tries to start";
  running();
}

TEST_F(SupervisorTest, AnExecutableThatIsMissingIsTriedAgainWithLongerPauses) {
  start();
  ASSERT_TRUE(eventually([&] { return server->status().restarts >= 2; }));
  EXPECT_THAT(server->status().detail, HasSubstr(directory / "missing"));
  EXPECT_THAT(server->status().detail, HasSubstr("next start in"));
}

TEST_F(SupervisorTest, StopsWithinItsTimeWhenAConnectorDoesNotAnswer) {
  start();
  const auto client = running();
  const MonoTime begin = base::mono_now();
  EXPECT_TRUE(server->stop());
  EXPECT_LT(base::mono_now() - begin, 4s);
  EXPECT_TRUE(client->next<link::Stop>(FrameType::stop));
  EXPECT_TRUE(client->is_closed());
}

TEST_F(SupervisorTest, AStoppingConnectorIsAcknowledgedBeforeItEnds) {
  start();
  auto client = running();
  client->send_samples(1, revision);
  ASSERT_TRUE(has("/A", {1}));
  std::atomic<bool> stopped = false;
  server->supervisor->stop([&] { stopped = true; });
  ASSERT_TRUE(client->next<link::Stop>(FrameType::stop));
  client->send_samples(2, revision);
  std::uint64_t safe = 0;
  while (safe < 2) {
    const auto ack = client->next<link::Ack>(FrameType::ack);
    ASSERT_TRUE(ack);
    safe = ack->sequence;
  }
  client.reset();
  EXPECT_TRUE(eventually([&] { return stopped.load(); }));
}

}  // namespace
}  // namespace tagwerk::supervisor
