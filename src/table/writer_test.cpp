#include "table/writer.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <rapidcheck/gtest.h>

#include "table/testing.hpp"

namespace tagwerk::table {
namespace {

using model::Type;
using testing::at_s;
using testing::kSmall;
using testing::TestInstance;

constexpr Quality kBadNodeIdUnknown{0x80340000};

std::unique_ptr<Writer> must_create(const TestInstance& instance,
                                    const WriterOptions& options = kSmall) {
  auto writer = Writer::create(instance.name(), options);
  if (!writer) throw std::runtime_error(writer.error().message);
  return std::move(*writer);
}

TEST(TableWriter, ShowsReadersEveryTypeOfValueWithQualityAndTimes) {
  const TestInstance instance("types");
  const auto writer = must_create(instance);
  const auto reader = Reader::open(instance.name());
  ASSERT_TRUE(reader) << reader.error().message;
  const Value values[] = {Value(),
                          Value::of(true),
                          Value::of(std::int64_t{-5}),
                          Value::of(2.5),
                          Value::string("Grüße"),
                          Value::string(""),
                          Value::json("{\"a\":1}"),
                          Value::array(std::vector<bool>{true, false, true}),
                          Value::array(std::vector<std::int64_t>{1, -2, 3}),
                          Value::array(std::vector<double>{}),
                          Value::array(std::vector<double>{0.5, -0.0}),
                          Value::array(std::vector<std::string>{"a", "", "ccc"})};
  for (const auto& value : values) {
    const auto slot = writer->define({.path = "/Tag", .type = value.type(), .area_bytes = 100});
    ASSERT_TRUE(slot);
    ASSERT_TRUE(writer->publish(*slot, value, model::kGoodLocalOverride, at_s(5), at_s(6)));
    const auto seen = reader->read(*slot);
    EXPECT_EQ(seen.value, value) << value.to_json();
    EXPECT_EQ(seen.quality, model::kGoodLocalOverride);
    EXPECT_EQ(seen.source_time, at_s(5));
    EXPECT_EQ(seen.server_time, at_s(6));
  }
}

TEST(TableWriter, StartsATagAsWaitingForInitialData) {
  const TestInstance instance("initial");
  const auto writer = must_create(instance);
  const auto slot = writer->define({.path = "/A", .type = Type::floating});
  const auto seen = writer->reader().read(*slot);
  EXPECT_TRUE(seen.value.is_null());
  EXPECT_EQ(seen.quality, model::kBadWaitingForInitialData);
  EXPECT_EQ(seen.source_time, kNever);
}

TEST(TableWriter, AppliesABatchUnderOneNumber) {
  const TestInstance instance("batch");
  const auto writer = must_create(instance);
  const auto reader = writer->reader();
  const auto a = *writer->define({.path = "/A", .type = Type::integer});
  const auto b = *writer->define({.path = "/B", .type = Type::string, .area_bytes = 8});
  const auto before = reader.committed();
  const Sample samples[] = {{Value::of(std::int64_t{7}), at_s(1), model::kGood, a},
                            {Value::string("too long for it"), at_s(1), model::kGood, b},
                            {Value::of(1.0), at_s(1), model::kGood, 50}};
  writer->apply(samples, at_s(2));
  EXPECT_EQ(reader.committed(), before + 1);
  EXPECT_EQ(reader.read(a).value, Value::of(std::int64_t{7}));
  EXPECT_EQ(reader.read(a).server_time, at_s(2));
  EXPECT_TRUE(reader.read(b).value.is_null());
  EXPECT_EQ(reader.read(b).quality.code, 0x80080000U);
  EXPECT_EQ(writer->too_large(), 1U);
  EXPECT_EQ(writer->without_tag(), 1U);
}

TEST(TableWriter, KeepsTheOldValueWhenANewOneIsTooLargeAndSaysTheSizes) {
  const TestInstance instance("toolarge");
  const auto writer = must_create(instance);
  const auto slot = *writer->define({.path = "/S", .type = Type::string, .area_bytes = 4});
  ASSERT_TRUE(writer->publish(slot, Value::string("1234"), model::kGood, at_s(1)));
  const auto refused = writer->publish(slot, Value::string("12345"), model::kGood, at_s(2));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("5 bytes"), std::string::npos) << refused.error().message;
  EXPECT_EQ(writer->reader().read(slot).value, Value::string("1234"));
  ASSERT_TRUE(writer->define({.path = "/S", .type = Type::string, .area_bytes = 5}));
  EXPECT_EQ(writer->reader().read(slot).value, Value::string("1234")) << "growing keeps the value";
  EXPECT_TRUE(writer->publish(slot, Value::string("12345"), model::kGood, at_s(2)));
}

TEST(TableWriter, RenamesAndMovesATagWithItsValue) {
  const TestInstance instance("rename");
  const auto writer = must_create(instance);
  const auto reader = writer->reader();
  ASSERT_EQ(writer->define({.path = "/Old", .id = 9, .slot = 3, .type = Type::string}), Slot{3});
  ASSERT_TRUE(writer->publish(3, Value::string("kept"), model::kGood, at_s(1)));
  ASSERT_EQ(writer->define({.path = "/New", .id = 9, .type = Type::string}), Slot{3});
  EXPECT_FALSE(reader.find("/Old"));
  EXPECT_EQ(reader.find("/New")->id, 9U);
  ASSERT_EQ(writer->define({.path = "/New", .id = 9, .slot = 5, .type = Type::string}), Slot{5});
  EXPECT_EQ(reader.find("/New")->slot, 5U);
  EXPECT_EQ(reader.read(5).value, Value::string("kept"));
  EXPECT_EQ(reader.read(3).quality, kBadNodeIdUnknown);
}

TEST(TableWriter, RefusesPathsAndSlotsOfOtherTags) {
  const TestInstance instance("taken");
  const auto writer = must_create(instance);
  ASSERT_TRUE(writer->define({.path = "/A", .id = 1, .slot = 0}));
  EXPECT_EQ(writer->define({.path = "/A", .id = 2}).error().code, ErrorCode::already_exists);
  EXPECT_EQ(writer->define({.path = "/B", .id = 2, .slot = 0}).error().code,
            ErrorCode::already_exists);
  EXPECT_EQ(writer->define({.path = "B", .id = 2}).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(writer->define({.path = "/B", .id = 2, .slot = 64}).error().code,
            ErrorCode::limit_exceeded);
  EXPECT_EQ(writer->undefine(1).error().code, ErrorCode::not_found);
  EXPECT_EQ(writer->tags().size(), 1U);
}

TEST(TableWriter, SaysWhenSlotsOrAreaAreUsedUp) {
  const TestInstance instance("full");
  const auto writer = must_create(instance, {.slot_capacity = 2, .area_bytes = 4096});
  ASSERT_TRUE(writer->define({.path = "/A"}));
  const auto too_much = writer->define({.path = "/B", .type = Type::string, .area_bytes = 4096});
  ASSERT_FALSE(too_much);
  EXPECT_EQ(too_much.error().code, ErrorCode::limit_exceeded);
  ASSERT_TRUE(writer->define({.path = "/B"}));
  EXPECT_EQ(writer->define({.path = "/C"}).error().code, ErrorCode::limit_exceeded);
}

TEST(TableWriter, DefinesExactlyTheTagsOfAListAndKeepsTheirValues) {
  const TestInstance instance("exactly");
  const auto writer = must_create(instance);
  const TagSpec first[] = {{"/A", 1, 0, Type::integer, 0},
                           {"/B", 2, 1, Type::string, 20},
                           {"/C", 3, 2, Type::integer, 0},
                           {"/D", 4, 3, Type::integer, 0}};
  ASSERT_TRUE(writer->define_all(first));
  ASSERT_TRUE(writer->publish(0, Value::of(std::int64_t{10}), model::kGood, at_s(1)));
  ASSERT_TRUE(writer->publish(1, Value::string("b"), model::kGood, at_s(1)));
  ASSERT_TRUE(writer->publish(2, Value::of(std::int64_t{30}), model::kGood, at_s(1)));
  // A and C swap their paths, B moves into the slot of D, which goes.
  const TagSpec second[] = {{"/C", 1, 0, Type::integer, 0},
                            {"/B", 2, 3, Type::string, 20},
                            {"/A", 3, 2, Type::integer, 0}};
  ASSERT_TRUE(writer->define_all(second));
  const auto reader = writer->reader();
  EXPECT_EQ(reader.read(reader.find("/C")->slot).value, Value::of(std::int64_t{10}));
  EXPECT_EQ(reader.read(reader.find("/A")->slot).value, Value::of(std::int64_t{30}));
  EXPECT_EQ(reader.read(3).value, Value::string("b"));
  EXPECT_FALSE(reader.find("/D"));
  EXPECT_EQ(reader.tags().size(), 3U);
}

RC_GTEST_PROP(TableWriter, KeepsADirectoryLikeAPlainMap, ()) {
  const TestInstance instance("map");
  const auto writer = must_create(instance, {.slot_capacity = 12, .area_bytes = 4096});
  const auto reader = writer->reader();
  std::map<std::string, std::uint64_t> expected;
  for (const auto step : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 60))) {
    const auto path = "/Tag" + std::to_string(step % 20);
    const auto found = reader.find(path);
    RC_ASSERT(found.has_value() == expected.contains(path));
    if (step < 30 && !found) {
      if (const auto slot = writer->define({.path = path}))
        expected[path] = writer->reader().find(path)->id;
    } else if (step < 45 && found) {
      RC_ASSERT(writer->undefine(found->slot).has_value());
      expected.erase(path);
    } else if (found) {
      const auto other = path + "x";
      if (!expected.contains(other) && writer->define({.path = other, .id = found->id})) {
        expected[other] = found->id;
        expected.erase(path);
      }
    }
    for (const auto& [name, id] : expected) {
      const auto tag = reader.find(name);
      RC_ASSERT(tag && tag->id == id);
    }
    RC_ASSERT(reader.tags().size() == expected.size());
    RC_ASSERT(reader.information().tag_count == expected.size());
  }
}

}  // namespace
}  // namespace tagwerk::table
