#include "engine/engine.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <map>
#include <rapidcheck/gtest.h>

#include "engine/plant_for_test.hpp"

namespace tagwerk::engine {
namespace {

using namespace std::chrono_literals;
using model::Type;

constexpr UtcTime kStart{std::chrono::seconds(1'800'000'000)};

Now at(Duration offset) {
  return {kStart + offset, MonoTime{offset}};
}

/// Keeps everything the engine says.
class Recorder : public ChangeSink {
 public:
  void on_changes(std::span<const Change> changes) override {
    all.insert(all.end(), changes.begin(), changes.end());
  }
  void on_plant(const std::shared_ptr<const model::Plant>&) override { ++plants; }

  std::vector<Change> all;
  int plants = 0;
};

class RecordingTarget : public WriteTarget {
 public:
  void write(DeviceWrite write, WriteDone done) override {
    writes.push_back(write);
    done({model::kGood, {}, write.raw});
  }
  std::vector<DeviceWrite> writes;
};

class EngineTest : public ::testing::Test {
 protected:
  EngineTest() {
    engine.add_sink(&recorder);
    engine.set_target(&target);
  }

  void configure(std::vector<model::TagDefinition> tags, Duration when = 0s,
                 const Engine::Restore& restore = {}) {
    plant = make_test_plant(std::move(tags), plant.get());
    engine.configure(plant, at(when), restore);
    recorder.all.clear();
  }
  void give(std::string_view path, Value value, Duration when, Quality quality = model::kGood) {
    Sample sample{std::move(value), kStart + when, quality, plant->find(path)->slot};
    engine.step(at(when), {&sample, 1});
  }
  const CurrentValue& shown(std::string_view path) {
    return *engine.current(plant->find(path)->slot);
  }
  WriteOutcome write(std::string_view path, Value value) {
    std::optional<WriteOutcome> outcome;
    const auto* tag = plant->find(path);
    engine.write(at(1s), tag->slot, tag->id, value, MonoTime{5s},
                 [&](WriteOutcome got) { outcome = std::move(got); });
    return outcome.value();
  }

  Recorder recorder;
  RecordingTarget target;
  std::shared_ptr<const model::Plant> plant;
  Engine engine;
};

model::TagDefinition source_tag(std::string path, Type type = Type::floating) {
  model::TagDefinition tag{.path = std::move(path), .type = type};
  tag.source = model::SourceDefinition{.connector = "plc1", .address = "HR:0"};
  return tag;
}

TEST_F(EngineTest, SamplesBeforeARestoredValueAreToldToThoseWhoMayHaveMissedThem) {
  const auto last = [](const model::PlantTag&) {
    return CurrentValue{Value::of(3.0), model::kGood, kStart + 3s, kStart + 3s};
  };
  configure({{.path = "/A", .type = Type::floating}}, 10s, last);
  const auto replay = [&](double value, Duration when) {
    Sample sample{Value::of(value), kStart + when, model::kGood, plant->find("/A")->slot};
    engine.step(at(11s), {&sample, 1});
  };
  replay(2.0, 2s);
  ASSERT_EQ(recorder.all.size(), 1U);
  EXPECT_FALSE(recorder.all[0].for_history_only());
  EXPECT_TRUE(recorder.all[0].differs());
  EXPECT_EQ(shown("/A").value, Value::of(3.0));
  replay(4.0, 4s);
  replay(3.0, 3s);
  ASSERT_EQ(recorder.all.size(), 3U);
  EXPECT_TRUE(recorder.all[2].for_history_only());
}

TEST_F(EngineTest, ATagThatWasNeverReadSaysSo) {
  configure({source_tag("/A")});
  EXPECT_EQ(shown("/A").quality, model::kBadWaitingForInitialData);
  EXPECT_TRUE(shown("/A").value.is_null());
}

TEST_F(EngineTest, ScalesClampsAndTypesRawValues) {
  auto scaled = source_tag("/Scaled");
  scaled.source->scale = 0.1;
  scaled.source->offset = -5;
  auto clamped = source_tag("/Clamped", Type::integer);
  clamped.source->clamp = model::Range{0, 100};
  configure(
      {scaled, clamped, source_tag("/Bool", Type::boolean), source_tag("/Text", Type::string)});
  give("/Scaled", Value::of(std::int64_t{100}), 1s);
  give("/Clamped", Value::of(140.4), 1s);
  give("/Bool", Value::of(std::int64_t{7}), 1s);
  give("/Text", Value::of(1.5), 1s);
  EXPECT_DOUBLE_EQ(shown("/Scaled").value.as_float(), 5.0);
  EXPECT_EQ(shown("/Clamped").value.as_int(), 100);
  EXPECT_TRUE(shown("/Bool").value.as_bool());
  EXPECT_EQ(shown("/Text").quality, model::kBadTypeMismatch);
  EXPECT_EQ(engine.counters().out_of_type, 1u);
}

TEST_F(EngineTest, AnIntegerOf63BitsStaysExact) {
  configure({source_tag("/Big", Type::integer)});
  give("/Big", Value::of(std::int64_t{9'007'199'254'740'993}), 1s);
  EXPECT_EQ(shown("/Big").value.as_int(), 9'007'199'254'740'993);
}

TEST_F(EngineTest, AValueOutOfRangeIsShownAndMarked) {
  auto tag = source_tag("/A");
  tag.range = model::Range{0, 10};
  configure({tag});
  give("/A", Value::of(12.0), 1s);
  EXPECT_EQ(shown("/A").quality, model::kUncertainEngineeringUnitsExceeded);
  EXPECT_DOUBLE_EQ(shown("/A").value.as_float(), 12.0);
}

TEST_F(EngineTest, ABadSampleKeepsTheLastValueAndItsTime) {
  configure({source_tag("/A")});
  give("/A", Value::of(3.5), 1s);
  give("/A", Value(), 2s, model::kBadNoCommunication);
  EXPECT_DOUBLE_EQ(shown("/A").value.as_float(), 3.5);
  EXPECT_EQ(shown("/A").time, kStart + 1s);
  EXPECT_EQ(shown("/A").server_time, kStart + 2s);
  EXPECT_EQ(shown("/A").quality, model::kBadNoCommunication);
}

TEST_F(EngineTest, NaNIsUnknown) {
  configure({source_tag("/A")});
  give("/A", Value::of(std::nan("")), 1s);
  EXPECT_TRUE(shown("/A").value.is_null());
}

TEST_F(EngineTest, AnOlderSampleGoesToTheSinksButIsNotShown) {
  configure({source_tag("/A")});
  give("/A", Value::of(1.0), 10s);
  Sample late{Value::of(2.0), kStart + 5s, model::kGood, plant->find("/A")->slot};
  engine.step(at(11s), {&late, 1});
  EXPECT_DOUBLE_EQ(shown("/A").value.as_float(), 1.0);
  ASSERT_EQ(recorder.all.size(), 2u);
  EXPECT_EQ(recorder.all.back().flags, Change::kLate);
}

TEST_F(EngineTest, ATimeInTheFutureGivesWayWhenTheClockWasSetBack) {
  configure({source_tag("/A")});
  give("/A", Value::of(1.0), 3600s);
  Sample now{Value::of(2.0), kStart + 5s, model::kGood, plant->find("/A")->slot};
  engine.step({kStart + 5s, MonoTime{3601s}}, {&now, 1});
  EXPECT_DOUBLE_EQ(shown("/A").value.as_float(), 2.0);
}

TEST_F(EngineTest, ARepeatedValueIsNoChangeButReachesTheSinks) {
  configure({source_tag("/A")});
  give("/A", Value::of(1.0), 1s);
  give("/A", Value::of(1.0), 2s);
  ASSERT_EQ(recorder.all.size(), 2u);
  EXPECT_FALSE(recorder.all[1].differs());
  EXPECT_EQ(shown("/A").time, kStart + 2s);
  EXPECT_EQ(engine.counters().changes, 1u);
}

TEST_F(EngineTest, ASilentTagTurnsStaleOnceAndRecovers) {
  auto tag = source_tag("/A");
  tag.stale_after = 3s;
  configure({tag});
  give("/A", Value::of(1.0), 1s);
  engine.check_stale(at(4s));
  EXPECT_EQ(shown("/A").quality, model::kGood);
  engine.check_stale(at(4s + 1ms));
  EXPECT_EQ(shown("/A").quality, model::kUncertainLastUsableValue);
  EXPECT_EQ(engine.count_qualities().stale, 1u);
  const auto changes = recorder.all.size();
  engine.check_stale(at(9s));
  EXPECT_EQ(recorder.all.size(), changes);
  give("/A", Value::of(1.0), 10s);
  EXPECT_EQ(shown("/A").quality, model::kGood);
}

TEST_F(EngineTest, ADeadConnectorMarksItsTagsAndKeepsTheirValues) {
  configure({source_tag("/A"), source_tag("/B")});
  give("/A", Value::of(1.0), 1s);
  const std::vector<Slot> slots{plant->find("/A")->slot, plant->find("/B")->slot, 4711};
  engine.set_quality(at(2s), slots, model::kBadNotConnected);
  EXPECT_EQ(shown("/A").quality, model::kBadNotConnected);
  EXPECT_DOUBLE_EQ(shown("/A").value.as_float(), 1.0);
  EXPECT_EQ(shown("/B").quality, model::kBadNotConnected);
}

TEST_F(EngineTest, AWriteIsScaledBackAndAnswersInEngineeringUnits) {
  auto tag = source_tag("/A");
  tag.source->scale = 0.1;
  tag.range = model::Range{0, 10};
  configure({tag});
  const auto outcome = write("/A", Value::of(std::int64_t{5}));
  EXPECT_EQ(outcome.status, model::kGood);
  ASSERT_EQ(target.writes.size(), 1u);
  EXPECT_DOUBLE_EQ(target.writes[0].raw.as_float(), 50.0);
  EXPECT_DOUBLE_EQ(outcome.value.as_float(), 5.0);
  EXPECT_TRUE(shown("/A").value.is_null()) << "only a value that was read is shown";
}

TEST_F(EngineTest, AWriteOutOfRangeOrOfTheWrongTypeNeverReachesTheDevice) {
  auto tag = source_tag("/A");
  tag.range = model::Range{0, 10};
  configure({tag});
  EXPECT_EQ(write("/A", Value::of(11.0)).status, model::kBadOutOfRange);
  EXPECT_EQ(write("/A", Value::string("high")).status, model::kBadTypeMismatch);
  EXPECT_EQ(write("/A", Value()).status, model::kBadTypeMismatch);
  EXPECT_EQ(write("/A", Value::of(true)).status, model::kBadTypeMismatch);
  EXPECT_EQ(write("/A", Value::of(11.0)).detail, "11 is outside the range 0 to 10");
  EXPECT_TRUE(target.writes.empty());
}

TEST_F(EngineTest, ATagWithoutSourceTakesAWriteAtOnce) {
  configure({{.path = "/Note", .type = Type::string}});
  EXPECT_EQ(write("/Note", Value::string("shift 2")).status, model::kGood);
  EXPECT_EQ(shown("/Note").value.as_text(), "shift 2");
  EXPECT_EQ(recorder.all.size(), 1u);
}

TEST_F(EngineTest, AWriteToATagThatIsGoneIsRefused) {
  configure({source_tag("/A"), source_tag("/B")});
  const auto gone = *plant->find("/B");
  configure({source_tag("/A")});
  std::optional<WriteOutcome> outcome;
  engine.write(at(1s), gone.slot, gone.id, Value::of(1.0), MonoTime{5s},
               [&](WriteOutcome got) { outcome = std::move(got); });
  EXPECT_TRUE(outcome->status.bad());
  EXPECT_TRUE(target.writes.empty());
}

TEST_F(EngineTest, ANewRevisionKeepsTheStateOfTagsThatStay) {
  configure({source_tag("/A"), source_tag("/B")});
  give("/A", Value::of(1.5), 1s);
  give("/B", Value::of(2.5), 1s);
  configure({source_tag("/B"), source_tag("/C")}, 2s);
  EXPECT_DOUBLE_EQ(shown("/B").value.as_float(), 2.5);
  EXPECT_EQ(shown("/C").quality, model::kBadWaitingForInitialData);
  EXPECT_NE(plant->find("/C")->slot, 0u) << "a sample of /A may still be on its way";
  configure({source_tag("/B"), source_tag("/C"), source_tag("/D")}, 3s);
  EXPECT_EQ(plant->find("/D")->slot, 0u) << "the freed slot is given again";
  EXPECT_EQ(recorder.plants, 3);
}

TEST_F(EngineTest, LastValuesFromBeforeARestartAreShownAsOld) {
  configure({source_tag("/A")}, 10s, [](const model::PlantTag&) {
    return CurrentValue{Value::of(7.0), model::kGood, kStart + 1s, kStart + 1s};
  });
  EXPECT_DOUBLE_EQ(shown("/A").value.as_float(), 7.0);
  EXPECT_EQ(shown("/A").time, kStart + 1s);
  EXPECT_EQ(shown("/A").quality, model::kUncertainLastUsableValue);
}

// The plain model: per tag the newest value by time; a bad sample changes the quality only.
RC_GTEST_PROP(EngineProperty, ShowsWhatAPlainModelShows, ()) {
  struct Shown {
    std::optional<double> value;
    std::int64_t time = -1;
    Quality quality = model::kBadWaitingForInitialData;
  };
  Engine engine;
  Recorder recorder;
  engine.add_sink(&recorder);
  const auto plant = make_test_plant({source_tag("/A"), source_tag("/B")}, nullptr);
  engine.configure(plant, at(0s), {});
  std::map<Slot, Shown> expected{{0, {}}, {1, {}}};
  const auto steps = *rc::gen::inRange(1, 60);
  for (int i = 1; i <= steps; ++i) {
    const auto slot = *rc::gen::inRange<Slot>(0, 3);
    const auto time = *rc::gen::inRange<std::int64_t>(0, i + 1);
    const bool bad = *rc::gen::arbitrary<bool>();
    const double number = *rc::gen::inRange(0, 4);
    Sample sample{bad ? Value() : Value::of(number), kStart + std::chrono::seconds(time),
                  bad ? model::kBadTimeout : model::kGood, slot};
    engine.step(at(std::chrono::seconds(i)), {&sample, 1});
    if (slot > 1) continue;
    Shown& shown = expected[slot];
    if (bad) {
      shown.quality = model::kBadTimeout;
    } else if (time >= shown.time) {
      shown = {number, time, model::kGood};
    }
  }
  for (const auto& [slot, shown] : expected) {
    const CurrentValue& got = *engine.current(slot);
    RC_ASSERT(got.quality == shown.quality);
    RC_ASSERT(got.value.is_null() == !shown.value.has_value());
    if (shown.value) RC_ASSERT(got.value.as_float() == *shown.value);
  }
}

}  // namespace
}  // namespace tagwerk::engine
