#include <filesystem>
#include <malloc.h>

#include "base/directory_for_test.hpp"
#include "bench/measure.hpp"
#include "history/archive_reader.hpp"

/// The embedded archive: how many points a second it takes from one thread, journal, blocks and
/// SQLite's checkpoints included, and how large its file is. Points of some tags are read back and
/// compared, each one.
namespace tagwerk::bench {
namespace {

using history::Archive;
using history::OpenPoints;
using history::Record;

constexpr std::size_t kBatch = 65'536;
constexpr std::size_t kFlush = 1'000'000;  ///< points, for a second of a fast plant
constexpr std::uint32_t kCompared = 50;    ///< tags

/// What a transmitter with two decimals shows: a slow walk, sampled once a second, some ms late.
class Signal {
 public:
  explicit Signal(std::uint32_t seed)
      : random_(seed), value_(2000 + static_cast<int>(seed % 8000)) {}

  history::Point next(int second) {
    const auto dice = static_cast<std::uint32_t>(random_());
    value_ += static_cast<int>(dice % 7) - 3;
    return {.time = UtcTime{std::chrono::seconds(1'700'000'000 + second) +
                            std::chrono::milliseconds(dice >> 28)},
            .value = Value::of(value_ / 100.0)};
  }

 private:
  std::minstd_rand random_;
  int value_;
};

template <class Result>
void require_done(const Result& result) {
  require(result.has_value(), result ? "" : result.error().message);
}

/// What is stored of a tag is what its signal gave.
void compare(const std::filesystem::path& file, const Archive& archive, std::uint32_t tag,
             int seconds) {
  const auto open = archive.open_points(tag);
  auto reader = history::ArchiveReader::open(file);
  require_done(reader);
  const auto blocks = (*reader)->blocks(tag, UtcTime{Duration::min()}, UtcTime{Duration::max()});
  require_done(blocks);
  std::vector<OpenPoints::Entry> stored;
  history::Columns columns;
  for (const history::BlockPlace& place : *blocks) {
    require_done((*reader)->read(place, columns));
    for (std::size_t i = 0; i < columns.size(); ++i)
      stored.push_back({columns.point(i), false});
  }
  const auto all = history::merged(std::move(stored), open);
  require(all.size() == static_cast<std::size_t>(seconds), "points are missing");
  Signal signal(tag);
  for (int second = 0; second < seconds; ++second)
    require(all[static_cast<std::size_t>(second)].point == signal.next(second),
            "a point is another one");
}

void measure(std::uint32_t tags, int seconds, double asked, std::string_view what) {
  const base::TestDirectory directory;
  const std::filesystem::path file = directory / "history.sqlite";
  auto archive = Archive::open(file, {});
  require_done(archive);
  std::vector<Signal> signals;
  for (std::uint32_t tag = 1; tag <= tags; ++tag)
    signals.emplace_back(tag);
  std::vector<Record> batch;
  double used = 0, longest = 0;
  std::size_t waiting = 0;
  for (int second = 0; second < seconds; ++second)
    for (std::uint32_t tag = 1; tag <= tags;) {
      batch.clear();
      for (; tag <= tags && batch.size() < kBatch; ++tag)
        batch.push_back({.tag = tag, .point = signals[tag - 1].next(second)});
      const double begin = own_seconds(), wall = wall_seconds();
      (*archive)->add(batch);
      waiting += batch.size();
      if (waiting >= kFlush || (second + 1 == seconds && tag > tags)) {
        require_done((*archive)->flush());
        waiting = 0;
      }
      used += own_seconds() - begin;
      longest = std::max(longest, wall_seconds() - wall);
    }
  const double points = static_cast<double>(tags) * seconds;
  const auto heap = ::mallinfo2();
  print({what, points / used / 1e6, "M/s of a core", asked, "M/s asked for", true});
  print({"longest pause", longest * 1e3, "ms", 60, "ms allowed"});
  print({"memory", static_cast<double>(heap.uordblks + heap.hblkhd) / 1e6, "MB", 268.4,
         "MB allowed"});
  print({.what = "file, a point, journal included",
         .figure = static_cast<double>(std::filesystem::file_size(file)) / points,
         .unit = "bytes"});
  for (std::uint32_t i = 0; i < kCompared; ++i)
    compare(file, **archive, 1 + i * (tags / kCompared), seconds);
}

}  // namespace
}  // namespace tagwerk::bench

int main() {
  tagwerk::bench::measure(10'000, 3'000, 8, "points of 10,000 tags");
  tagwerk::bench::measure(100'000, 200, 5, "points of 100,000 tags");
}
