#include "link/runtime.hpp"

#include <boost/asio/post.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <ranges>

#include "link/server_for_test.hpp"

namespace tagwerk::link {
namespace {

using std::chrono::milliseconds;

/// A plant in memory: each poll of a group counts, every binding shows the count of its device.
class CountingConnector final : public Connector {
 public:
  struct Plant {
    std::map<std::string, std::int64_t> polls;
    std::map<std::string, std::size_t> connects;
    std::map<std::string, bool> dead;    ///< refuses connections
    std::map<std::string, bool> silent;  ///< never answers
    bool failing = false;                ///< polls fail
    std::vector<std::pair<std::uint32_t, Value>> written;
    std::vector<WriteDone> held_writes;
    bool hold_writes = false;
    std::string refuse_settings;
    ConnectorHost* host = nullptr;
  };
  explicit CountingConnector(std::shared_ptr<Plant> plant) : plant_(std::move(plant)) {}

  std::string type() const override { return "counting"; }
  void start(boost::asio::io_context& loop, ConnectorHost& host) override {
    loop_ = &loop;
    plant_->host = &host;
  }
  Result<std::vector<BindingProblem>> configure(const ConnectorConfiguration& next) override {
    if (!plant_->refuse_settings.empty() && next.settings == plant_->refuse_settings)
      return fail(ErrorCode::invalid_argument, "settings.host is missing\nsettings.port is 0");
    std::vector<BindingProblem> problems;
    for (const ScanGroup& group : next.groups)
      for (const Binding& each : group.bindings)
        if (each.address == "nonsense") problems.push_back({each.handle, "no such address"});
    return problems;
  }
  void connect(const std::string& device, Done done) override {
    ++plant_->connects[device];
    if (plant_->dead[device]) return done(fail(ErrorCode::unavailable, "connection refused"));
    done(Status{});
  }
  void disconnect(const std::string&) override {}
  void poll(const ScanGroup& group, PollDone done) override {
    if (plant_->silent[group.device]) {
      silent_.push_back(std::move(done));
      return;
    }
    if (plant_->failing) return done({fail(ErrorCode::timeout, "no answer within 1s"), {}});
    const std::int64_t count = ++plant_->polls[group.device];
    PollOutcome outcome;
    for (const Binding& each : group.bindings)
      if (each.address != "nonsense")
        outcome.samples.push_back({Value::of(count), kNever, model::kGood, each.handle});
    boost::asio::post(*loop_, [done = std::move(done), outcome = std::move(outcome)]() mutable {
      done(std::move(outcome));
    });
  }
  void write(const WriteOrder& order, WriteDone done) override {
    plant_->written.emplace_back(order.binding.handle, order.value);
    if (plant_->hold_writes) {
      plant_->held_writes.push_back(std::move(done));
      return;
    }
    done({model::kGood, "", order.read_back ? order.value : Value(), {}});
  }

 private:
  std::shared_ptr<Plant> plant_;
  boost::asio::io_context* loop_ = nullptr;
  std::vector<PollDone> silent_;
};

Binding binding(std::uint32_t handle, std::string device = "plc") {
  Binding out;
  out.handle = handle;
  out.device = std::move(device);
  out.address = "A";
  out.period = milliseconds(20);
  out.writable = true;
  out.path = "/Tag" + std::to_string(handle);
  return out;
}

class LinkRuntime : public testing::Test {
 public:
  ~LinkRuntime() override {
    server.kill();
    for (auto& each : runtimes)
      each->stop("the test is over");
  }

