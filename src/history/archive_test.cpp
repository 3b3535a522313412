#include "history/archive.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <rapidcheck/gtest.h>

#include "base/directory_for_test.hpp"
#include "history/archive_for_test.hpp"

namespace tagwerk::history {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace std::chrono_literals;

class ArchiveTest : public ::testing::Test {
 protected:
  void open(ArchiveOptions options = {.block_points = 8}) {
    archive.reset();
    auto opened = Archive::open(directory / "history.sqlite", options);
    ASSERT_TRUE(opened) << opened.error().message;
    archive = std::move(*opened);
  }
  void flush() {
    const Status done = archive->flush();
    ASSERT_TRUE(done) << done.error().message;
  }
  void record(TagId tag, int second, double value, bool keep = false) {
    const Record one = record_of(tag, second, value, keep);
    archive->add({&one, 1});
  }
  std::string all(TagId tag) {
    return text_of(points_in(directory / "history.sqlite", *archive, tag));
  }

  base::TestDirectory directory;
  std::unique_ptr<Archive> archive;
};

TEST_F(ArchiveTest, KeepsPointsFromTheJournalThroughBlocks) {
  open();
  std::string expected;
  for (int i = 0; i < 40; ++i) {
    record(7, i, i * 0.5);
    flush();
    expected += fmt::format("{}{}={}", i > 0 ? " " : "", i, i * 0.5);
    ASSERT_EQ(all(7), expected);
  }
  EXPECT_GE(archive->counts().sealed_blocks, 3u);
  EXPECT_LT(archive->counts().open, 9u);
  open();
  EXPECT_EQ(all(7), expected);
}

TEST_F(ArchiveTest, LosesWhatWasNotFlushedAndNothingElse) {
  open();
  record(1, 1, 1);
  flush();
  record(1, 2, 2);
  open();
  EXPECT_EQ(all(1), "1=1");
  record(1, 3, 3);
  flush();
  open();
  EXPECT_EQ(all(1), "1=1 3=3");
}

TEST_F(ArchiveTest, PutsLatePointsWhereTheyBelong) {
  open();
  for (int i = 0; i < 40; ++i)
    record(1, 10 * i, i);
  flush();
  ASSERT_GT(archive->counts().sealed_blocks, 0u);
  record(1, -5, 100);
  record(1, 15, 101);
  record(1, 123, 102);
  EXPECT_THAT(all(1), StartsWith("-5=100 0=0 10=1 15=101 20=2 "));
  for (int i = 0; i < 20; ++i)
    record(1, 1000 + i, i);
  flush();
  EXPECT_THAT(all(1), StartsWith("-5=100 0=0 10=1 15=101 20=2 "));
  EXPECT_THAT(all(1), HasSubstr(" 120=12 123=102 130=13 "));
  open();
  EXPECT_THAT(all(1), HasSubstr(" 120=12 123=102 130=13 "));
}

TEST_F(ArchiveTest, ReplacesOrKeepsAPointOfTheSameTime) {
  open();
  for (int i = 0; i < 20; ++i)
    record(1, i, i);
  flush();
  record(1, 3, 33);
  record(1, 4, 44, true);
  record(1, 30, 1);
  record(1, 30, 2, true);
  record(1, 31, 1);
  record(1, 31, 2);
  const std::string expected = "0=0 1=1 2=2 3=33 4=4 5=5";
  EXPECT_THAT(all(1), StartsWith(expected));
  EXPECT_THAT(all(1), EndsWith(" 30=1 31=2"));
  for (int i = 40; i < 60; ++i)
    record(1, i, i);
  flush();
  EXPECT_EQ(archive->counts().open, 0u);
  EXPECT_THAT(all(1), StartsWith(expected));
  EXPECT_THAT(all(1), HasSubstr(" 30=1 31=2 40=40 "));
}

TEST_F(ArchiveTest, KeepsEveryKindOfValueAndQuality) {
  open();
  const std::vector<Value> values{{},
                                  Value::of(true),
                                  Value::of(std::int64_t{-5}),
                                  Value::of(-0.0),
                                  Value::string("Wasser"),
                                  Value::json("{\"a\":1}"),
                                  Value::array(std::vector<double>{1, 2.5}),
                                  Value::array(std::vector<std::string>{"a", ""})};
  std::vector<Point> expected;
  for (int round = 0; round < 5; ++round)
    for (const Value& value : values) {
      const Record one{.tag = 9,
                       .point = {.time = UtcTime{std::chrono::seconds(expected.size())},
                                 .quality = {static_cast<std::uint32_t>(round) << 30},
                                 .value = value}};
      archive->add({&one, 1});
      expected.push_back(one.point);
      if (round == 2) flush();
    }
  EXPECT_EQ(points_in(directory / "history.sqlite", *archive, 9), expected);
  flush();
  open();
  EXPECT_EQ(points_in(directory / "history.sqlite", *archive, 9), expected);
}

TEST_F(ArchiveTest, DropsJournalRowsThatAreInBlocksAndKeepsCounting) {
  open();
  for (int i = 0; i < 200; ++i) {
    record(1, i, i);
    record(2, i, i);
    if (i % 5 == 0) flush();
  }
  flush();
  EXPECT_LT(archive->counts().in_journal, 100u);
  EXPECT_EQ(archive->counts().points, 400u);
  open();
  EXPECT_EQ(archive->counts().points, 400u);
}

TEST_F(ArchiveTest, SealsTagsEarlyThatKeepTheJournalLong) {
  open({.block_points = 8, .journal_points = 50});
  record(1, 0, 1);
  for (int i = 0; i < 400; ++i) {
    record(2, i, i);
    if (i % 5 == 0) flush();
  }
  EXPECT_LT(archive->counts().in_journal, 100u);
  EXPECT_EQ(all(1), "0=1");
}

TEST_F(ArchiveTest, SealsTheFullestTagsWhenMemoryIsShort) {
  open({.block_points = 4000, .open_bytes = 64 * 1024});
  for (int i = 0; i < 300; ++i) {
    for (TagId tag = 1; tag <= 40; ++tag)
      record(tag, i, std::sqrt(static_cast<double>(i) * static_cast<double>(tag)));
    flush();
    ASSERT_LT(archive->counts().open_bytes, 80u * 1024);
  }
  EXPECT_EQ(points_in(directory / "history.sqlite", *archive, 17).size(), 300u);
}

TEST_F(ArchiveTest, ForgetsOldBlocksInSmallSteps) {
  open();
  for (int i = 0; i < 100; ++i)
    record(1, i, i);
  flush();
  const auto step = archive->forget(1, at_second(50), 2);
  ASSERT_TRUE(step);
  EXPECT_EQ(*step, 2u);
  while (*archive->forget(1, at_second(50), 2) > 0) {
  }
  const auto left = points_in(directory / "history.sqlite", *archive, 1);
  EXPECT_GE(left.front().time, at_second(40));
  EXPECT_EQ(left.back().time, at_second(99));
}

TEST_F(ArchiveTest, NamesADamagedBlockAndGoesOn) {
  open();
  for (int i = 0; i < 20; ++i)
    record(1, i, i);
  flush();
  archive.reset();
  damage_first_block(directory / "history.sqlite", 1);
  open();
  record(1, 2, 5.5);
  for (int i = 30; i < 50; ++i)
    record(1, i, i);
  flush();
  ASSERT_EQ(archive->damages().size(), 1u);
  EXPECT_EQ(archive->damages().front().tag, 1u);
  EXPECT_EQ(archive->damages().front().first, at_second(0));
  EXPECT_THAT(all(1), EndsWith(" 48=48 49=49"));
}

TEST_F(ArchiveTest, RefusesWhatIsNoArchive) {
  write_text(directory / "history.sqlite", std::string(4096, 'x'));
  auto opened = Archive::open(directory / "history.sqlite", {});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::corrupt);
}

