#include <atomic>
#include <memory>
#include <thread>
#include <unistd.h>

#include <tagwerk/table.h>

#include "bench/measure.hpp"
#include "table/writer.hpp"

/// Current values in shared memory: reading as a C program does, writing in batches, and eight
/// readers against a writer at full speed, each value and each snapshot checked for being whole.
/// usage: bench_table [SECONDS], of the last part; 5 unless given
namespace tagwerk::bench {
namespace {

constexpr std::uint32_t kTags = 100'000;
constexpr std::uint32_t kBatch = 1024;
constexpr int kRounds = 5;
constexpr int kReaders = 8;
constexpr std::size_t kSnapshot = 100;

std::string path_of(std::uint32_t number) {
  return fmt::format("/Plant/Area{}/Tag{}", number / 100, number);
}

class BenchTable {
 public:
  BenchTable() : name_(fmt::format("bench-table-{}-{}", ::getpid(), ++made_)) {
    auto made = table::Writer::create(name_);
    require(made.has_value(), "no table can be made");
    writer_ = std::move(*made);
    for (std::uint32_t i = 0; i < kTags; ++i)
      require(writer_->define({.path = path_of(i), .slot = i, .type = model::Type::floating})
                  .has_value(),
              "a tag cannot be defined");
  }
  ~BenchTable() {
    writer_.reset();
    std::ignore = table::remove_table(name_);
  }
  const std::string& name() const { return name_; }

  /// Every tag gets `number` as value and as nanosecond of its time, batch by batch.
  void write_all(std::span<const std::uint32_t> order, std::int64_t number) {
    const UtcTime time{Duration(number)};
    for (std::size_t at = 0; at < order.size(); at += kBatch) {
      samples_.clear();
      for (const auto slot : order.subspan(at, std::min<std::size_t>(kBatch, order.size() - at)))
        samples_.push_back({Value::of(static_cast<double>(number)), time, {}, slot});
      writer_->apply(samples_, time);
    }
  }

 private:
  static inline int made_ = 0;

  std::string name_;
  std::unique_ptr<table::Writer> writer_;
  std::vector<Sample> samples_;
};

/// What a C program has: the table by name, tags by handle.
class CReader {
 public:
  explicit CReader(const std::string& name) : handles_(kTags) {
    require(tagwerk_table_open(name.c_str(), &table_) == TAGWERK_TABLE_OK,
            "no table can be opened");
    for (std::uint32_t i = 0; i < kTags; ++i)
      require(tagwerk_table_find(table_, path_of(i).c_str(), &handles_[i]) == TAGWERK_TABLE_OK,
              "a tag cannot be found");
  }
  ~CReader() { tagwerk_table_close(table_); }
  CReader(const CReader&) = delete;
  CReader& operator=(const CReader&) = delete;

  int read(std::uint32_t slot, tagwerk_table_value& value) {
    return tagwerk_table_read(table_, &handles_[slot], &value);
  }
  int read_many(std::span<const std::uint32_t> slots, std::vector<tagwerk_table_value>& values) {
    picked_.clear();
    for (const std::uint32_t slot : slots)
      picked_.push_back(handles_[slot]);
    return tagwerk_table_read_many(table_, picked_.data(), values.data(), picked_.size(), nullptr);
  }

 private:
  tagwerk_table* table_ = nullptr;
  std::vector<tagwerk_table_handle> handles_;
  std::vector<tagwerk_table_handle> picked_;
};

bool whole(const tagwerk_table_value& value) {
  return value.as_float == static_cast<double>(value.source_time_ns);
}

Rounds measured_reads(const std::string& name, std::span<const std::uint32_t> order,
                      std::int64_t expected) {
  CReader reader(name);
  Rounds out;
  tagwerk_table_value value{};
  for (int round = 0; round < kRounds; ++round) {
    std::uint64_t wrong = 0;
    const double begin = own_seconds();
    for (int pass = 0; pass < 20; ++pass)
      for (const std::uint32_t slot : order) {
        const int status = reader.read(slot, value);
        wrong += status != TAGWERK_TABLE_OK || value.source_time_ns != expected ? 1 : 0;
      }
    out.add((own_seconds() - begin) / 20 / kTags * 1e9);
    require(wrong == 0, "a value was not what had been written");
  }
  return out;
}

Rounds measured_writes(BenchTable& table, std::span<const std::uint32_t> order,
                       std::int64_t& number) {
  Rounds out;
  for (int round = 0; round < kRounds; ++round) {
    const double begin = own_seconds();
    for (int pass = 0; pass < 20; ++pass)
      table.write_all(order, ++number);
    out.add(20.0 * kTags / (own_seconds() - begin) / 1e6);
  }
  return out;
}

/// Reads single tags and snapshots until it is told to stop.
struct ReaderThread {
  std::uint64_t values = 0;
  std::uint64_t snapshots = 0;
  std::uint64_t unsteady = 0;
  std::uint64_t torn = 0;

