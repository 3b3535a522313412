#include <atomic>
#include <cstring>
#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <vector>

#include <tagwerk/table.h>

#include "table/testing.hpp"

namespace tagwerk::table {
namespace {

using testing::TestInstance;

/// A table with integer tags /T0 ... through the C functions alone.
class TableC : public ::testing::Test {
 protected:
  static constexpr std::size_t kTags = 8;

  void SetUp() override {
    tagwerk_table_options options{};
    options.size = sizeof options;
    options.slot_capacity = 64;
    options.area_bytes = 1 << 20;
    options.group = -1;
    ASSERT_EQ(tagwerk_table_create(instance_.name().c_str(), &options, &writer_), TAGWERK_TABLE_OK)
        << tagwerk_table_last_error();
    for (std::size_t i = 0; i < kTags; ++i) {
      slots_[i] = define(fmt::format("/T{}", i), TAGWERK_TABLE_INT, 0);
      publish(slots_[i], 0);
    }
    ASSERT_EQ(tagwerk_table_open(instance_.name().c_str(), &table_), TAGWERK_TABLE_OK);
    for (std::size_t i = 0; i < kTags; ++i)
      ASSERT_EQ(tagwerk_table_find(table_, fmt::format("/T{}", i).c_str(), &handles_[i]),
                TAGWERK_TABLE_OK);
  }
  void TearDown() override {
    tagwerk_table_close(table_);
    tagwerk_table_writer_close(writer_);
  }
  std::uint32_t define(const std::string& path, std::uint32_t type, std::uint32_t area) {
    tagwerk_table_definition definition{};
    definition.path = path.c_str();
    definition.slot = TAGWERK_TABLE_ANY_SLOT;
    definition.type = type;
    definition.area_bytes = area;
    std::uint32_t slot = 0;
    EXPECT_EQ(tagwerk_table_define(writer_, &definition, &slot), TAGWERK_TABLE_OK)
        << tagwerk_table_last_error();
    return slot;
  }
  int publish(std::uint32_t slot, std::int64_t number) {
    tagwerk_table_value value{};
    value.type = TAGWERK_TABLE_INT;
    value.as_int = number;
    value.source_time_ns = number;
    return tagwerk_table_publish(writer_, slot, &value);
  }