/// Any order of points, flushes and restarts: what is recorded is what a map would hold.
RC_GTEST_PROP(Archive, HoldsWhatAMapWouldHold, ()) {
  const base::TestDirectory directory;
  const auto file = directory / "history.sqlite";
  const ArchiveOptions options{.block_points = *rc::gen::inRange(1U, 12U),
                               .journal_points = *rc::gen::inRange(1U, 60U)};
  auto archive = *Archive::open(file, options);
  std::map<TagId, std::map<int, double>> durable, model;
  const int steps = *rc::gen::inRange(1, 80);
  for (int i = 0; i < steps; ++i) {
    const int what = *rc::gen::inRange(0, 20);
    if (what == 0) {
      archive.reset();
      archive = *Archive::open(file, options);
      model = durable;
    } else if (what < 4) {
      RC_ASSERT(archive->flush().has_value());
      durable = model;
    } else {
      const auto tag = *rc::gen::inRange<TagId>(1, 4);
      const int second = *rc::gen::inRange(0, 40);
      const bool keep = *rc::gen::inRange(0, 4) == 0;
      const Record one = record_of(tag, second, i, keep);
      archive->add({&one, 1});
      if (keep)
        model[tag].try_emplace(second, i);
      else
        model[tag][second] = i;
    }
    if (what > 5) continue;
    for (const auto& [tag, points] : model) {
      std::string expected;
      for (const auto& [second, value] : points)
        expected += fmt::format("{}{}={}", expected.empty() ? "" : " ", second, value);
      RC_ASSERT(text_of(points_in(file, *archive, tag)) == expected);
    }
  }
}

}  // namespace
}  // namespace tagwerk::history
