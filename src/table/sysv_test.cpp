#include <algorithm>
#include <atomic>
#include <cstring>
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <thread>
#include <unistd.h>

#include "table/child_for_test.hpp"
#include "table/dying_writer_for_test.hpp"
#include "table/testing.hpp"
#include "table/twin.hpp"
#include "table/writer.hpp"

namespace tagwerk::table {
namespace {

using model::Type;
using testing::at_s;
using testing::Child;
using testing::kSmall;
using testing::TestInstance;

std::unique_ptr<Writer> must_create_with_key(const TestInstance& instance,
                                             WriterOptions options = kSmall) {
  auto writer = Writer::create(instance.name(), instance.with_key(options));
  if (!writer) throw std::runtime_error(writer.error().message);
  if (!(*writer)->sysv_status()) throw std::runtime_error((*writer)->sysv_status().error().message);
  return std::move(*writer);
}

Reader must_open(const TestInstance& instance) {
  auto reader = Reader::open_sysv(instance.key());
  if (!reader) throw std::runtime_error(reader.error().message);
  return std::move(*reader);
}

/// A segment of somebody else under this key.
int make_foreign(SysvKey key, std::size_t bytes, const char* text) {
  const int id = ::shmget(static_cast<key_t>(key), bytes, IPC_CREAT | IPC_EXCL | 0600);
  void* base = ::shmat(id, nullptr, 0);
  std::memcpy(base, text, std::strlen(text));
  ::shmdt(base);
  return id;
}

TEST(SysvKey, IsReadInBothFormsAndRefusedWithTheRangeInWords) {
  EXPECT_EQ(*parse_sysv_key("0x54570001"), 0x54570001U);
  EXPECT_EQ(*parse_sysv_key("1415000065"), 1415000065U);
  EXPECT_EQ(*parse_sysv_key("0xffffffff"), 0xffffffffU);
  for (const auto* wrong : {"", "0", "0x0", "0x", "-1", "0x100000000", "key", "1 ", "0x1g"}) {
    const auto key = parse_sysv_key(wrong);
    ASSERT_FALSE(key) << wrong;
    EXPECT_NE(key.error().message.find("0xffffffff"), std::string::npos);
  }
}

TEST(TableSysv, ShowsTheSameTagsAndValuesByNameAndByKey) {
  const TestInstance instance("sysv-same");
  const auto writer = must_create_with_key(instance);
  const auto by_key = must_open(instance);
  const Value values[] = {Value(),
                          Value::of(true),
                          Value::of(std::int64_t{-5}),
                          Value::of(2.5),
                          Value::string("Grüße"),
                          Value::json("{\"a\":1}"),
                          Value::array(std::vector<double>{0.5, -0.0}),
                          Value::array(std::vector<std::string>{"a", "", "ccc"})};
  for (const auto& value : values) {
    const auto slot = writer->define({.path = "/Tag", .type = value.type(), .area_bytes = 100});
    ASSERT_TRUE(slot);
    ASSERT_TRUE(writer->publish(*slot, value, model::kGoodLocalOverride, at_s(5), at_s(6)));
    const auto seen = by_key.read(*slot);
    EXPECT_EQ(seen.value, value) << value.to_json();
    EXPECT_EQ(seen.quality, model::kGoodLocalOverride);
    EXPECT_EQ(seen.source_time, at_s(5));
  }
  EXPECT_EQ(by_key.find("/Tag")->slot, Reader::open(instance.name())->find("/Tag")->slot);
  const auto information = by_key.information();
  EXPECT_EQ(std::string(information.instance), instance.name());
  EXPECT_EQ(information.sysv_key, instance.key());
  EXPECT_EQ(information.writer_alive, 1U);
  EXPECT_EQ(information.mode, 0644U);
  EXPECT_EQ(information.removed, 0U);
  EXPECT_GT(information.used_bytes, 0U);
  EXPECT_LE(information.used_bytes, information.segment_bytes);
}

TEST(TableSysv, CannotBeWrittenByReaders) {
  const TestInstance instance("sysv-read-only");
  const auto writer = must_create_with_key(instance);
  const auto reader = must_open(instance);
  const auto address =
      fmt::format("{:x}", reinterpret_cast<std::uintptr_t>(&reader.view().header()));
  std::ifstream maps("/proc/self/maps");
  std::string line;
  while (std::getline(maps, line))
    if (line.starts_with(address)) break;
  EXPECT_NE(line.find(" r--s "), std::string::npos) << line;
}

TEST(TableSysv, WakesWhoWaitsThere) {
  const TestInstance instance("sysv-wait");
  const auto writer = must_create_with_key(instance);
  ASSERT_TRUE(writer->define({"/A", 1, 0, Type::integer, 0}));
  const auto reader = must_open(instance);
  std::uint64_t seen = reader.committed();
  std::thread waiter([&] { EXPECT_TRUE(reader.wait_changed(seen, 10'000)); });
  ASSERT_TRUE(writer->publish(0, Value::of(std::int64_t{1}), model::kGood, at_s(1)));
  waiter.join();
  EXPECT_EQ(seen, writer->reader().committed());
}

/// The bytes of both segments, wherever there is memory behind.
void expect_equal_segments(const TestInstance& instance) {
  auto posix = Segment::open_to_read(instance.name());
  ASSERT_TRUE(posix && posix->map_to_read());
  const auto sysv = SysvSegment::open_to_read(instance.key());
  ASSERT_TRUE(sysv);
  const auto a = posix->bytes();
  const auto b = sysv->bytes();
  ASSERT_EQ(a.size(), b.size());
  const auto different = std::mismatch(a.begin(), a.end(), b.begin());
  EXPECT_EQ(different.first - a.begin(), static_cast<std::ptrdiff_t>(a.size()))
      << "the first different byte";
}

RC_GTEST_PROP(TableSysv, EqualsTheOtherSegmentByteByByteWhateverIsDone, ()) {
  const TestInstance instance("sysv-equal");
  const auto writer = must_create_with_key(instance);
  const auto steps = *rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(0, 6), rc::gen::inRange(0, 12)));
  for (const auto& [what, which] : steps) {
    const auto path = fmt::format("/T{}", which);
    const auto tag = writer->reader().find(path);
    if (what == 0) (void)writer->define({.path = path, .type = Type::string, .area_bytes = 40});
    if (what == 1 && tag) (void)writer->undefine(tag->slot);
    if (what == 2 && tag)
      (void)writer->define(
          {.path = fmt::format("/R{}", which), .id = tag->id, .type = Type::string});
    if (what == 3 && tag)
      (void)writer->define(
          {.path = path, .type = Type::string, .area_bytes = tag->area_bytes + 30});
    if (what == 4 && tag)
      (void)writer->publish(tag->slot, Value::string(std::string(40, 'x')), model::kGood, at_s(1));
    if (what == 5) writer->heartbeat(at_s(which));
  }
  expect_equal_segments(instance);
}

TEST(TableSysv, GoesOnUnderReadersWhenAKilledWritersTableIsTakenOver) {
  const TestInstance instance("sysv-killed");
  Child child([&] { testing::leave_a_batch_open(*must_create_with_key(instance).release()); });
  ASSERT_TRUE(child.ready());
  const auto reader = must_open(instance);
  EXPECT_EQ(reader.information().writer_pid, static_cast<std::uint32_t>(child.pid()));
  child.kill();
  EXPECT_EQ(reader.information().writer_alive, 0U);
  const auto snapshot = reader.read_many(reader.tags());
  ASSERT_TRUE(snapshot);
  EXPECT_EQ((*snapshot)[0].value, Value::of(std::int64_t{1})) << "the open batch does not count";
  const auto writer = must_create_with_key(instance);
  EXPECT_EQ(writer->start(), Start::taken_over);
  EXPECT_EQ(reader.information().replaced, 0U) << "the same segment";
  EXPECT_EQ(reader.information().writer_alive, 1U);
  EXPECT_EQ(reader.read(0).value, Value::of(std::int64_t{2}));
  EXPECT_EQ(reader.read(0).quality, model::kUncertainLastUsableValue);
  EXPECT_EQ(reader.read(1).value, Value::string("text"));
  ASSERT_TRUE(writer->publish(1, Value::string("new"), model::kGood, at_s(3)));
  EXPECT_EQ(reader.read(1).value, Value::string("new"));
  EXPECT_TRUE(reader.read_many(reader.tags()));
}

/// Tag by tag, by path and by slot: what one segment shows the other shows.
void expect_same_content(const TestInstance& instance) {
  const auto posix = Reader::open(instance.name());
  const auto sysv = Reader::open_sysv(instance.key());
  ASSERT_TRUE(posix && sysv);
  const auto tags = posix->tags();
  ASSERT_EQ(sysv->tags().size(), tags.size());
  EXPECT_EQ(sysv->information().tag_count, tags.size());
  EXPECT_EQ(sysv->committed(), posix->committed());
  for (const auto& tag : tags) {
    const auto found = sysv->find(tag.path);
    ASSERT_TRUE(found) << tag.path;
    EXPECT_EQ(found->slot, tag.slot);
    EXPECT_EQ(sysv->read(tag.slot).value, posix->read(tag.slot).value) << tag.path;
    EXPECT_EQ(sysv->read(tag.slot).number, posix->read(tag.slot).number) << tag.path;
  }
}

TEST(TableSysv, EqualsTheOtherSegmentAgainAfterAWriterDiedAnywhere) {
  const TestInstance instance("sysv-storm");
  for (int round = 0; round < 20; ++round) {
    Child child([&] { testing::storm(*must_create_with_key(instance).release()); });
    ASSERT_TRUE(child.ready());
    ::usleep(static_cast<useconds_t>(500 + 700 * round));
    child.kill();
    const auto writer = must_create_with_key(instance);
    EXPECT_EQ(writer->start_note(), "");
    expect_same_content(instance);
    for (const auto& tag : writer->tags())
      ASSERT_TRUE(writer->publish(tag.slot, Value::string("again"), model::kGood, at_s(2)));
    expect_same_content(instance);
  }
}

TEST(TableSysv, IsReplacedWithALargerOneAndTellsItsReaders) {
  const TestInstance instance("sysv-grow");
  {
    (void)must_create_with_key(instance)->define({"/A", 7, 4, Type::integer, 0});
  }
  const auto old = must_open(instance);
  tagwerk_table_handle handle{};
  ASSERT_EQ(find_tag(old.view(), "/A", handle), TAGWERK_TABLE_OK);
  auto larger = kSmall;
  larger.slot_capacity = 1000;
  const auto writer = must_create_with_key(instance, larger);
  EXPECT_EQ(writer->start(), Start::replaced);
  EXPECT_EQ(old.information().replaced, 1U);
  EXPECT_EQ(old.information().removed, 0U) << "replaced says more";
  tagwerk_table_value value{};
  EXPECT_EQ(read_tag(old.view(), handle, value), TAGWERK_TABLE_REPLACED);
  EXPECT_EQ(find_tag(old.view(), "/A", handle), TAGWERK_TABLE_REPLACED);
  std::uint64_t seen = 0;
  EXPECT_EQ(wait_for_commit(old.view(), seen, 1000), TAGWERK_TABLE_REPLACED);
  const auto reader = must_open(instance);
  EXPECT_EQ(reader.information().slot_capacity, 1000U);
  EXPECT_EQ(reader.find("/A")->slot, 4U);
}

TEST(TableSysv, GoesWithItsKeyFromTheConfiguration) {
  const TestInstance instance("sysv-key");
  const TestInstance other("sysv-key-other");
  must_create_with_key(instance).reset();
  auto options = kSmall;
  options.sysv_key = other.key();
  auto writer = Writer::create(instance.name(), options);
  ASSERT_TRUE(writer && (*writer)->sysv_status());
  EXPECT_EQ(SysvSegment::open_to_read(instance.key()).error().code, ErrorCode::not_found);
  EXPECT_TRUE(Reader::open_sysv(other.key()));
  writer->reset();
  writer = Writer::create(instance.name(), kSmall);
  EXPECT_EQ(SysvSegment::open_to_read(other.key()).error().code, ErrorCode::not_found);
  EXPECT_EQ((*writer)->reader().information().sysv_key, 0U);
}

TEST(TableSysv, LeavesSegmentsOfOthersAloneAndComesWhenTheyAreGone) {
  const TestInstance instance("sysv-foreign");
  const int id = make_foreign(instance.key(), 1 << 20, "somebody's data");
  auto options = instance.with_key(kSmall);
  options.sysv_look_every = Duration{0};
  const auto writer = Writer::create(instance.name(), options);
  ASSERT_TRUE(writer) << "the table itself is there";
  ASSERT_FALSE((*writer)->sysv_status());
  const auto& error = (*writer)->sysv_status().error();
  EXPECT_EQ(error.code, ErrorCode::already_exists);
  EXPECT_NE(error.message.find(fmt::format("ipcrm -m {}", id)), std::string::npos) << error.message;
  (*writer)->heartbeat(at_s(1));
  EXPECT_FALSE((*writer)->sysv_status());
  ASSERT_EQ(::shmctl(id, IPC_RMID, nullptr), 0) << "it is still there";
  (*writer)->heartbeat(at_s(2));
  EXPECT_TRUE((*writer)->sysv_status());
  expect_equal_segments(instance);
}

TEST(TableSysv, LeavesAnEmptySegmentOfSomebodyElseAlone) {
  const TestInstance instance("sysv-empty");
  const int id = make_foreign(instance.key(), 1 << 20, "");
  {
    const auto writer = Writer::create(instance.name(), instance.with_key(kSmall));
    EXPECT_FALSE((*writer)->sysv_status());
  }
  EXPECT_EQ(SysvSegment::open_to_read(instance.key())->id(), id);
}

TEST(TableSysv, IsMadeAgainWhereSomebodyRemovedIt) {
  const TestInstance instance("sysv-removed");
  auto options = kSmall;
  options.sysv_look_every = Duration{0};
  const auto writer = must_create_with_key(instance, options);
  ASSERT_TRUE(writer->define({"/A", 1, 0, Type::integer, 0}));
  const auto old = must_open(instance);
  auto segment = SysvSegment::open_to_read(instance.key());
  ASSERT_TRUE(segment->remove());
  EXPECT_EQ(old.information().removed, 1U);
  writer->heartbeat(at_s(1));
  EXPECT_EQ(old.information().replaced, 1U);
  const auto reader = must_open(instance);
  ASSERT_TRUE(writer->publish(0, Value::of(std::int64_t{4}), model::kGood, at_s(1)));
  EXPECT_EQ(reader.read(0).value, Value::of(std::int64_t{4}));
  ASSERT_TRUE(writer->define({"/B", 2, 100, Type::string, 0}).error().code ==
              ErrorCode::limit_exceeded);
  ASSERT_TRUE(writer->define({"/B", 2, 60, Type::string, 0}));
  expect_equal_segments(instance);
}

TEST(TableSysv, RefusesTheKeyOfAnotherInstanceByItsName) {
  const TestInstance instance("sysv-first");
  const TestInstance second("sysv-second");
  const auto writer = must_create_with_key(instance);
  auto options = kSmall;
  options.sysv_key = instance.key();
  const auto refused = Writer::create(second.name(), options);
  ASSERT_TRUE(refused);
  EXPECT_NE((*refused)->sysv_status().error().message.find(instance.name()), std::string::npos);
  EXPECT_EQ(std::string(must_open(instance).information().instance), instance.name());
}

TEST(TableSysv, TakesWhatADeadWriterLeftUnfinished) {
  const TestInstance instance("sysv-unfinished");
  {
    Child child([&] {
      const auto bytes = plan_geometry(kSmall.slot_capacity, kSmall.area_bytes)->segment_bytes;
      if (::shmget(static_cast<key_t>(instance.key()), bytes, IPC_CREAT | IPC_EXCL | 0600) < 0)
        ::_exit(1);
    });
    ASSERT_TRUE(child.ready());
    const auto writer = Writer::create(instance.name(), instance.with_key(kSmall));
    EXPECT_FALSE((*writer)->sysv_status()) << "its maker lives and may go on";
    EXPECT_EQ(Reader::open_sysv(instance.key()).error().code, ErrorCode::unavailable);
  }
  const auto writer = must_create_with_key(instance);
  expect_equal_segments(instance);
}

TEST(TableSysv, IsMadeAnewWhereItIsDamagedOrOld) {
  const TestInstance instance("sysv-damaged");
  must_create_with_key(instance).reset();
  const auto damage = [&](std::uint64_t offset) {
    auto segment = SysvSegment::open_to_write(instance.key());
    segment->bytes()[offset] ^= std::byte{0xff};
  };
  const auto geometry = *plan_geometry(kSmall.slot_capacity, kSmall.area_bytes);
  for (const std::uint64_t offset : {std::uint64_t{8}, offsetof(Header, slot_capacity),
                                     offsetof(Header, generation), geometry.buckets + 8}) {
    damage(offset);
    auto writer = must_create_with_key(instance);
    expect_equal_segments(instance);
    ASSERT_TRUE(writer->define({"/A", 1, 0, Type::integer, 0}));
    expect_equal_segments(instance);
  }
}

TEST(TableSysv, IsRemovedWithTheTableAndNamed) {
  const TestInstance instance("sysv-remove");
  auto writer = must_create_with_key(instance);
  EXPECT_EQ(remove_table(instance.name()).error().code, ErrorCode::conflict);
  ::unlink(instance.path().c_str());
  const auto refused = remove_table(instance.name());
  ASSERT_FALSE(refused) << "its writer lives, though its name is gone";
  EXPECT_NE(refused.error().message.find(fmt::format("process {}", ::getpid())), std::string::npos);
  writer.reset();
  const auto removed = remove_table(instance.name());
  ASSERT_TRUE(removed) << removed.error().message;
  ASSERT_EQ(removed->size(), 1U);
  EXPECT_NE(removed->front().find(to_string_of_key(instance.key())), std::string::npos);
  must_create_with_key(instance).reset();
  EXPECT_EQ(remove_table(instance.name())->size(), 2U);
  EXPECT_EQ(remove_table(instance.name()).error().code, ErrorCode::not_found);
}

TEST(TableSysv, KeepsOutWhoseModeAndGroupDoNotFit) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs a second user";
  const TestInstance instance("sysv-mode");
  auto options = kSmall;
  options.mode = 0640;
  options.group = 12345;
  const auto writer = must_create_with_key(instance, options);
  EXPECT_EQ(must_open(instance).information().mode, 0640U);
  const auto outsider = [&] {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(1);
    const auto refused = Reader::open_sysv(instance.key());
    if (refused || refused.error().code != ErrorCode::permission_denied) ::_exit(2);
    if (refused.error().message.find("mode and group") == std::string::npos) ::_exit(3);
  };
  const auto member = [&] {
    if (::setgid(12345) != 0 || ::setuid(65534) != 0) ::_exit(1);
    if (!Reader::open_sysv(instance.key())) ::_exit(2);
    auto writing = SysvSegment::open_to_write(instance.key());
    if (writing) ::_exit(3);
  };
  EXPECT_TRUE(Child(outsider).ready());
  EXPECT_TRUE(Child(member).ready());
}

TEST(TableSysv, IsReachedThroughTheCInterface) {
  const TestInstance instance("sysv-c");
  const TestInstance taken("sysv-c-taken");
  tagwerk_table_options options{};
  options.size = sizeof options;
  options.slot_capacity = 16;
  options.area_bytes = 4096;
  options.group = -1;
  options.sysv_key = instance.key();
  tagwerk_table_writer* writer = nullptr;
  ASSERT_EQ(tagwerk_table_create(instance.name().c_str(), &options, &writer), TAGWERK_TABLE_OK);
  tagwerk_table* table = nullptr;
  EXPECT_EQ(tagwerk_table_open_sysv(0, &table), TAGWERK_TABLE_INVALID);
  EXPECT_EQ(tagwerk_table_open_sysv(taken.key(), &table), TAGWERK_TABLE_NO_TABLE);
  ASSERT_EQ(tagwerk_table_open_sysv(instance.key(), &table), TAGWERK_TABLE_OK);
  tagwerk_table_information information{};
  tagwerk_table_get_info(table, &information);
  EXPECT_EQ(information.sysv_key, instance.key());
  tagwerk_table_writer* second = nullptr;
  EXPECT_EQ(tagwerk_table_create(taken.name().c_str(), &options, &second), TAGWERK_TABLE_TAKEN);
  options.size = 24;  // as a program compiled for ABI 1
  ASSERT_EQ(tagwerk_table_create(taken.name().c_str(), &options, &second), TAGWERK_TABLE_OK);
  tagwerk_table_close(table);
  tagwerk_table_writer_close(second);
  tagwerk_table_writer_close(writer);
}

/// Works for a millisecond, rests for a millisecond, until it is told to stop.
void work_half_of_the_time(Writer& writer, Slot tags, const std::atomic<bool>& stop) {
  constexpr Duration kBurst = std::chrono::milliseconds{1};
  for (std::int64_t n = 1; !stop;) {
    for (const auto end = base::mono_now() + kBurst; base::mono_now() < end; ++n) {
      writer.begin(at_s(1));
      for (Slot slot = 0; slot < tags; ++slot)
        (void)writer.publish(slot, Value::of(n), model::kGood, at_s(1));
      writer.commit();
    }
    std::this_thread::sleep_for(kBurst);
  }
}

TEST(TableSysv, GivesSnapshotsOfOneBatchInBothSegmentsWhileAWriterWorksHalfOfTheTime) {
  constexpr Slot kTags = 8;
  constexpr int kReads = 5'000;
  const TestInstance instance("sysv-duty");
  const auto writer = must_create_with_key(instance);
  for (Slot slot = 0; slot < kTags; ++slot)
    ASSERT_TRUE(writer->define({fmt::format("/T{}", slot), slot + 1U, slot, Type::integer, 0}));
  const Reader readers[] = {*Reader::open(instance.name()), must_open(instance)};
  const auto tags = readers[0].tags();
  std::atomic<bool> stop{false};
  std::thread writing([&] { work_half_of_the_time(*writer, kTags, stop); });
  int unsteady = 0;
  int torn = 0;
  for (int i = 0; i < kReads; ++i) {
    const auto values = readers[i % 2].read_many(tags);
    if (!values) {
      ++unsteady;
      continue;
    }
    for (const auto& each : *values)
      torn += each.value == values->front().value ? 0 : 1;
  }
  stop = true;
  writing.join();
  EXPECT_EQ(torn, 0);
  EXPECT_LE(unsteady, kReads / 100);
}

TEST(TableSysv, IsFoundAmongAllSegmentsOfTheMachineByItsInstance) {
  const TestInstance instance("sysv-listed");
  const TestInstance foreign("sysv-listed-foreign");
  const auto writer = must_create_with_key(instance);
  make_foreign(foreign.key(), 1 << 20, "not a table");
  int met = 0;
  for (const auto& table : sysv_tables()) {
    EXPECT_NE(table.key, foreign.key());
    if (table.instance != instance.name()) continue;
    EXPECT_EQ(table.key, instance.key());
    ++met;
  }
  EXPECT_EQ(met, 1);
}

}  // namespace
}  // namespace tagwerk::table
