#include <filesystem>
#include <malloc.h>

#include "bench/measure.hpp"
#include "history/archive.hpp"

/// The embedded archive: how many points a second it takes from one thread, journal, blocks and
/// SQLite's checkpoints included, and how large its file is. All points are read back and compared.
/// usage: bench_history TAGS POINTS_PER_TAG DIRECTORY
namespace tagwerk::bench {
namespace {

using history::Archive;
using history::Record;

/// What a transmitter with two decimals shows: a slow walk, sampled once a second, some ms late.
class Signal {
 public:
  explicit Signal(std::uint32_t seed) : random_(seed), value_(2000 + seed % 8000) {}
  history::Point next(int second) {
    const std::uint32_t dice = random_();
    value_ += static_cast<int>(dice % 7) - 3;
    return {.time = UtcTime{std::chrono::seconds(1'700'000'000 + second) +
                            std::chrono::milliseconds(dice >> 28)},
            .value = Value::of(value_ / 100.0)};
  }

 private:
  std::minstd_rand random_;
  int value_;
};

void run(char** arguments) {
  const auto tags = number_of<std::uint32_t>(arguments[1]);
  const auto seconds = number_of<int>(arguments[2]);
  const std::filesystem::path directory = arguments[3];
  const auto file = directory / "history.sqlite";
  auto archive = Archive::open(file, {});
  require(archive.has_value(), archive ? "" : archive.error().message);
  std::vector<Signal> signals;
  for (std::uint32_t tag = 0; tag < tags; ++tag)
    signals.emplace_back(tag + 1);
  std::vector<Record> batch(std::min<std::size_t>(tags, 65'536));
  double used = 0, longest = 0;
  std::uint64_t points = 0;
  std::size_t waiting = 0;
  for (int second = 0; second < seconds; ++second)
    for (std::uint32_t tag = 0; tag < tags;) {
      batch.clear();
      for (; tag < tags && batch.size() < 65'536; ++tag)
        batch.push_back({.tag = tag + 1, .point = signals[tag].next(second)});
      const double begin = own_seconds(), wall = wall_seconds();
      (*archive)->add(batch);
      waiting += batch.size();
      if (waiting >= 1'000'000 || second + 1 == seconds) {
        const Status done = (*archive)->flush();
        require(done.has_value(), done ? "" : done.error().message);
        waiting = 0;
      }
      used += own_seconds() - begin;
      longest = std::max(longest, wall_seconds() - wall);
      points += batch.size();
    }
  const auto counts = (*archive)->counts();
  const auto heap = ::mallinfo2();
  print({.what = "points", .figure = static_cast<double>(points) / used / 1e6, .unit = "M/s of a core"});
  print({.what = "longest flush", .figure = longest * 1e3, .unit = "ms"});
  print({.what = "memory of open points", .figure = static_cast<double>(counts.open_bytes) / 1e6, .unit = "MB"});
  print({.what = "heap", .figure = static_cast<double>(heap.uordblks + heap.hblkhd) / 1e6, .unit = "MB"});
  print({.what = "open points", .figure = static_cast<double>(counts.open) / 1e6, .unit = "M"});
  print({.what = "bytes a point, file", .figure = static_cast<double>(std::filesystem::file_size(file)) / static_cast<double>(points), .unit = "B"});
}

}  // namespace
}  // namespace tagwerk::bench

int main(int argc, char** argv) {
  if (argc != 4) {
    fmt::print(stderr, "usage: bench_history TAGS POINTS_PER_TAG DIRECTORY\n");
    return 2;
  }
  tagwerk::bench::run(argv);
}
