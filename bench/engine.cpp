#include "engine/engine.hpp"

#include <unistd.h>

#include "bench/measure.hpp"
#include "engine/plant_for_test.hpp"
#include "engine/table_sink.hpp"
#include "table/latch.hpp"

/// 100,000 tags through the engine into the table: random order, half of the values changing, as
/// they come from a link in batches of 1,024. The table is verified after every round.
namespace tagwerk::bench {
namespace {

constexpr std::uint32_t kTags = 100'000;
constexpr std::size_t kBatch = 1024;
constexpr int kRounds = 5;
constexpr int kPasses = 40;
constexpr UtcTime kBegin{std::chrono::seconds(1'800'000'000)};

/// Every second tag keeps its value.
double value_of(std::uint32_t slot, int pass) {
  return slot % 2 == 0 ? slot : slot + pass * 0.5;
}

UtcTime time_of(int pass) {
  return kBegin + std::chrono::milliseconds(pass);
}

std::shared_ptr<const model::Plant> make_plant() {
  std::vector<model::TagDefinition> tags(kTags);
  for (std::uint32_t i = 0; i < kTags; ++i) {
    tags[i].path = fmt::format("/Plant/Area{}/Tag{}", i / 100, i);
    tags[i].source.emplace().connector = "plc1";
    tags[i].source->address = "HR:0";
  }
  return engine::make_test_plant(std::move(tags), nullptr);
}

void fill(std::vector<Sample>& samples, std::span<const std::uint32_t> order, int pass) {
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i] = {Value::of(value_of(order[i], pass)), time_of(pass), {}, order[i]};
}

template <class Work>
void for_each_batch(std::vector<Sample>& samples, Work work) {
  for (std::size_t at = 0; at < samples.size(); at += kBatch)
    work(std::span(samples).subspan(at, std::min(kBatch, samples.size() - at)));
}

void verify(const model::Plant& plant, const table::Reader& reader, int pass) {
  for (const model::PlantTag& tag : plant.tags()) {
    const auto shown = reader.read(tag.slot, tag.id);
    require(shown.value == Value::of(value_of(tag.slot, pass)) && shown.quality.good() &&
                shown.source_time == time_of(pass),
            fmt::format("'{}' is not in the table as it was given", tag.definition.path));
  }
}

/// Million updates per second of the thread's own time.
Rounds measured_engine(std::span<const std::uint32_t> order) {
  const std::string instance = fmt::format("bench-engine-{}", ::getpid());
  auto writer = table::Writer::create(instance);
  require(writer.has_value(), "no table can be made");
  engine::TableSink sink(**writer);
  engine::Engine engine;
  engine.add_sink(&sink);
  const auto plant = make_plant();
  engine.configure(plant, {kBegin, base::mono_now()}, {});
  std::vector<Sample> samples(kTags);
  Rounds out;
  int pass = 0;
  for (int round = 0; round < kRounds; ++round) {
    double used = 0;
    for (int i = 0; i < kPasses; ++i) {
      fill(samples, order, ++pass);
      const engine::Now now{time_of(pass), base::mono_now()};
      const double begin = own_seconds();
      for_each_batch(samples, [&](std::span<Sample> batch) { engine.step(now, batch); });
      used += own_seconds() - begin;
    }
    verify(*plant, (*writer)->reader(), pass);
    out.add(kPasses * static_cast<double>(kTags) / used / 1e6);
  }
  // The first value of each counts as a change; after it half of them change with every pass.
  const auto changes = std::uint64_t{kTags} + std::uint64_t{kTags / 2} * (kRounds * kPasses - 1);
  require(engine.counters().changes == changes,
          fmt::format("{} changes counted, not {}", engine.counters().changes, changes));
  writer->reset();
  (void)table::remove_table(instance);
  return out;
}

/// The same samples into bare slots, without engine, tags or readers.
Rounds measured_slots(std::span<const std::uint32_t> order) {
  std::vector<table::Cell> cells(kTags);
  std::vector<Sample> samples(kTags);
  table::Batch batch;
  Rounds out;
  for (int round = 0; round < kRounds; ++round) {
    double used = 0;
    for (int pass = 0; pass < kPasses; ++pass) {
      fill(samples, order, pass);
      const double begin = own_seconds();
      for_each_batch(samples, [&](std::span<Sample> part) {
        for (const Sample& sample : part)
          table::write_slot(cells[sample.slot], batch,
                            {.type = sample.value.type(),
                             .quality = sample.quality.code,
                             .bits = std::bit_cast<std::uint64_t>(sample.value.as_float()),
                             .source_ns = sample.time.time_since_epoch().count(),
                             .server_ns = 1});
        batch.committed = batch.current++;
      });
      used += own_seconds() - begin;
    }
    out.add(kPasses * static_cast<double>(kTags) / used / 1e6);
  }
  return out;
}

void run() {
  const auto order = shuffled(kTags);
  const Rounds slots = measured_slots(order);
  const Rounds engine = measured_engine(order);
  print({"updates through engine and table, 100,000 tags", engine.median(), "M/s of a core", 10,
         "M/s asked for", true, engine.spread()});
  print({"the same beside a bare loop over the slots", engine.median(), "M/s of a core",
         slots.median(), "M/s bare", true, engine.spread()});
}

}  // namespace
}  // namespace tagwerk::bench

int main() {
  tagwerk::bench::run();
}
