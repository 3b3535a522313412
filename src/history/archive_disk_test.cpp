#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>

#include "base/directory_for_test.hpp"
#include "history/archive_for_test.hpp"
#include "history/failing_disk_for_test.hpp"

namespace tagwerk::history {
namespace {

constexpr ArchiveOptions kSmall{.block_points = 6, .journal_points = 40};
constexpr int kRounds = 30;

/// Three tags, one of them always late, in rounds of nine points; what must be there afterwards.
class Recording {
 public:
  explicit Recording(Archive& archive) : archive_(archive) {}

  /// How many flushes failed; each is tried until it succeeds.
  int run(int rounds) {
    int failed = 0;
    for (int round = 0; round < rounds; ++round) {
      for (int i = 0; i < 3; ++i) {
        add(1, 10 * round + i, round + i);
        add(2, 1000 - 10 * round + i, round - i);
        add(3, round, i);
      }
      while (!archive_.flush() && failed < 1000)
        ++failed;
    }
    return failed;
  }
  const std::map<TagId, std::map<int, double>>& expected() const { return expected_; }

 private:
  void add(TagId tag, int second, double value) {
    const Record one = record_of(tag, second, value);
    archive_.add({&one, 1});
    expected_[tag][second] = value;
  }

  Archive& archive_;
  std::map<TagId, std::map<int, double>> expected_;
};

std::string text_of(const std::map<int, double>& points) {
  std::string out;
  for (const auto& [second, value] : points)
    out += fmt::format("{}{}={}", out.empty() ? "" : " ", second, value);
  return out;
}

TEST(ArchiveDisk, LosesAndDoublesNothingWhereverAWriteFailsOnce) {
  int reached = 0;
  for (int step = 1;; step += 1 + step / 16) {
    const base::TestDirectory directory;
    const std::string file = directory / "history.sqlite";
    FailingDisk disk;
    auto archive = *Archive::open(file, kSmall);
    disk.fail_at(step);
    Recording recording(*archive);
    const int failed = recording.run(kRounds);
    if (disk.waits()) break;
    ++reached;
    ASSERT_LE(failed, 1) << "at step " << step;
    for (int opened = 0; opened < 2; ++opened) {
      for (const auto& [tag, points] : recording.expected())
        ASSERT_EQ(text_of(points_in(file, *archive, tag)), text_of(points)) << "at step " << step;
      archive.reset();
      archive = *Archive::open(file, kSmall);
    }
  }
  EXPECT_GT(reached, 30);
}

TEST(ArchiveDisk, KeepsEverythingInMemoryWhileTheDiskIsFull) {
  const base::TestDirectory directory;
  const std::string file = directory / "history.sqlite";
  FailingDisk disk;
  auto archive = *Archive::open(file, kSmall);
  Recording recording(*archive);
  EXPECT_EQ(recording.run(5), 0);
  disk.fail_from_now_on();
  for (int i = 0; i < 50; ++i) {
    const Record one = record_of(4, i, i);
    archive->add({&one, 1});
    const Status flushed = archive->flush();
    ASSERT_FALSE(flushed);
    EXPECT_EQ(flushed.error().code, ErrorCode::io);
  }
  EXPECT_EQ(archive->counts().waiting, 50u);
  disk.heal();
  ASSERT_TRUE(archive->flush());
  EXPECT_EQ(archive->counts().waiting, 0u);
  archive.reset();
  archive = *Archive::open(file, kSmall);
  EXPECT_EQ(points_in(file, *archive, 4).size(), 50u);
  for (const auto& [tag, points] : recording.expected())
    EXPECT_EQ(text_of(points_in(file, *archive, tag)), text_of(points));
}

}  // namespace
}  // namespace tagwerk::history