  void run(const std::string& name, std::span<const std::uint32_t> order, unsigned seed,
           const std::atomic<bool>& stop) {
    CReader reader(name);
    std::mt19937 random(seed);
    tagwerk_table_value value{};
    std::vector<tagwerk_table_value> many(kSnapshot);
    while (!stop) {
      for (int i = 0; i < 1000; ++i) {
        const int status = reader.read(random() % kTags, value);
        ++values;
        if (status == TAGWERK_TABLE_UNSTEADY)
          ++unsteady;
        else if (status != TAGWERK_TABLE_OK || !whole(value))
          ++torn;
      }
      // Tags of one batch: a snapshot shows all of them of one pass.
      const auto batch = random() % (order.size() / kBatch);
      const int status = reader.read_many(order.subspan(batch * kBatch, kSnapshot), many);
      ++snapshots;
      if (status == TAGWERK_TABLE_UNSTEADY) {
        ++unsteady;
        continue;
      }
      const bool same = std::ranges::all_of(many, [&](const tagwerk_table_value& each) {
        return whole(each) && each.source_time_ns == many.front().source_time_ns;
      });
      if (status != TAGWERK_TABLE_OK || !same) ++torn;
    }
  }
};

/// Million updates per second of the writer's own time, with readers of the table `read` beside it.
double measured_with_readers(BenchTable& table, const std::string& read,
                             std::span<const std::uint32_t> order, std::int64_t& number,
                             double seconds, ReaderThread& sum) {
  std::atomic<bool> stop = false;
  std::vector<ReaderThread> readers(kReaders);
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < kReaders; ++i)
    threads.emplace_back([&, i] { readers[i].run(read, order, i, stop); });
  const double until = wall_seconds() + seconds, begin = own_seconds();
  double updates = 0;
  while (wall_seconds() < until) {
    table.write_all(order, ++number);
    updates += kTags;
  }
  const double rate = updates / (own_seconds() - begin) / 1e6;
  stop = true;
  for (std::thread& thread : threads)
    thread.join();
  for (const ReaderThread& reader : readers) {
    sum.values += reader.values;
    sum.snapshots += reader.snapshots;
    sum.unsteady += reader.unsteady;
    sum.torn += reader.torn;
  }
  return rate;
}

void run(double seconds) {
  BenchTable table;
  std::int64_t number = 0;
  std::vector<std::uint32_t> in_order(kTags);
  std::iota(in_order.begin(), in_order.end(), 0);
  const auto order = shuffled(kTags);
  table.write_all(order, ++number);
  const Rounds near = measured_reads(table.name(), in_order, number);
  const Rounds far = measured_reads(table.name(), order, number);
  print({"read of one tag from C, one after the other", near.median(), "ns", 25, "ns allowed",
         false, near.spread()});
  print({.what = "the same, 100,000 tags in random order: memory",
         .figure = far.median(),
         .unit = "ns",
         .spread = far.spread()});
  const Rounds alone = measured_writes(table, order, number);
  print({"updates in batches of 1,024, random order", alone.median(), "M/s of a core", 20,
         "M/s asked for", true, alone.spread()});
  // Readers take processor, caches and memory from a writer also where they read something else; in
  // turn, because the machine is not the same from minute to minute.
  BenchTable other;
  other.write_all(order, 1);
  ReaderThread elsewhere, sum;
  Rounds beside, here;
  constexpr int kTurns = 5;
  for (int turn = 0; turn < kTurns; ++turn) {
    beside.add(
        measured_with_readers(table, other.name(), order, number, seconds / kTurns, elsewhere));
    here.add(measured_with_readers(table, table.name(), order, number, seconds / kTurns, sum));
  }
  require(sum.torn == 0, fmt::format("{} values or snapshots were torn", sum.torn));
  require(sum.snapshots > 0, "no snapshot was taken");
  print({.what = "the same with 8 readers of another table",
         .figure = beside.median(),
         .unit = "M/s of a core",
         .spread = beside.spread()});
  print({"the same with 8 readers of this table", here.median(), "M/s of a core",
         beside.median() * 0.9, "M/s, a tenth slower", true, here.spread()});
  print({"read meanwhile, none torn", static_cast<double>(sum.values) / seconds / 1e6, "M/s"});
  print({"snapshots of 100 meanwhile, none torn", static_cast<double>(sum.snapshots) / seconds,
         "1/s"});
}

}  // namespace
}  // namespace tagwerk::bench

int main(int argc, char** argv) {
  tagwerk::bench::run(argc > 1 ? tagwerk::bench::number_of<double>(argv[1]) : 5);
}