  TestInstance instance_{"c"};
  tagwerk_table_writer* writer_ = nullptr;
  tagwerk_table* table_ = nullptr;
  std::uint32_t slots_[kTags] = {};
  tagwerk_table_handle handles_[kTags] = {};
};

TEST_F(TableC, ReadsWhatWasPublishedAndNamesTheTimeOfTheBatch) {
  ASSERT_EQ(publish(slots_[2], 42), TAGWERK_TABLE_OK);
  tagwerk_table_value value{};
  ASSERT_EQ(tagwerk_table_read(table_, &handles_[2], &value), TAGWERK_TABLE_OK);
  EXPECT_EQ(value.type, static_cast<std::uint32_t>(TAGWERK_TABLE_INT));
  EXPECT_EQ(value.as_int, 42);
  EXPECT_EQ(value.source_time_ns, 42);
  EXPECT_GT(value.server_time_ns, 0);
}

TEST_F(TableC, SaysThatAHandlesTagIsGoneAlsoWhenItsSlotIsInUseAgain) {
  auto handle = handles_[1];
  ASSERT_EQ(tagwerk_table_undefine(writer_, slots_[1]), TAGWERK_TABLE_OK);
  tagwerk_table_value value{};
  EXPECT_EQ(tagwerk_table_read(table_, &handle, &value), TAGWERK_TABLE_GONE);
  EXPECT_EQ(define("/Other", TAGWERK_TABLE_INT, 0), slots_[1]);
  EXPECT_EQ(tagwerk_table_read(table_, &handle, &value), TAGWERK_TABLE_GONE);
  EXPECT_EQ(tagwerk_table_read(table_, &handles_[0], &value), TAGWERK_TABLE_OK) << "others go on";
  std::size_t failed = 0;
  tagwerk_table_value values[kTags] = {};
  EXPECT_EQ(tagwerk_table_read_many(table_, handles_, values, kTags, &failed), TAGWERK_TABLE_GONE);
  EXPECT_EQ(failed, 1U);
  EXPECT_EQ(tagwerk_table_find(table_, "/T1", &handle), TAGWERK_TABLE_NOT_FOUND);
}

TEST_F(TableC, TellsHowLargeABufferAValueNeeds) {
  const auto slot = define("/Text", TAGWERK_TABLE_STRING, 100);
  char text[] = "a text";
  tagwerk_table_value value{};
  value.type = TAGWERK_TABLE_STRING;
  value.data = text;
  value.data_length = 6;
  ASSERT_EQ(tagwerk_table_publish(writer_, slot, &value), TAGWERK_TABLE_OK);
  tagwerk_table_handle handle{};
  ASSERT_EQ(tagwerk_table_find(table_, "/Text", &handle), TAGWERK_TABLE_OK);
  tagwerk_table_value seen{};
  EXPECT_EQ(tagwerk_table_read(table_, &handle, &seen), TAGWERK_TABLE_OK)
      << "no buffer: length only";
  EXPECT_EQ(seen.data_length, 6U);
  char buffer[6];
  seen.data = buffer;
  seen.data_capacity = 5;
  EXPECT_EQ(tagwerk_table_read(table_, &handle, &seen), TAGWERK_TABLE_TOO_LARGE);
  EXPECT_EQ(seen.data_length, 6U);
  seen.data_capacity = 6;
  EXPECT_EQ(tagwerk_table_read(table_, &handle, &seen), TAGWERK_TABLE_OK);
  EXPECT_EQ(std::memcmp(buffer, "a text", 6), 0);
}

TEST_F(TableC, IteratesInTheOrderOfSlots) {
  char path[TAGWERK_TABLE_PATH_MAX + 1];
  tagwerk_table_tag tag{};
  tag.path = path;
  tag.path_capacity = sizeof path;
  std::uint32_t cursor = 0;
  for (std::size_t i = 0; i < kTags; ++i) {
    ASSERT_EQ(tagwerk_table_next(table_, &cursor, &tag), TAGWERK_TABLE_OK);
    EXPECT_EQ(std::string(path), fmt::format("/T{}", i));
    EXPECT_EQ(tag.handle.tag_id, handles_[i].tag_id);
  }
  EXPECT_EQ(tagwerk_table_next(table_, &cursor, &tag), TAGWERK_TABLE_END);
}

TEST_F(TableC, WakesWhoWaitsOncePerBatch) {
  std::uint64_t seen = 0;
  ASSERT_EQ(tagwerk_table_wait_changed(table_, &seen, 0), TAGWERK_TABLE_OK);
  EXPECT_EQ(tagwerk_table_wait_changed(table_, &seen, 20), TAGWERK_TABLE_TIMEOUT);
  const auto before = seen;
  std::thread waiter(
      [&] { EXPECT_EQ(tagwerk_table_wait_changed(table_, &seen, 10'000), TAGWERK_TABLE_OK); });
  ASSERT_EQ(tagwerk_table_begin(writer_), TAGWERK_TABLE_OK);
  publish(slots_[0], 1);
  publish(slots_[1], 1);
  ASSERT_EQ(tagwerk_table_commit(writer_), TAGWERK_TABLE_OK);
  waiter.join();
  EXPECT_EQ(seen, before + 1);
}

TEST_F(TableC, SaysUnsteadyWhenATagOfAnOpenBatchWasPublishedTwiceAndGivesWholeValuesAllTheSame) {
  tagwerk_table_begin(writer_);
  publish(slots_[0], 1);
  publish(slots_[1], 1);
  tagwerk_table_value values[2] = {};
  EXPECT_EQ(tagwerk_table_read_many(table_, handles_, values, 2, nullptr), TAGWERK_TABLE_OK);
  EXPECT_EQ(values[0].as_int, 0) << "the batch is not committed";
  publish(slots_[0], 2);
  EXPECT_EQ(tagwerk_table_read_many(table_, handles_, values, 2, nullptr), TAGWERK_TABLE_UNSTEADY);
  EXPECT_EQ(values[0].as_int, 2);
  EXPECT_EQ(values[1].as_int, 1);
  tagwerk_table_commit(writer_);
  EXPECT_EQ(tagwerk_table_read_many(table_, handles_, values, 2, nullptr), TAGWERK_TABLE_OK);
}

TEST_F(TableC, ReadsManyTagsOfOneBatchWhileAWriterRuns) {
  std::atomic<bool> stop{false};
  std::thread writing([&] {
    for (std::int64_t n = 1; !stop; ++n) {
      tagwerk_table_begin(writer_);
      for (const auto slot : slots_)
        publish(slot, n);
      tagwerk_table_commit(writer_);
    }
  });
  int torn = 0, unsteady = 0;
  constexpr int kReads = 20'000;
  std::int64_t last = 0;
  for (int i = 0; i < kReads; ++i) {
    tagwerk_table_value values[kTags] = {};
    const auto status = tagwerk_table_read_many(table_, handles_, values, kTags, nullptr);
    if (status == TAGWERK_TABLE_UNSTEADY) {
      ++unsteady;
      continue;
    }
    ASSERT_EQ(status, TAGWERK_TABLE_OK);
    for (const auto& value : values)
      torn += value.as_int != values[0].as_int ? 1 : 0;
    EXPECT_GE(values[0].as_int, last);
    last = values[0].as_int;
  }
  stop = true;
  writing.join();
  EXPECT_EQ(torn, 0);
  EXPECT_LT(unsteady, kReads / 100);
}

TEST_F(TableC, NeverGivesATornTextWhileAWriterRunsAndTagsComeAndGo) {
  const auto slot = define("/Text", TAGWERK_TABLE_STRING, 200);
  std::atomic<bool> stop{false};
  std::thread writing([&] {
    for (unsigned n = 0; !stop; ++n) {
      std::string text(n % 200, static_cast<char>('a' + n % 26));
      tagwerk_table_value value{};
      value.type = TAGWERK_TABLE_STRING;
      value.data = text.data();
      value.data_length = static_cast<std::uint32_t>(text.size());
      tagwerk_table_publish(writer_, slot, &value);
      if (n % 16 == 0) {
        const auto passing = define("/Passing", TAGWERK_TABLE_STRING, 64);
        tagwerk_table_undefine(writer_, passing);
      }
    }
  });
  tagwerk_table_handle handle{};
  EXPECT_EQ(tagwerk_table_find(table_, "/Text", &handle), TAGWERK_TABLE_OK);
  for (int i = 0; i < 20'000; ++i) {
    char buffer[200];
    tagwerk_table_value value{};
    value.data = buffer;
    value.data_capacity = sizeof buffer;
    const auto status = tagwerk_table_read(table_, &handle, &value);
    if (status == TAGWERK_TABLE_UNSTEADY) continue;
    ASSERT_EQ(status, TAGWERK_TABLE_OK);
    const std::string_view text(buffer, value.data_length);
    ASSERT_EQ(text.find_first_not_of(text.empty() ? 'a' : text[0]), std::string_view::npos) << text;
    tagwerk_table_handle other{};
    ASSERT_EQ(tagwerk_table_find(table_, "/T5", &other), TAGWERK_TABLE_OK);
    ASSERT_EQ(other.tag_id, handles_[5].tag_id);
  }
  stop = true;
  writing.join();
}

TEST_F(TableC, ReportsWriterHeartbeatAndCounts) {
  tagwerk_table_information information{};
  tagwerk_table_heartbeat(writer_);
  ASSERT_EQ(tagwerk_table_get_info(table_, &information), TAGWERK_TABLE_OK);
  EXPECT_EQ(std::string(information.instance), instance_.name());
  EXPECT_EQ(information.writer_alive, 1U);
  EXPECT_EQ(information.writer_pid, static_cast<std::uint32_t>(::getpid()));
  EXPECT_LT(information.heartbeat_age_ns, 10'000'000'000);
  EXPECT_EQ(information.tag_count, kTags);
  EXPECT_EQ(information.generation, 1U);
  EXPECT_EQ(information.mode, 0644U);
}

TEST_F(TableC, RefusesASecondWriterAndNamesTheFirst) {
  tagwerk_table_writer* second = nullptr;
  EXPECT_EQ(tagwerk_table_create(instance_.name().c_str(), nullptr, &second), TAGWERK_TABLE_HELD);
  EXPECT_NE(std::string(tagwerk_table_last_error()).find(std::to_string(::getpid())),
            std::string::npos);
  EXPECT_EQ(tagwerk_table_remove(instance_.name().c_str()), TAGWERK_TABLE_HELD);
}

TEST_F(TableC, AnswersWrongArgumentsWithInvalid) {
  EXPECT_EQ(tagwerk_table_open(nullptr, &table_), TAGWERK_TABLE_INVALID);
  EXPECT_EQ(tagwerk_table_open("../etc/passwd", &table_), TAGWERK_TABLE_INVALID);
  EXPECT_EQ(tagwerk_table_open("no-such-instance", &table_), TAGWERK_TABLE_NO_TABLE);
  EXPECT_EQ(tagwerk_table_commit(writer_), TAGWERK_TABLE_INVALID);
  tagwerk_table_value value{};
  value.type = 77;
  EXPECT_EQ(tagwerk_table_publish(writer_, 0, &value), TAGWERK_TABLE_INVALID);
  value.type = TAGWERK_TABLE_INT;
  EXPECT_EQ(tagwerk_table_publish(writer_, 60, &value), TAGWERK_TABLE_NOT_FOUND);
  tagwerk_table_handle wild{1, 1, 4'000'000'000U, 0};
  EXPECT_EQ(tagwerk_table_read(table_, &wild, &value), TAGWERK_TABLE_GONE);
  for (int status = 0; status <= TAGWERK_TABLE_SYSTEM; ++status)
    EXPECT_STRNE(tagwerk_table_strerror(status), tagwerk_table_strerror(99));
}

}  // namespace
}  // namespace tagwerk::table
