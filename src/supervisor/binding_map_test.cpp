#include "supervisor/binding_map.hpp"

#include <cstdlib>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "link/configuration.hpp"
#include "supervisor/server_for_test.hpp"

namespace tagwerk::supervisor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

BindingMap map_of(const std::shared_ptr<const model::Plant>& plant) {
  return *BindingMap::make(*plant, *plant->connector("plc1"));
}

link::Configuration configuration_of(const BindingMap& map) {
  return *link::decode_configuration(*map.frames());
}

TEST(BindingMap, TheSameContentHasTheSameRevisionInAnotherPlant) {
  const auto first = plant_of(project_of({tag_of("/A", "HR:1"), tag_of("/B", "HR:2")}));
  // Other slots and ids, and a tag of nobody: nothing the connector would see.
  model::Project project = project_of({tag_of("/A", "HR:1"), tag_of("/B", "HR:2")});
  project.tags["/0"] = {.path = "/0"};
  const auto second = plant_of(project, nullptr, 1);
  EXPECT_EQ(map_of(first).revision(), map_of(second).revision());
  EXPECT_EQ(configuration_of(map_of(first)).revision, map_of(first).revision());
  EXPECT_NE(map_of(first).revision(), 0u);
}

TEST(BindingMap, WhateverTheConnectorSeesChangesTheRevision) {
  const model::Project base = project_of({tag_of("/A", "HR:1")});
  const auto revision = map_of(plant_of(base)).revision();
  const auto changed = [&](auto change) {
    model::Project other = base;
    change(other);
    return map_of(plant_of(other)).revision();
  };
  const auto source = [](model::Project& project) -> model::SourceDefinition& {
    return *project.tags["/A"].source;
  };
  EXPECT_NE(revision, changed([&](auto& p) { source(p).address = "HR:2"; }));
  EXPECT_NE(revision, changed([&](auto& p) { source(p).device = "b"; }));
  EXPECT_NE(revision, changed([&](auto& p) { source(p).dtype = "int16"; }));
  EXPECT_NE(revision, changed([&](auto& p) { source(p).deadband = 1; }));
  EXPECT_NE(revision, changed([&](auto& p) { source(p).read_back = true; }));
  EXPECT_NE(revision, changed([&](auto& p) { source(p).period = std::chrono::seconds(2); }));
  EXPECT_NE(revision, changed([&](auto& p) { p.tags["/A"].write = ""; }));
  EXPECT_NE(revision, changed([&](auto& p) { p.tags["/B"] = tag_of("/B", "HR:2"); }));
  EXPECT_NE(revision, changed([&](auto& p) {
              p.connectors["plc1"].settings = model::Node::mapping();
              p.connectors["plc1"].settings.set("host", model::Node::text_of("h"));
            }));
  EXPECT_EQ(revision, changed([&](auto& p) { source(p).scale = 2; })) << "the engine scales";
}

TEST(BindingMap, HandlesGoByDevicePeriodAndAddress) {
  auto slow = tag_of("/slow", "HR:1");
  slow.source->period = std::chrono::seconds(9);
  auto other = tag_of("/other", "HR:0");
  other.source->device = "another";
  const auto plant = plant_of(project_of(
      {tag_of("/x", "HR:10"), tag_of("/y", "HR:9"), slow, other, tag_of("/z", "CO:100")}));
  const BindingMap map = map_of(plant);
  std::vector<std::string> paths;
  for (const link::Binding& binding : configuration_of(map).bindings) {
    EXPECT_EQ(map.path_of(binding.handle), binding.path);
    EXPECT_EQ(map.slots()[binding.handle], plant->find(binding.path)->slot);
    EXPECT_EQ(map.tags()[binding.handle], plant->find(binding.path)->id);
    paths.push_back(binding.path);
  }
  EXPECT_THAT(paths, ElementsAre("/other", "/z", "/y", "/x", "/slow"));
}

TEST(BindingMap, FollowsItsTagsToOtherSlotsAndDropsThoseThatAreGone) {
  const auto first = plant_of(project_of({tag_of("/A", "1"), tag_of("/B", "2")}));
  BindingMap map = map_of(first);
  const auto revision = map.revision();
  const auto second = plant_of(project_of({tag_of("/B", "2")}), nullptr);
  map.follow(*second);
  EXPECT_THAT(map.slots(), ElementsAre(kNoSlot, second->find("/B")->slot));
  EXPECT_EQ(map.revision(), revision);
  const auto anew = plant_of(project_of({tag_of("/A", "1"), tag_of("/B", "2")}), nullptr, 1);
  map.follow(*anew);
  EXPECT_THAT(map.slots(), ElementsAre(kNoSlot, kNoSlot)) << "the same paths, but other tags";
}