 protected:
  RunOptions options() {
    RunOptions out;
    out.name = "counter";
    out.link = directory / "link.sock";
    out.data = directory / "counter";
    return out;
  }
  Status start(const RunOptions& with) {
    runtimes.push_back(
        std::make_unique<Runtime>(loop, with, std::make_unique<CountingConnector>(plant)));
    return runtimes.back()->start([this](int code) { exit_code = code; });
  }
  void start_configured(std::vector<Binding> bindings) {
    server.listen();
    ASSERT_TRUE(start(options()));
    ASSERT_TRUE(until([&] { return server.is_up(); }));
    server.send(Configuration{1, "{}", std::move(bindings)});
    ASSERT_TRUE(until([&] { return server.configured.size() == 1; }));
  }
  template <class Condition>
  bool until(Condition condition, Duration limit = std::chrono::seconds(10)) {
    return run_until(loop, condition, limit);
  }
  /// Values of one handle, in the order in which they came.
  std::vector<std::int64_t> counts(std::uint32_t handle) const {
    std::vector<std::int64_t> out;
    for (const Sample& each : server.samples)
      if (each.slot == handle && each.value.type() == model::Type::integer)
        out.push_back(each.value.as_int());
    return out;
  }
  bool last_is(std::uint32_t handle, Quality quality) const {
    for (const Sample& each : std::views::reverse(server.samples))
      if (each.slot == handle) return each.quality == quality;
    return false;
  }
  static bool without_gap(const std::vector<std::int64_t>& counts) {
    for (std::size_t i = 0; i < counts.size(); ++i)
      if (counts[i] != static_cast<std::int64_t>(i) + 1) return false;
    return true;
  }

