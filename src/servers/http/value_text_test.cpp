#include "servers/http/value_text.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "model/catalogue_for_test.hpp"

namespace tagwerk::servers::http {
namespace {

using namespace std::chrono_literals;

RC_GTEST_PROP(TimeText, WritesWhatTheSlowWayWrites, ()) {
  TimeText text;
  UtcTime time{
      std::chrono::seconds(*rc::gen::inRange<std::int64_t>(-2'000'000'000, 4'000'000'000))};
  for (int i = 0; i < 20; ++i) {
    time += Duration(*rc::gen::inRange<std::int64_t>(-700'000'000, 700'000'000));
    std::string out;
    text.append(out, time);
    RC_ASSERT(out == "\"" + base::to_rfc3339(time) + "\"");
  }
}

TEST(TimeText, IsNullForNever) {
  std::string out;
  TimeText().append(out, kNever);
  EXPECT_EQ(out, "null");
}

std::shared_ptr<const model::Plant> make_plant(std::uint64_t revision, const std::string& unit) {
  model::Project project;
  project.tags["/A\"B"] = {.path = "/A\"B", .type = model::Type::floating, .unit = unit};
  project.tags["/C"] = {.path = "/C", .type = model::Type::floating};
  return *model::Plant::make(project, model::FieldCatalogue(), {{"/A\"B", 1}, {"/C", 2}}, revision,
                             nullptr);
}

std::string text_of(ItemTexts& texts, const std::shared_ptr<const model::Plant>& plant,
                    const access::CurrentValue& current,
                    ItemTexts::Form form = ItemTexts::Form::whole) {
  std::string out;
  texts.append(out, plant, plant->tags().front(), current, form);
  return out;
}

const access::CurrentValue kSome{Value::of(1.5), model::kGood, UtcTime{1s}, UtcTime{2s}};

TEST(ItemTexts, WritesAnItemWithAndWithoutUnit) {
  ItemTexts texts;
  const auto plant = make_plant(1, "m³");
  EXPECT_EQ(text_of(texts, plant, kSome),
            R"({"path":"/A\"B","value":1.5,"quality":0,"status":"Good",)"
            R"("time":"1970-01-01T00:00:01.000000Z","server_time":"1970-01-01T00:00:02.000000Z",)"
            R"("unit":"m³"})");
  EXPECT_EQ(text_of(texts, plant, kSome, ItemTexts::Form::without_unit),
            R"({"path":"/A\"B","value":1.5,"quality":0,"status":"Good",)"
            R"("time":"1970-01-01T00:00:01.000000Z","server_time":"1970-01-01T00:00:02.000000Z"})");
}

TEST(ItemTexts, NoticesEveryKindOfChange) {
  ItemTexts texts;
  const auto plant = make_plant(1, "m");
  std::vector<access::CurrentValue> all(6, kSome);
  all[1].value = Value::of(2.5);
  all[2].quality = model::kBadNoCommunication;
  all[3].time = kNever;
  all[4].server_time = UtcTime{3s};
  all[5].value = Value::of(std::numeric_limits<double>::quiet_NaN());
  std::set<std::string> seen;
  for (const auto& current : all) {
    ItemTexts fresh;
    const std::string expected = text_of(fresh, plant, current);
    EXPECT_EQ(text_of(texts, plant, current), expected);
    seen.insert(expected);
  }
  EXPECT_EQ(seen.size(), all.size());
}

TEST(ItemTexts, FollowsANewPlantAndStillServesTheOld) {
  ItemTexts texts;
  const auto old_plant = make_plant(1, "old");
  const auto new_plant = make_plant(2, "new");
  EXPECT_NE(text_of(texts, old_plant, kSome).find("\"old\""), std::string::npos);
  EXPECT_NE(text_of(texts, new_plant, kSome).find("\"new\""), std::string::npos);
  EXPECT_NE(text_of(texts, old_plant, kSome).find("\"old\""), std::string::npos);
  EXPECT_NE(text_of(texts, new_plant, kSome).find("\"new\""), std::string::npos);
}

}  // namespace
}  // namespace tagwerk::servers::http