TEST(BindingMap, ATagThatRestsInsideItsDeadbandIsRefreshedBeforeItLooksStale) {
  auto tag = tag_of("/A", "1");
  tag.source->deadband = 2;
  tag.source->scale = -0.5;
  tag.stale_after = std::chrono::seconds(3);
  const auto binding = configuration_of(map_of(plant_of(project_of({tag})))).bindings[0];
  EXPECT_EQ(binding.deadband, 4) << "raw units";
  EXPECT_GT(binding.refresh, Duration::zero());
  EXPECT_LT(binding.refresh, std::chrono::seconds(3));
}

TEST(BindingMap, ManyBindingsGoOutInSeveralFrames) {
  std::vector<model::TagDefinition> tags;
  for (int i = 0; i < 20'000; ++i)
    tags.push_back(tag_of("/T" + std::to_string(i), "HR:" + std::to_string(i)));
  const BindingMap map = map_of(plant_of(project_of(tags)));
  EXPECT_GT(map.frames()->size(), link::kMaxFrame);
  EXPECT_EQ(configuration_of(map).bindings.size(), 20'000u);
}

RC_GTEST_PROP(NaturalKey, GoesByTheNumbers, (std::uint32_t a, std::uint32_t b, bool x, bool y)) {
  const auto text = [](std::uint32_t number, bool second) {
    return "HR:" + std::to_string(number) + (second ? ".10" : ".9");
  };
  RC_ASSERT((natural_key(text(a, x)) < natural_key(text(b, y))) ==
            (std::pair(a, x) < std::pair(b, y)));
}

TEST(NaturalKey, ComparesTextBeforeNumbersAndTakesNoNoticeOfLeadingZeros) {
  const std::string sorted[] = {"", "0", "A", "A1", "A1:", "A1:2", "A2", "B", "1", "9", "10"};
  for (std::size_t i = 1; i < std::size(sorted); ++i)
    EXPECT_LE(natural_key(sorted[i - 1]), natural_key(sorted[i])) << sorted[i];
  EXPECT_EQ(natural_key("HR:007"), natural_key("HR:7"));
  EXPECT_NE(natural_key("HR:70"), natural_key("HR:7"));
  EXPECT_LT(natural_key(std::string(300, '9')), natural_key(std::string(400, '9') + "a"));
}

model::Node setting(const std::string& text) {
  model::Node devices = model::Node::mapping(), device = model::Node::mapping(),
              list = model::Node::sequence();
  list.items.push_back(model::Node::scalar(text));
  device.set("password", model::Node::scalar(text));
  device.set("list", std::move(list));
  devices.set("plc", std::move(device));
  return devices;
}

std::string password_of(const model::Node& settings) {
  return settings.find("plc")->find("password")->text;
}

TEST(Secrets, AreReadFromEnvironmentAndFilesAtEveryDepth) {
  const TestDirectory directory;
  ::setenv("TAGWERK_TEST_SECRET", "s3cret", 1);
  std::ofstream(directory / "secret") << "from a file\r\n\n";
  const auto variable = with_secrets(setting("${TAGWERK_TEST_SECRET}"));
  ASSERT_TRUE(variable);
  EXPECT_EQ(password_of(*variable), "s3cret");
  EXPECT_EQ(variable->find("plc")->find("list")->items[0].text, "s3cret");
  EXPECT_EQ(password_of(*with_secrets(setting("file:" + (directory / "secret")))), "from a file");
  EXPECT_EQ(password_of(*with_secrets(setting("x${TAGWERK_TEST_SECRET}"))),
            "x${TAGWERK_TEST_SECRET}");
  EXPECT_EQ(password_of(*with_secrets(setting("${"))), "${");
}

TEST(Secrets, WhatIsMissingIsNamed) {
  const TestDirectory directory;
  const auto variable = with_secrets(setting("${TAGWERK_NO_SUCH}"));
  ASSERT_FALSE(variable);
  EXPECT_EQ(variable.error().code, ErrorCode::not_found);
  EXPECT_THAT(variable.error().message, HasSubstr("'TAGWERK_NO_SUCH'"));
  for (const std::string& path :
       {directory / "missing", directory.path(), std::string("/dev/zero")}) {
    const auto file = with_secrets(setting("file:" + path));
    ASSERT_FALSE(file) << path;
    EXPECT_THAT(file.error().message, HasSubstr("'" + path + "'"));
  }
  std::ofstream(directory / "large") << std::string(100'000, 'x');
  const auto large = with_secrets(setting("file:" + (directory / "large")));
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code, ErrorCode::limit_exceeded);

  model::Project project = project_of({tag_of("/A", "1")});
  project.connectors["plc1"].settings = setting("${TAGWERK_NO_SUCH}");
  const auto plant = plant_of(project);
  EXPECT_FALSE(BindingMap::make(*plant, *plant->connector("plc1")));
}

}  // namespace
}  // namespace tagwerk::supervisor
