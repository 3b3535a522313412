#include <atomic>
#include <benchmark/benchmark.h>
#include <cstdlib>
#include <thread>
#include <unistd.h>
#include <vector>

#include <tagwerk/table.h>

#include "table/testing.hpp"

/// What a slot costs: single reads and writes, batches, snapshots, with and without the other side
/// running, with the POSIX segment alone (argument 0) and with the System V one beside it (1).
namespace tagwerk::table {
namespace {

constexpr std::uint32_t kTags = 100'000;

/// Which segments there are.
constexpr std::int64_t kPosix = 0;
constexpr std::int64_t kBoth = 1;

std::unique_ptr<Writer> make_table(const testing::TestInstance& instance, std::uint32_t tags,
                                   std::int64_t segments = kPosix) {
  auto writer = std::move(
      *Writer::create(instance.name(), {.slot_capacity = tags,
                                        .area_bytes = std::uint64_t{64} << 20,
                                        .sysv_key = segments == kBoth ? instance.key() : 0}));
  if (!writer->sysv_status()) std::abort();
  for (std::uint32_t i = 0; i < tags; ++i)
    (void)writer->define({.path = fmt::format("/Plant/Area{}/Tag{}", i % 100, i),
                          .slot = i,
                          .type = model::Type::floating});
  return writer;
}

RawValue number(double value) {
  return {{.type = model::Type::floating,
           .bits = std::bit_cast<std::uint64_t>(value),
           .source_ns = 1,
           .server_ns = 2},
          {}};
}

/// Publishes all tags in batches of 1,024, round and round.
class Background {
 public:
  Background(Writer& writer, std::uint32_t tags, std::uint32_t batch) {
    thread_ = std::thread([this, &writer, tags, batch] {
      double value = 0;
      for (std::uint32_t at = 0; !stop_; at = (at + batch) % tags) {
        writer.begin(kNever);
        for (std::uint32_t i = 0; i < batch; ++i)
          (void)writer.publish_raw((at + i) % tags, number(++value));
        writer.commit();
      }
    });
  }
  ~Background() {
    stop_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

void WriteSlotBare(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  std::vector<Cell> cells(count);
  Batch batch;
  std::size_t at = 0;
  for (auto _ : state) {
    write_slot(cells[at], batch, number(1).current);
    if (++at == count) at = 0, batch.committed = batch.current++;
  }
}
BENCHMARK(WriteSlotBare)->Arg(1000)->Arg(100'000);

void ReadSlotBare(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  std::vector<Cell> cells(count);
  std::size_t at = 0;
  Current seen;
  for (auto _ : state) {
    benchmark::DoNotOptimize(read_slot(cells[at], seen));
    benchmark::DoNotOptimize(seen);
    if (++at == count) at = 0;
  }
}
BENCHMARK(ReadSlotBare)->Arg(1000)->Arg(100'000);

void PublishInBatchesOf1024(benchmark::State& state) {
  const testing::TestInstance instance("bench");
  const auto writer = make_table(instance, kTags, state.range(0));
  std::uint32_t at = 0, in_batch = 0;
  writer->begin(kNever);
  for (auto _ : state) {
    (void)writer->publish_raw(at, number(1));
    at = at + 1 == kTags ? 0 : at + 1;
    if (++in_batch == 1024) {
      writer->commit();
      writer->begin(kNever);
      in_batch = 0;
    }
  }
  writer->commit();
}
BENCHMARK(PublishInBatchesOf1024)->Arg(kPosix)->Arg(kBoth);

void ApplySamplesInBatchesOf1024(benchmark::State& state) {
  const testing::TestInstance instance("bench");
  const auto writer = make_table(instance, kTags, state.range(0));
  std::vector<Sample> samples(kTags);
  for (std::uint32_t i = 0; i < kTags; ++i)
    samples[i] = {Value::of(1.0), UtcTime{std::chrono::seconds{1}}, {}, i};
  std::size_t at = 0;
  for (auto _ : state) {
    writer->apply(std::span(samples).subspan(at, 1024), UtcTime{std::chrono::seconds{2}});
    at = at + 2048 > kTags ? 0 : at + 1024;
  }
  state.SetItemsProcessed(state.iterations() * 1024);
}
BENCHMARK(ApplySamplesInBatchesOf1024)->Arg(kPosix)->Arg(kBoth);

void PublishSingly(benchmark::State& state) {
  const testing::TestInstance instance("bench");
  const auto writer = make_table(instance, 1000, state.range(0));
  std::uint32_t at = 0;
  for (auto _ : state) {
    (void)writer->publish_raw(at, number(1));
    at = at + 1 == 1000 ? 0 : at + 1;
  }
}
BENCHMARK(PublishSingly)->Arg(kPosix)->Arg(kBoth);

/// As a C program reads: by handle. Argument 1: a writer runs at full speed.
void ReadThroughC(benchmark::State& state) {
  const testing::TestInstance instance("bench");
  const auto writer = make_table(instance, kTags);
  tagwerk_table* table = nullptr;
  if (tagwerk_table_open(instance.name().c_str(), &table) != TAGWERK_TABLE_OK) std::abort();
  std::vector<tagwerk_table_handle> handles(kTags);
  for (std::uint32_t i = 0; i < kTags; ++i)
    (void)tagwerk_table_find(table, fmt::format("/Plant/Area{}/Tag{}", i % 100, i).c_str(),
                             &handles[i]);
  {
    const auto background =
        state.range(0) != 0 ? std::make_unique<Background>(*writer, kTags, 1024) : nullptr;
    std::uint32_t at = 0;
    tagwerk_table_value value{};
    for (auto _ : state) {
      benchmark::DoNotOptimize(tagwerk_table_read(table, &handles[at], &value));
      at = at + 1 == kTags ? 0 : at + 1;
    }
  }
  tagwerk_table_close(table);
}
BENCHMARK(ReadThroughC)->Arg(0)->Arg(1)->UseRealTime();

void FindPath(benchmark::State& state) {
  const testing::TestInstance instance("bench");
  const auto writer = make_table(instance, kTags);
  const auto reader = writer->reader();
  std::vector<std::string> paths;
  for (const auto& tag : reader.tags())
    paths.push_back(tag.path);
  std::size_t at = 0;
  tagwerk_table_handle handle{};
  for (auto _ : state) {
    benchmark::DoNotOptimize(find_tag(reader.view(), paths[at], handle));
    at = (at + 7919) % paths.size();
  }
}
BENCHMARK(FindPath);

/// 100 tags together while a writer at full speed publishes batches of 1,024 over `range` tags.
void ReadManyOf100(benchmark::State& state) {
  const auto tags = static_cast<std::uint32_t>(state.range(0));
  const testing::TestInstance instance("bench");
  const auto writer = make_table(instance, tags);
  const auto reader = writer->reader();
  std::vector<tagwerk_table_handle> handles;
  for (const auto& tag : reader.tags()) {
    if (handles.size() == 100) break;
    handles.push_back({tag.id, 0, tag.slot, 0});
  }
  std::vector<tagwerk_table_value> values(handles.size());
  std::uint64_t unsteady = 0;
  {
    const Background background(*writer, tags, 1024);
    for (auto _ : state) {
      std::size_t failed = 0;
      unsteady +=
          read_tags(reader.view(), handles, values, failed) == TAGWERK_TABLE_UNSTEADY ? 1 : 0;
    }
  }
  state.counters["unsteady"] =
      static_cast<double>(unsteady) / static_cast<double>(state.iterations());
}
BENCHMARK(ReadManyOf100)->Arg(1024)->Arg(100'000)->UseRealTime();

/// The cost of making 100,000 tags, in seconds per table.
void DefineTags(benchmark::State& state) {
  for (auto _ : state) {
    const testing::TestInstance instance("bench");
    benchmark::DoNotOptimize(make_table(instance, kTags, state.range(0)));
  }
}
BENCHMARK(DefineTags)->Arg(kPosix)->Arg(kBoth)->Unit(benchmark::kMillisecond);

/// A new writer finds 100,000 tags of the one before.
void TakeOver(benchmark::State& state) {
  const testing::TestInstance instance("bench");
  make_table(instance, kTags, state.range(0)).reset();
  const WriterOptions options{.slot_capacity = kTags,
                              .area_bytes = std::uint64_t{64} << 20,
                              .sysv_key = state.range(0) == kBoth ? instance.key() : 0};
  for (auto _ : state)
    if (!Writer::create(instance.name(), options)) std::abort();
}
BENCHMARK(TakeOver)->Arg(kPosix)->Arg(kBoth)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tagwerk::table

BENCHMARK_MAIN();
