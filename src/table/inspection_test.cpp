#include "table/inspection.hpp"

#include <atomic>
#include <cstring>
#include <gtest/gtest.h>
#include <thread>

#include "table/testing.hpp"
#include "table/writer.hpp"

namespace tagwerk::table {
namespace {

using model::Type;
using testing::at_s;
using testing::kSmall;
using testing::TestInstance;

/// A table of five tags, and its bytes to spoil.
class TableInspection : public ::testing::Test {
 protected:
  void SetUp() override {
    auto options = instance_.with_key(kSmall);
    writer_ = std::move(*Writer::create(instance_.name(), options));
    ASSERT_TRUE(writer_->sysv_status());
    for (Slot slot = 0; slot < 5; ++slot) {
      ASSERT_TRUE(writer_->define(
          {fmt::format("/T{}", slot), slot + 1U, slot, slot == 4 ? Type::string : Type::boolean}));
      const auto value = slot == 4 ? Value::string("text") : Value::of(true);
      ASSERT_TRUE(writer_->publish(slot, value, model::kGood, at_s(1)));
    }
    segment_ = std::move(*SysvSegment::open_to_write(instance_.key()));
    geometry_ = *check_header(segment_.bytes());
    view_ = View(segment_.bytes().data(), geometry_);
  }
  std::uint64_t& word(std::uint64_t offset) {
    return *reinterpret_cast<std::uint64_t*>(segment_.bytes().data() + offset);
  }
  std::uint64_t& entry_word(Slot slot, std::size_t offset) {
    return word(geometry_.entries + std::uint64_t{slot} * kEntryBytes + offset);
  }
  std::uint64_t& slot_word(Slot slot, std::size_t offset) {
    return word(geometry_.slots + std::uint64_t{slot} * kSlotBytes + offset);
  }
  /// The only fault that is found, or all of them.
  std::string fault() const {
    const auto found = inspect(view_, Duration{0});
    EXPECT_EQ(found.faults, found.texts.size());
    std::string text;
    for (const auto& each : found.texts)
      text += (text.empty() ? "" : "; ") + each;
    return text;
  }

