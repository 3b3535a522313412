#include "model/plant.hpp"

#include <chrono>
#include <cstdio>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/build_for_test.hpp"
#include "model/project_file.hpp"
#include "model/project_for_test.hpp"

namespace tagwerk::model {
namespace {

using testing::ElementsAre;

Plant::TagIds number(const Project& project, TagId first = 1) {
  Plant::TagIds ids;
  for (const auto& path : tag_paths(project))
    ids[path] = first++;
  return ids;
}

std::shared_ptr<const Plant> plant_of(const Project& project, const Plant::TagIds& ids,
                                      const Plant* previous = nullptr) {
  auto plant = Plant::make(project, FieldCatalogue{}, ids, 1, previous);
  EXPECT_TRUE(plant) << plant.error().to_string();
  return *plant;
}

std::vector<std::string> paths(const std::vector<const PlantTag*>& tags) {
  std::vector<std::string> out;
  for (const auto* tag : tags)
    out.push_back(tag->definition.path);
  return out;
}

constexpr const char* kText = R"(
types:
  Pump:
    parameters: {plc: string, base: int}
    tags:
      Running: {type: bool, source: {connector: "{plc}", address: "HR:{base}"}}
      Current: {type: float, unit: A, description: "{{x}} of {plc}",
                source: {connector: "{plc}", address: "HR:{base+2}"}}
connectors: {plc1: {type: field, period: 500ms}}
objects:
  Plant/P1: {type: Pump, with: {plc: plc1, base: 100},
             override: {Current: {unit: mA, source: {period: 2s}}}}
  Plant/P2: {type: Pump, with: {plc: plc1, base: 200}}
tags:
  Level: {type: float, stale_after: 7s}
  Plant: {type: int}
)";

std::string without_plant_tag() {
  std::string text = kText;
  return text.erase(text.find("  Plant: {type: int}"));
}

TEST(Plant, ExpandsTypesWithParametersAndOverrides) {
  const auto project = project_of(without_plant_tag());
  const auto plant = plant_of(project, number(project));
  ASSERT_EQ(plant->tags().size(), 5u);
  const PlantTag& current = *plant->find("/Plant/P1/Current");
  EXPECT_EQ(current.definition.source->address, "HR:102");
  EXPECT_EQ(current.definition.unit, "mA");
  EXPECT_EQ(current.definition.description, "{x} of plc1");
  EXPECT_EQ(current.object_type, "Pump");
  EXPECT_THAT(current.overridden, ElementsAre("unit", "source.period"));
  EXPECT_EQ(current.period, std::chrono::seconds(2));
  EXPECT_EQ(current.stale_after, std::chrono::seconds(6));
  const PlantTag& running = *plant->find("/Plant/P2/Running");
  EXPECT_EQ(running.definition.source->address, "HR:200");
  EXPECT_EQ(running.period, std::chrono::milliseconds(500));
  EXPECT_TRUE(running.overridden.empty());
  const PlantTag& level = *plant->find("/Level");
  EXPECT_EQ(level.period.count(), 0);
  EXPECT_EQ(level.stale_after, std::chrono::seconds(7));
}

TEST(Plant, KnowsObjectsThatOnlyFollowFromPaths) {
  const auto project = project_of("tags: {A/B/C: {type: int}, A-1: {type: int}}");
  const auto plant = plant_of(project, number(project));
  ASSERT_EQ(plant->objects().size(), 2u);
  EXPECT_EQ(plant->objects()[0].path, "/A");
  EXPECT_EQ(plant->object("/A/B")->path, "/A/B");
  EXPECT_EQ(plant->object("/A/C"), nullptr);
  EXPECT_EQ(plant->connector("x"), nullptr);
}

TEST(Plant, ResolvesPathsAndNames) {
  const auto project = project_of(without_plant_tag());
  const auto plant = plant_of(project, number(project));
  EXPECT_EQ((*plant->resolve("Level"))->definition.path, "/Level");
  EXPECT_EQ((*plant->resolve("Plant/P1/Running"))->definition.path, "/Plant/P1/Running");
  const auto several = plant->resolve("Running");
  ASSERT_FALSE(several);
  EXPECT_EQ(several.error().code, ErrorCode::conflict);
  EXPECT_NE(several.error().message.find("/Plant/P1/Running, /Plant/P2/Running"),
            std::string::npos);
  EXPECT_EQ(plant->resolve("Nothing").error().code, ErrorCode::not_found);
}

TEST(Plant, MatchesPatternsInPathOrder) {
  const auto project = project_of(
      "tags: {A: {type: int}, A-1/X: {type: int}, B/X: {type: int}, B/Y/X: {type: int}}");
  const auto plant = plant_of(project, number(project));
  const auto match = [&](const char* text) {
    return paths(plant->match(*PathPattern::parse(text)));
  };
  EXPECT_THAT(match("/**"), ElementsAre("/A", "/A-1/X", "/B/X", "/B/Y/X"));
  EXPECT_THAT(match("/A/**"), ElementsAre("/A"));
  EXPECT_THAT(match("/*/X"), ElementsAre("/A-1/X", "/B/X"));
  EXPECT_THAT(match("/B/**"), ElementsAre("/B/X", "/B/Y/X"));
  EXPECT_THAT(match("/B/X"), ElementsAre("/B/X"));
  EXPECT_THAT(match("/C/*"), ElementsAre());
}

TEST(Plant, KeepsSlotsByIdAndFillsFreeOnesInTheRevisionAfter) {
  const auto before = project_of("tags: {A: {type: int}, B: {type: int}, C: {type: int}}");
  const auto first = plant_of(before, {{"/A", 1}, {"/B", 2}, {"/C", 3}});
  EXPECT_EQ(first->slot_count(), 3u);
  const auto after = project_of(
      "tags: {A: {type: int}, C: {type: int}, D: {type: int}, "
      "E: {type: int}}");
  const auto second = plant_of(after, {{"/A", 1}, {"/C", 3}, {"/D", 4}, {"/E", 5}}, first.get());
  EXPECT_EQ(second->find("/A")->slot, first->find("/A")->slot);
  EXPECT_EQ(second->find("/C")->slot, first->find("/C")->slot);
  const Slot freed = first->find("/B")->slot;
  EXPECT_EQ(second->by_slot(freed), nullptr) << "a sample for /B may still be on its way";
  EXPECT_EQ(second->find("/D")->slot, 3u);
  EXPECT_EQ(second->find("/E")->slot, 4u);
  EXPECT_EQ(second->by_slot(4)->definition.path, "/E");
  EXPECT_EQ(second->by_id(4)->definition.path, "/D");
  EXPECT_EQ(second->by_id(2), nullptr);
  const auto more = project_of("tags: {A: {type: int}, F: {type: int}}");
  const auto third = plant_of(more, {{"/A", 1}, {"/F", 6}}, second.get());
  EXPECT_EQ(third->find("/F")->slot, freed);
  EXPECT_EQ(third->slot_count(), 2u);
  EXPECT_EQ(third->by_slot(2), nullptr);
}

TEST(Plant, GivesAFreedSlotAwayAtOnceRatherThanOutgrowTheTable) {
  const auto many = [](const char* area, TagId first) {
    std::pair<Project, Plant::TagIds> out;
    for (TagId i = 0; i < Plant::kRoomySlots / 2 + 10; ++i) {
      const auto path = fmt::format("/{}/{}", area, i);
      out.first.tags[path].path = path;
      out.second[path] = first + i;
    }
    return out;
  };
  const auto before = many("A", 1);
  const auto after = many("B", 1'000'000);
  const auto first = plant_of(before.first, before.second);
  const auto second = plant_of(after.first, after.second, first.get());
  EXPECT_LE(second->slot_count(), Plant::kRoomySlots);
  std::vector<bool> seen(second->slot_count());
  for (const PlantTag& tag : second->tags()) {
    EXPECT_FALSE(seen[tag.slot]);
    seen[tag.slot] = true;
  }
}

TEST(Plant, KnowsTheObjectAndTheTypeOfATagAndWhichObjectsAreDeclared) {
  const auto project = project_of(
      "types: {T: {tags: {Sub/X: {type: int}}}}\n"
      "objects: {P: {type: T}, P/Sub: {type: T}, Q/R: {}}\n"
      "tags: {Own: {type: int}}\n");
  const auto plant = plant_of(project, number(project));
  EXPECT_EQ(plant->find("/P/Sub/X")->object(), "/P");
  EXPECT_EQ(plant->find("/P/Sub/Sub/X")->object(), "/P/Sub");
  EXPECT_EQ(plant->find("/Own")->object(), "");
  ASSERT_NE(plant->type("T"), nullptr);
  EXPECT_EQ(plant->type("T")->tags.size(), 1u);
  EXPECT_EQ(plant->type("U"), nullptr);
  EXPECT_TRUE(plant->is_declared(*plant->object("/Q/R")));
  EXPECT_FALSE(plant->is_declared(*plant->object("/Q")));
}

TEST(Plant, RefusesMissingIdsAndFaults) {
  const auto project = project_of("tags: {A: {type: int}}");
  EXPECT_FALSE(Plant::make(project, FieldCatalogue{}, {}, 1, nullptr));
  auto broken = project;
  TagDefinition tag;
  tag.path = "/B";
  tag.source.emplace().connector = "x";
  broken.tags["/B"] = tag;
  const auto plant = Plant::make(broken, FieldCatalogue{}, number(broken), 1, nullptr);
  ASSERT_FALSE(plant);
  EXPECT_NE(plant.error().message.find("unknown connector 'x'"), std::string::npos);
}

/// Not a limit that fails a build: prints what a large plant costs on this machine.
TEST(Plant, TakesAHundredThousandTags) {
  const int objects = base::many(1000, 50);
  const int count = 100 * objects;
  std::string flat = "connectors: {plc1: {type: field}}\ntags:\n";
  std::string typed =
      "connectors: {plc1: {type: field}}\ntypes:\n  T:\n    parameters: {base: int}\n    tags:\n";
  for (int i = 0; i < count; ++i)
    flat += fmt::format(
        "  Plant/Area{}/Tag{}: {{type: float, unit: bar, range: [0, 10], source: "
        "{{connector: plc1, address: \"HR:{}\", dtype: float32}}}}\n",
        i / 1000, i, i);
  for (int i = 0; i < 100; ++i)
    typed += fmt::format(
        "      Tag{}: {{type: float, unit: bar, range: [0, 10], source: {{connector: "
        "plc1, address: \"HR:{{base+{}}}\", dtype: float32}}}}\n",
        i, i);
  typed += "objects:\n";
  for (int i = 0; i < objects; ++i)
    typed += fmt::format("  Plant/Area{}: {{type: T, with: {{base: {}}}}}\n", i, i * 100);
  for (const std::string* text : {&flat, &typed}) {
    const auto t0 = std::chrono::steady_clock::now();
    const auto project = project_of(*text);
    const auto ids = number(project);
    const auto t1 = std::chrono::steady_clock::now();
    const auto first = plant_of(project, ids);
    const auto t2 = std::chrono::steady_clock::now();
    const auto second = plant_of(project, ids, first.get());
    EXPECT_EQ(std::ssize(second->tags()), count);
    EXPECT_EQ(second->slot_count(), static_cast<unsigned>(count));
    using Ms = std::chrono::duration<double, std::milli>;
    std::printf("%.1f MB of YAML: check %.0f ms, Plant::make %.0f ms\n",
                static_cast<double>(text->size()) / 1e6, Ms(t1 - t0).count(), Ms(t2 - t1).count());
  }
}

}  // namespace
}  // namespace tagwerk::model
