#include <fstream>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <unistd.h>

#include "table/child_for_test.hpp"
#include "table/dying_writer_for_test.hpp"
#include "table/inspection.hpp"
#include "table/process.hpp"
#include "table/testing.hpp"
#include "table/writer.hpp"

namespace tagwerk::table {
namespace {

using model::Type;
using testing::at_s;
using testing::Child;
using testing::kSmall;
using testing::TestInstance;

TEST(TableTakeover, KeepsTheValuesOfAKilledWriterAndMarksThemOld) {
  const TestInstance instance("killed");
  Child child(
      [&] { testing::leave_a_batch_open(*Writer::create(instance.name(), kSmall)->release()); });
  ASSERT_TRUE(child.ready());
  auto reader = Reader::open(instance.name());
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_EQ(reader->information().writer_alive, 1U);
  EXPECT_EQ(reader->information().writer_pid, static_cast<std::uint32_t>(child.pid()));
  const auto generation = reader->information().generation;

  const auto refused = Writer::create(instance.name(), kSmall);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
  EXPECT_NE(refused.error().message.find(fmt::format("process {}", child.pid())), std::string::npos)
      << refused.error().message;

  child.kill();
  EXPECT_EQ(reader->information().writer_alive, 0U);
  const auto tags = reader->tags();
  const auto snapshot = reader->read_many(tags);
  ASSERT_TRUE(snapshot) << "a dead writer's open batch holds up nobody";
  EXPECT_EQ((*snapshot)[0].value, Value::of(std::int64_t{1})) << "the open batch does not count";

  auto writer = Writer::create(instance.name(), kSmall);
  ASSERT_TRUE(writer) << writer.error().message;
  EXPECT_EQ((*writer)->start(), Start::taken_over);
  EXPECT_EQ(reader->information().generation, generation + 1);
  EXPECT_EQ(reader->information().writer_alive, 1U);
  EXPECT_EQ(reader->read(0).value, Value::of(std::int64_t{2}));
  EXPECT_EQ(reader->read(0).quality, model::kUncertainLastUsableValue);
  EXPECT_EQ(reader->read(1).value, Value::string("text"));
  EXPECT_EQ(reader->read(1).quality, model::kUncertainLastUsableValue);
  EXPECT_EQ(reader->read(2).quality, model::kBadNoCommunication) << "bad stays bad";
  ASSERT_TRUE((*writer)->publish(0, Value::of(std::int64_t{5}), model::kGood, at_s(3)));
  EXPECT_EQ(reader->read(0).quality, model::kGood);
}

TEST(TableTakeover, FollowsAWriterThatDiesAnywhereInAStormOfChanges) {
  const TestInstance instance("storm");
  for (int round = 0; round < 20; ++round) {
    Child child([&] { testing::storm(*Writer::create(instance.name(), kSmall)->release()); });
    ASSERT_TRUE(child.ready());
    ::usleep(static_cast<useconds_t>(500 + 700 * round));
    child.kill();
    auto writer = Writer::create(instance.name(), kSmall);
    ASSERT_TRUE(writer) << writer.error().message;
    const auto tags = (*writer)->tags();
    EXPECT_EQ((*writer)->start_note(), "");
    for (const auto& tag : tags) {
      const auto found = (*writer)->reader().find(tag.path);
      ASSERT_TRUE(found) << tag.path;
      EXPECT_EQ(found->slot, tag.slot);
    }
    ASSERT_TRUE((*writer)->define_all({})) << "everything can be removed again";
    EXPECT_TRUE((*writer)->tags().empty());
  }
}

TEST(TableTakeover, SeesThatAWriterWasClosedProperly) {
  const TestInstance instance("closed");
  auto writer = Writer::create(instance.name(), kSmall);
  const auto reader = Reader::open(instance.name());
  writer->reset();
  EXPECT_EQ(reader->information().writer_pid, 0U);
  EXPECT_EQ(reader->information().writer_alive, 0U);
}

TEST(TableTakeover, ReplacesATooSmallSegmentAndTellsItsReaders) {
  const TestInstance instance("grow");
  {
    (void)(*Writer::create(instance.name(), kSmall))->define({"/A", 7, 4, Type::integer, 0});
  }
  const auto old_reader = Reader::open(instance.name());
  auto larger = kSmall;
  larger.slot_capacity = 1000;
  const auto writer = Writer::create(instance.name(), larger);
  ASSERT_TRUE(writer) << writer.error().message;
  EXPECT_EQ((*writer)->start(), Start::replaced);
  EXPECT_EQ(old_reader->information().replaced, 1U);
  std::uint64_t seen = 0;
  EXPECT_EQ(wait_for_commit(old_reader->view(), seen, 1000), TAGWERK_TABLE_REPLACED);
  const auto reader = Reader::open(instance.name());
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->information().slot_capacity, 1000U);
  EXPECT_EQ(reader->find("/A")->slot, 4U);
  EXPECT_EQ(reader->find("/A")->id, 7U);
}

TEST(TableTakeover, RefusesWrongVersionDamagedShortAndMissingSegmentsByName) {
  const TestInstance instance("wrong");
  const auto code_of = [&] { return Reader::open(instance.name()).error().code; };
  EXPECT_EQ(code_of(), ErrorCode::not_found);
  {
    std::ofstream(instance.path());
  }
  EXPECT_EQ(code_of(), ErrorCode::unavailable) << "empty: being made";
  {
    std::ofstream(instance.path()) << "short";
  }
  EXPECT_EQ(code_of(), ErrorCode::corrupt);
  ::unlink(instance.path().c_str());
  {
    (void)Writer::create(instance.name(), kSmall);
  }
  std::fstream file(instance.path(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(8).put(2).flush();
  EXPECT_EQ(code_of(), ErrorCode::conflict);
  EXPECT_NE(Reader::open(instance.name()).error().message.find("version 2"), std::string::npos);
  file.seekp(0).put('?').flush();
  EXPECT_EQ(code_of(), ErrorCode::corrupt);
  const auto writer = Writer::create(instance.name(), kSmall);
  ASSERT_TRUE(writer);
  EXPECT_EQ((*writer)->start(), Start::replaced);
  EXPECT_TRUE(Reader::open(instance.name()));
}

TEST(TableTakeover, RefusesAReaderWithoutPermissionAndNamesTheRemedy) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs a second user";
  const TestInstance instance("mode");
  auto options = kSmall;
  options.mode = 0600;
  const auto writer = Writer::create(instance.name(), options);
  EXPECT_EQ(Reader::open(instance.name())->information().mode, 0600U);
  Child child([&] {
    if (::setuid(65534) != 0) ::_exit(1);
    const auto refused = Reader::open(instance.name());
    if (refused || refused.error().code != ErrorCode::permission_denied) ::_exit(2);
    if (refused.error().message.find("mode and group") == std::string::npos) ::_exit(3);
    if (Writer::create(instance.name(), kSmall)) ::_exit(4);
  });
  EXPECT_TRUE(child.ready());
}

TEST(TableTakeover, LeavesReadersOfARemovedSegmentWhatTheyHave) {
  const TestInstance instance("removed");
  auto writer = Writer::create(instance.name(), kSmall);
  ASSERT_TRUE((*writer)->define({"/A", 1, 0, Type::integer, 0}));
  ASSERT_TRUE((*writer)->publish(0, Value::of(std::int64_t{4}), model::kGood, at_s(1)));
  const auto reader = Reader::open(instance.name());
  EXPECT_EQ(remove_table(instance.name()).error().code, ErrorCode::conflict);
  writer->reset();
  ASSERT_TRUE(remove_table(instance.name()));
  EXPECT_EQ(reader->information().removed, 1U);
  EXPECT_EQ(reader->read(0).value, Value::of(std::int64_t{4}));
  EXPECT_EQ(remove_table(instance.name()).error().code, ErrorCode::not_found);
}

TEST(TableTakeover, ListsInstancesWithSizeAndWriter) {
  const TestInstance instance("listed");
  const TestInstance broken("listed-broken");
  const auto writer = Writer::create(instance.name(), kSmall);
  {
    std::ofstream(broken.path()) << "not a table";
  }
  int met = 0;
  for (const auto& record : list_instances()) {
    if (record.instance == instance.name()) {
      ++met;
      ASSERT_TRUE(record.information);
      EXPECT_EQ(record.information->writer_alive, 1U);
      EXPECT_EQ(record.information->slot_capacity, 64U);
      EXPECT_GT(record.stat.used_bytes, 0U);
    }
    if (record.instance == broken.name()) {
      ++met;
      EXPECT_EQ(record.information.error().code, ErrorCode::corrupt);
    }
  }
  EXPECT_EQ(met, 2);
}

TEST(Process, WithAReusedPidIsNotTheOneThatWasMeant) {
  auto self = this_process();
  EXPECT_TRUE(is_alive(self));
  ++self.start_ticks;
  EXPECT_FALSE(is_alive(self));
  EXPECT_FALSE(is_alive({}));
}

/// Any eight bytes of header, directory or slots wrong: readers and the next writer say something
/// or other, but neither crashes nor hangs.
RC_GTEST_PROP(TableDamage, NeverCrashesReaderOrWriter, ()) {
  const TestInstance instance("damage");
  {
    auto writer = Writer::create(instance.name(), {.slot_capacity = 8, .area_bytes = 4096});
    for (int i = 0; i < 6; ++i) {
      const auto slot = (*writer)->define({.path = fmt::format("/Tag{}", i), .type = Type::string});
      (void)(*writer)->publish(*slot, Value::string("some text"), model::kGood, at_s(1));
    }
  }
  const auto geometry = *plan_geometry(8, 4096);
  std::vector<std::uint64_t> places;
  for (std::uint64_t at = 0; at < 512; at += 8)
    places.push_back(at);
  for (std::uint64_t at = 0; at < 128; at += 8)
    places.push_back(geometry.buckets + at);
  for (std::uint64_t at = 0; at < 512; at += 8) {
    places.push_back(geometry.entries + at);
    places.push_back(geometry.slots + at);
  }
  const auto hits =
      *rc::gen::nonEmpty(rc::gen::container<std::vector<std::pair<std::uint64_t, std::uint64_t>>>(
          rc::gen::pair(rc::gen::elementOf(places),
                        rc::gen::oneOf(rc::gen::arbitrary<std::uint64_t>(),
                                       rc::gen::element<std::uint64_t>(
                                           0, 1, UINT64_MAX, 0xffffffffU, 0xffffffff00000000U)))));
  {
    std::fstream file(instance.path(), std::ios::in | std::ios::out | std::ios::binary);
    for (const auto& [at, word] : hits)
      file.seekp(static_cast<std::streamoff>(at)).write(reinterpret_cast<const char*>(&word), 8);
  }
  if (const auto reader = Reader::open(instance.name())) {
    (void)reader->tags();
    (void)reader->find("/Tag3");
    for (Slot slot = 0; slot < 10; ++slot)
      (void)reader->read(slot);
    (void)reader->read_many(reader->tags());
    (void)reader->information();
    (void)inspect(reader->view());
    (void)compare(*reader, *reader);
  }
  auto writer = Writer::create(instance.name(), {.slot_capacity = 8, .area_bytes = 4096});
  if (!writer) return;
  (void)(*writer)->define({.path = "/Another", .type = Type::string});
  RC_ASSERT((*writer)->define_all({}).has_value());
  RC_ASSERT((*writer)->tags().empty());
}

}  // namespace
}  // namespace tagwerk::table