  TestInstance instance_{"inspection"};
  std::unique_ptr<Writer> writer_;
  SysvSegment segment_;
  Geometry geometry_;
  View view_;
};

TEST_F(TableInspection, FindsNothingInASoundTable) {
  const auto found = inspect(view_);
  EXPECT_EQ(fault(), "");
  EXPECT_EQ(found.tags, 5U);
  EXPECT_EQ(found.buckets, 5U);
  EXPECT_EQ(found.torn, 0U);
  EXPECT_EQ(found.open_batch, 0U);
  EXPECT_FALSE(found.unsteady);
}

TEST_F(TableInspection, CountsTagsOfABatchThatWasNeverCommitted) {
  writer_->begin(at_s(2));
  ASSERT_TRUE(writer_->publish(0, Value::of(false), model::kGood, at_s(2)));
  EXPECT_EQ(inspect(view_).open_batch, 1U);
  EXPECT_EQ(fault(), "") << "that is how a batch looks, and how a killed writer leaves it";
  writer_->commit();
  EXPECT_EQ(inspect(view_).open_batch, 0U);
}

TEST_F(TableInspection, NamesTheSlotOfATypeThatDoesNotExist) {
  slot_word(2, 0) |= 15U << 2;
  EXPECT_EQ(fault(), "slot 2 of '/T2': there is no type 15");
  EXPECT_EQ(inspect(view_, Duration{0}).torn, 1U);
}

TEST_F(TableInspection, NamesABoolThatIsNone) {
  for (const std::size_t copy : {8U, 32U})
    slot_word(1, copy) = 7;
  EXPECT_EQ(fault(), "slot 1 of '/T1': a bool of 7");
}

TEST_F(TableInspection, NamesAValueOutsideTheTable) {
  for (const std::size_t copy : {8U, 32U})
    slot_word(4, copy) = AreaReference{0xffffff, 100}.word();
  EXPECT_EQ(fault(), "slot 4 of '/T4': its 100 bytes lie outside the table");
}

TEST_F(TableInspection, NamesATagThatIsNotFoundByItsPath) {
  for (std::uint32_t at = 0; at < geometry_.bucket_count; ++at)
    if (static_cast<std::uint32_t>(word(geometry_.buckets + at * 8ULL)) == 3 + 1)
      word(geometry_.buckets + at * 8ULL) = 0;
  EXPECT_EQ(fault(), "slot 3: '/T3' is not found by its path");
}

TEST_F(TableInspection, NamesABucketThatLeadsNowhere) {
  for (std::uint32_t at = 0; at < geometry_.bucket_count; ++at) {
    if (word(geometry_.buckets + at * 8ULL) != 0) continue;
    word(geometry_.buckets + at * 8ULL) = bucket_word(40, 1);
    EXPECT_EQ(fault(), fmt::format("bucket {} leads to no tag", at));
    return;
  }
}

TEST_F(TableInspection, NamesTagsThatShareBytes) {
  entry_word(4, 16) = entry_word(0, 8);
  EXPECT_NE(fault().find("share bytes"), std::string::npos) << fault();
}

TEST_F(TableInspection, NamesAWrongHashAWrongCountAndATagTwice) {
  entry_word(0, 24) ^= 1;
  EXPECT_NE(fault().find("the hash of '/T0' is wrong"), std::string::npos) << fault();
  entry_word(0, 24) ^= 1;
  entry_word(1, 0) = entry_word(2, 0);
  EXPECT_NE(fault().find("tag 3 has two slots"), std::string::npos) << fault();
  entry_word(1, 0) = 2;
  word(456) += std::uint64_t{1} << 32;
  EXPECT_EQ(fault(), "the header counts 6 tags, there are 5");
}

TEST_F(TableInspection, CountsAllFaultsAndSaysTheFirst) {
  for (std::uint32_t at = 0; at < geometry_.bucket_count; ++at)
    word(geometry_.buckets + at * 8ULL) = bucket_word(40, 1);
  const auto found = inspect(view_, Duration{0});
  EXPECT_EQ(found.texts.size(), Inspection::kMaxTexts);
  EXPECT_GE(found.faults, geometry_.bucket_count);
}

TEST_F(TableInspection, ComparesTheTwoSegmentsTagByTag) {
  const auto posix = *Reader::open(instance_.name());
  const auto sysv = *Reader::open_sysv(instance_.key());
  EXPECT_EQ(compare(posix, sysv).same, 5U);
  for (const std::size_t copy : {8U, 32U})
    slot_word(1, copy) = 0;
  EXPECT_EQ(compare(posix, sysv).different, 1U);
  slot_word(2, 0) += 1U << 10;
  EXPECT_EQ(compare(posix, sysv).behind, 1U);
  EXPECT_EQ(compare(posix, sysv).same, 3U);
}

TEST_F(TableInspection, FindsNothingWrongWhileTagsAndValuesChange) {
  std::atomic<bool> stop{false};
  std::thread writing([&] {
    for (std::uint64_t n = 0; !stop; ++n) {
      const auto slot = writer_->define({.path = fmt::format("/P{}", n % 7), .type = Type::string});
      (void)writer_->publish(*slot, Value::string("x"), model::kGood, at_s(1));
      (void)writer_->publish(4, Value::string(std::string(n % 200, 'y')), model::kGood, at_s(1));
      if (n % 3 == 0) (void)writer_->undefine(*slot);
      if (n % 64 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  int steady = 0;
  for (int i = 0; i < 300; ++i) {
    const auto found = inspect(view_, std::chrono::seconds{30});
    if (found.unsteady) continue;
    ++steady;
    EXPECT_EQ(found.faults, 0U) << found.texts.front();
  }
  stop = true;
  writing.join();
  EXPECT_GT(steady, 0);
  EXPECT_EQ(fault(), "");
}

}  // namespace
}  // namespace tagwerk::table