  boost::asio::io_context loop;
  TestDirectory directory;
  std::shared_ptr<CountingConnector::Plant> plant = std::make_shared<CountingConnector::Plant>();
  LinkServer server{loop, directory / "link.sock"};
  std::vector<std::unique_ptr<Runtime>> runtimes;
  std::optional<int> exit_code;
};

TEST_F(LinkRuntime, SaysHelloTakesItsConfigurationAndSendsEveryPollOnce) {
  start_configured({binding(0), binding(1)});
  EXPECT_EQ(server.hellos[0].name, "counter");
  EXPECT_EQ(server.hellos[0].type, "counting");
  EXPECT_EQ(server.hellos[0].revision, 0u);
  EXPECT_GT(server.hellos[0].epoch, 0u);
  ASSERT_TRUE(until([&] { return counts(1).size() >= 20; }));
  EXPECT_TRUE(without_gap(counts(0)));
  EXPECT_TRUE(without_gap(counts(1)));
}

TEST_F(LinkRuntime, AServerThatDiesAndComesBackGetsEveryPollOnce) {
  start_configured({binding(0)});
  ASSERT_TRUE(until([&] { return counts(0).size() >= 5; }));
  server.acknowledge();
  ASSERT_TRUE(until([&] { return counts(0).size() >= 10; }));
  server.kill();
  const auto before = plant->polls["plc"];
  ASSERT_TRUE(until([&] { return plant->polls["plc"] >= before + 30; }));
  server.listen();
  ASSERT_TRUE(until([&] { return counts(0).size() >= static_cast<std::size_t>(before) + 40; }));
  EXPECT_TRUE(without_gap(counts(0)));
  EXPECT_EQ(server.hellos.back().revision, 1u);
  EXPECT_EQ(server.hellos.back().oldest, server.acknowledged + 1);
  EXPECT_EQ(server.configured.size(), 1u);
}

TEST_F(LinkRuntime, ManyLossesOfTheSessionLoseAndDoubleNothing) {
  server.acknowledging = true;
  start_configured({binding(0)});
  for (std::size_t round = 0; round < 6; ++round) {
    const auto seen = counts(0).size();
    ASSERT_TRUE(until([&] { return counts(0).size() >= seen + 3; }));
    server.drop_session();
    ASSERT_TRUE(until([&] { return server.is_up(); }));
  }
  EXPECT_TRUE(without_gap(counts(0)));
}

TEST_F(LinkRuntime, CollectsFromItsOwnCopyBeforeTheServerIsThere) {
  start_configured({binding(0)});
  server.kill();
  runtimes.back()->stop("restart");
  ASSERT_TRUE(until([&] { return exit_code.has_value(); }));
  runtimes.clear();
  plant->polls.clear();
  const auto first_epoch = server.hellos.back().epoch;
  ASSERT_TRUE(start(options()));
  ASSERT_TRUE(until([&] { return plant->polls["plc"] >= 10; }));
  server.samples.clear();
  server.sequences.clear();
  server.listen();
  ASSERT_TRUE(until([&] { return counts(0).size() >= 15; }));
  EXPECT_TRUE(without_gap(counts(0)));
  EXPECT_GT(server.hellos.back().epoch, first_epoch);
  EXPECT_EQ(server.hellos.back().revision, 1u);
}

TEST_F(LinkRuntime, ASecondProcessOnTheSameDirectoryIsToldWhoHoldsIt) {
  ASSERT_TRUE(start(options()));
  const auto second = start(options());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::conflict);
  EXPECT_THAT(second.error().message, testing::HasSubstr(std::to_string(::getpid())));
}

TEST_F(LinkRuntime, EndsWhenThereIsNoServerForTooLong) {
  RunOptions alone = options();
  alone.alone = milliseconds(300);
  ASSERT_TRUE(start(alone));
  ASSERT_TRUE(until([&] { return exit_code.has_value(); }));
  EXPECT_EQ(exit_code, kExitAlone);
}

TEST_F(LinkRuntime, EndsWhenTheServerRefusesItForGood) {
  server.refuse_final = true;
  server.listen();
  ASSERT_TRUE(start(options()));
  ASSERT_TRUE(until([&] { return exit_code.has_value(); }));
  EXPECT_EQ(exit_code, kExitRefused);
}

TEST_F(LinkRuntime, StopSendsWhatItHasWaitsForTheAckAndEndsWithZero) {
  server.acknowledging = true;
  start_configured({binding(0)});
  ASSERT_TRUE(until([&] { return counts(0).size() >= 3; }));
  const MonoTime asked = base::mono_now();
  server.send(Stop{"the server stops"});
  ASSERT_TRUE(until([&] { return exit_code.has_value(); }));
  EXPECT_EQ(exit_code, kExitStopped);
  EXPECT_LT(base::mono_now() - asked, milliseconds(1900));
  EXPECT_EQ(counts(0).size(), static_cast<std::size_t>(plant->polls["plc"]));
}

TEST_F(LinkRuntime, ADeadDeviceTurnsBadOnceAndDelaysNoOther) {
  plant->dead["broken"] = true;
  start_configured({binding(0, "broken"), binding(1, "broken"), binding(2, "plc")});
  ASSERT_TRUE(until([&] { return counts(2).size() >= 50; }));
  EXPECT_TRUE(last_is(0, model::kBadNoCommunication));
  std::size_t bad = 0;
  for (const Sample& each : server.samples)
    if (each.slot < 2) {
      ++bad;
      EXPECT_TRUE(each.value.is_null());
    }
  EXPECT_EQ(bad, 2u);
  plant->dead["broken"] = false;
  ASSERT_TRUE(until([&] { return last_is(0, model::kGood) && last_is(1, model::kGood); }));
}

TEST_F(LinkRuntime, ANewSessionHearsAgainWhatIsSaidOnlyOnce) {
  Binding faulty = binding(0);
  faulty.address = "nonsense";
  Binding resting = binding(2, "alive");
  resting.deadband = 1e9;
  plant->dead["plc"] = true;
  start_configured({faulty, binding(1), resting});
  const auto said = [&] {
    return last_is(0, model::kBadConfigurationError) && last_is(1, model::kBadNoCommunication) &&
           last_is(2, model::kGood);
  };
  ASSERT_TRUE(until(said));
  server.acknowledge();
  server.samples.clear();
  server.configured.clear();
  server.drop_session();
  EXPECT_TRUE(until([&] { return said() && server.configured.size() == 1; }));
  EXPECT_EQ(server.configured[0].faults.size(), 1u);
}

TEST_F(LinkRuntime, AFailedPollTurnsTheDeviceBadAndItIsConnectedAgain) {
  start_configured({binding(0)});
  ASSERT_TRUE(until([&] { return last_is(0, model::kGood); }));
  plant->failing = true;
  ASSERT_TRUE(until([&] { return last_is(0, model::kBadNoCommunication); }));
  ASSERT_TRUE(until([&] { return plant->connects["plc"] >= 2; }));
  plant->failing = false;
  ASSERT_TRUE(until([&] { return last_is(0, model::kGood); }));
}

TEST_F(LinkRuntime, ADeviceThatClosesAnIdleConnectionIsNotBadWhenItComesBackAtOnce) {
  start_configured({binding(0)});
  ASSERT_TRUE(until([&] { return counts(0).size() >= 3; }));
  plant->host->lost("plc", Error{ErrorCode::unavailable, "closed by the device", {}});
  ASSERT_TRUE(until([&] { return plant->connects["plc"] == 2; }));
  const auto seen = counts(0).size();
  ASSERT_TRUE(until([&] { return counts(0).size() >= seen + 3; }));
  for (const Sample& each : server.samples)
    EXPECT_EQ(each.quality, model::kGood);
}

TEST_F(LinkRuntime, AnswersEveryWriteWithWhatHappened) {
  start_configured({binding(0)});
  server.send(Write{1, 1, 0, 1000, true, Value::of(2.5)});
  ASSERT_TRUE(until([&] { return server.results.size() == 1; }));
  EXPECT_EQ(server.results[0].quality, model::kGood);
  EXPECT_EQ(server.results[0].value, Value::of(2.5));
  server.send(Write{2, 7, 0, 1000, false, Value::of(2.5)});
  server.send(Write{3, 1, 9, 1000, false, Value::of(2.5)});
  ASSERT_TRUE(until([&] { return server.results.size() == 3; }));
  EXPECT_EQ(server.results[1].quality, model::kBadConfigurationError);
  EXPECT_EQ(server.results[2].quality, model::kBadConfigurationError);
  EXPECT_EQ(plant->written.size(), 1u);
}

TEST_F(LinkRuntime, AWriteToWhatIsNotWritableOrNotReachableIsNotSent) {
  plant->dead["broken"] = true;
  Binding fixed = binding(0);
  fixed.writable = false;
  start_configured({fixed, binding(1, "broken")});
  ASSERT_TRUE(until([&] { return last_is(1, model::kBadNoCommunication); }));
  server.send(Write{1, 1, 0, 1000, false, Value::of(1.0)});
  server.send(Write{2, 1, 1, 1000, false, Value::of(1.0)});
  ASSERT_TRUE(until([&] { return server.results.size() == 2; }));
  EXPECT_EQ(server.results[0].quality, model::kBadNotWritable);
  EXPECT_EQ(server.results[1].quality, model::kBadNoCommunication);
  EXPECT_THAT(server.results[1].detail, testing::HasSubstr("connection refused"));
  EXPECT_TRUE(plant->written.empty());
}

TEST_F(LinkRuntime, WaitingWritesToOneTagAreReplacedByTheLast) {
  plant->hold_writes = true;
  start_configured({binding(0), binding(1)});
  ASSERT_TRUE(until([&] { return last_is(0, model::kGood); }));
  server.send(Write{1, 1, 0, 5000, false, Value::of(1.0)});
  ASSERT_TRUE(until([&] { return plant->held_writes.size() == 1; }));
  server.send(Write{2, 1, 0, 5000, false, Value::of(2.0)});
  server.send(Write{3, 1, 1, 5000, false, Value::of(3.0)});
  server.send(Write{4, 1, 0, 5000, false, Value::of(4.0)});
  ASSERT_TRUE(until([&] { return server.results.size() == 1; }));
  EXPECT_EQ(server.results[0].id, 2u);
  EXPECT_EQ(server.results[0].quality, kBadOperationAbandoned);
  plant->hold_writes = false;
  plant->held_writes[0]({model::kGood, "", Value(), {}});
  ASSERT_TRUE(until([&] { return server.results.size() == 4; }));
  EXPECT_EQ(server.results[1].id, 1u);
  EXPECT_EQ(server.results[2].id, 3u);
  EXPECT_EQ(server.results[3].id, 4u);
}

TEST_F(LinkRuntime, AWriteThatGetsNoAnswerInTimeSaysThatItsEffectIsUnknown) {
  plant->hold_writes = true;
  start_configured({binding(0), binding(1)});
  ASSERT_TRUE(until([&] { return last_is(0, model::kGood); }));
  server.send(Write{1, 1, 0, 100, false, Value::of(1.0)});
  server.send(Write{2, 1, 1, 100, false, Value::of(1.0)});
  ASSERT_TRUE(until([&] { return server.results.size() == 2; }));
  std::map<std::uint64_t, WriteResult> results;
  for (const WriteResult& each : server.results)
    results[each.id] = each;
  EXPECT_EQ(results[1].quality, model::kBadTimeout);
  EXPECT_THAT(results[1].detail, testing::HasSubstr("effect is unknown"));
  EXPECT_EQ(results[2].quality, model::kBadTimeout);
  EXPECT_THAT(results[2].detail, testing::HasSubstr("not sent"));
}

TEST_F(LinkRuntime, ABindingThatCannotBeServedTurnsBadAndIsNamed) {
  Binding wrong = binding(1);
  wrong.address = "nonsense";
  start_configured({binding(0), wrong});
  ASSERT_EQ(server.configured[0].faults.size(), 1u);
  EXPECT_EQ(server.configured[0].faults[0], (BindingFault{1, "no such address"}));
  ASSERT_TRUE(until([&] { return last_is(0, model::kGood); }));
  EXPECT_TRUE(last_is(1, model::kBadConfigurationError));
}

TEST_F(LinkRuntime, RefusedSettingsAreReportedLineByLineAndTheFormerOnesStay) {
  plant->refuse_settings = R"({"port":0})";
  start_configured({binding(0)});
  server.send(Configuration{2, R"({"port":0})", {binding(0)}});
  ASSERT_TRUE(until([&] { return server.errors.size() == 1; }));
  EXPECT_EQ(server.errors[0].revision, 2u);
  EXPECT_THAT(server.errors[0].faults,
              testing::ElementsAre("settings.host is missing", "settings.port is 0"));
  const auto seen = counts(0).size();
  ASSERT_TRUE(until([&] { return counts(0).size() > seen; }));
  EXPECT_EQ(server.revisions.back(), 1u);
}

TEST_F(LinkRuntime, ANewConfigurationKeepsTheConnectionAndTheSequence) {
  start_configured({binding(0)});
  ASSERT_TRUE(until([&] { return counts(0).size() >= 3; }));
  server.send(Configuration{2, "{}", {binding(0), binding(1)}});
  server.send(Write{1, 2, 1, 1000, false, Value::of(1.0)});
  ASSERT_TRUE(until([&] { return server.revisions.back() == 2 && !counts(1).empty(); }));
  EXPECT_TRUE(without_gap(counts(0)));
  EXPECT_EQ(plant->connects["plc"], 1u);
  ASSERT_TRUE(until([&] { return server.results.size() == 1; }));
  EXPECT_EQ(server.results[0].quality, model::kGood);
}

TEST_F(LinkRuntime, AFullBufferDropsTheOldestAndMarksWhatFollows) {
  RunOptions small = options();
  small.buffer.bytes = 4'000;
  server.listen();
  ASSERT_TRUE(start(small));
  ASSERT_TRUE(until([&] { return server.is_up(); }));
  server.send(Configuration{1, "{}", {binding(0)}});
  ASSERT_TRUE(until([&] { return counts(0).size() >= 3; }));
  server.acknowledge();
  server.kill();
  const auto before = plant->polls["plc"];
  ASSERT_TRUE(until([&] { return plant->polls["plc"] >= before + 60; }));
  const auto seen = server.samples.size();
  server.listen();
  ASSERT_TRUE(until([&] { return server.samples.size() >= seen + 10; }));
  EXPECT_TRUE(server.samples[seen].quality.overflow());
  EXPECT_FALSE(server.samples[seen + 1].quality.overflow());
  EXPECT_GT(server.samples[seen].value.as_int(), before + 10);
  EXPECT_GT(server.sequences[seen], server.sequences[seen - 1] + 1);
}

TEST_F(LinkRuntime, InsideTheDeadbandNothingIsSentUntilTheRefresh) {
  Binding calm = binding(0);
  calm.deadband = 1000;
  calm.refresh = milliseconds(400);
  start_configured({calm, binding(1)});
  ASSERT_TRUE(until([&] { return counts(1).size() >= 50; }));
  EXPECT_GE(counts(0).size(), 2u);
  EXPECT_LE(counts(0).size(), 5u);
}

TEST_F(LinkRuntime, GarbageFromTheServerClosesTheSessionAndItComesBack) {
  start_configured({binding(0)});
  server.send_bytes(base::Bytes(64, std::byte{0xff}));
  ASSERT_TRUE(until([&] { return server.closed == 1; }));
  ASSERT_TRUE(until([&] { return server.is_up() && server.hellos.size() == 2; }));
  const auto seen = counts(0).size();
  ASSERT_TRUE(until([&] { return counts(0).size() > seen; }));
  EXPECT_TRUE(without_gap(counts(0)));
}

TEST_F(LinkRuntime, TellsItsStateWithCountersPerDevice) {
  start_configured({binding(0)});
  ASSERT_TRUE(until([&] { return !server.states.empty(); }));
  ASSERT_TRUE(until(
      [&] { return server.states.back().find(R"("state":"connected")") != std::string::npos; }));
  EXPECT_THAT(server.states.back(), testing::HasSubstr(R"("revision":1)"));
}

TEST_F(LinkRuntime, ShowsTheFramesOfItsConnectorPageByPage) {
  start_configured({binding(0)});
  const auto connection = std::make_shared<const TraceConnection>(
      TraceConnection{"plc", "10.0.0.1", 40001, "10.0.0.5", 502});
  const auto other =
      std::make_shared<const TraceConnection>(TraceConnection{"other", "", 0, "", 0});
  TraceRing& ring = plant->host->trace();
  for (int i = 0; i < 5; ++i) {
    ring.add(connection, TraceDirection::sent, base::as_bytes("ask"), base::utc_now());
    ring.add(other, TraceDirection::received, base::as_bytes("answer"), base::utc_now(),
             milliseconds(3));
  }
  const auto ask = [&](const TraceRequest& request) {
    server.send(request);
    const std::size_t before = server.traces.size();
    EXPECT_TRUE(until([&] { return server.traces.size() > before; }));
    return server.traces.back();
  };
  const auto numbers = [](const Trace& trace) {
    std::vector<std::uint64_t> out;
    for (const TraceItem& each : trace.items)
      out.push_back(each.number);
    return out;
  };
  using Numbers = std::vector<std::uint64_t>;
  const Trace first = ask({.id = 7, .limit = 4});
  EXPECT_EQ(first.id, 7u);
  EXPECT_EQ(numbers(first), (Numbers{1, 2, 3, 4}));
  EXPECT_TRUE(first.more);
  EXPECT_EQ(first.items[1].text, "6 bytes");
  EXPECT_EQ(first.items[1].delay, milliseconds(3));
  EXPECT_EQ(first.connections[first.items[0].connection], *connection);
  EXPECT_EQ(numbers(ask({.after = first.next, .limit = 1000})), (Numbers{5, 6, 7, 8, 9, 10}));
  EXPECT_FALSE(server.traces.back().more);
  EXPECT_EQ(numbers(ask({.limit = 2, .newest = true})), (Numbers{9, 10}));
  EXPECT_EQ(numbers(ask({.limit = 2, .newest = true, .with_text = false, .device = "plc"})),
            (Numbers{7, 9}));
  EXPECT_EQ(server.traces.back().items[0].text, "");
  EXPECT_EQ(server.traces.back().next, 9u);
  EXPECT_EQ(numbers(ask({.after = 10, .limit = 9})), Numbers{});
  EXPECT_EQ(numbers(ask({.after = ~std::uint64_t{0}, .limit = 9})), Numbers{});
}

TEST_F(LinkRuntime, AnUnknownRequestIsAnsweredWithAReason) {
  start_configured({binding(0)});
  server.send(Request{4, 1000, "browse", "{}"});
  ASSERT_TRUE(until([&] { return server.replies.size() == 1; }));
  EXPECT_FALSE(server.replies[0].ok);
  EXPECT_EQ(server.replies[0].text, "connector type 'counting' cannot browse");
}

}  // namespace
}  // namespace tagwerk::link
