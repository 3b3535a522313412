#include "model/project_edit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/project_for_test.hpp"

namespace tagwerk::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kPlant = R"(
types:
  Pump:
    parameters: {plc: string, base: int}
    tags:
      Running: {type: bool, source: {connector: "{plc}", address: "HR:{base}"}}
      Current: {type: float, unit: A, source: {connector: "{plc}", address: "HR:{base+2}", scale: 0.1}}
      Mode: {type: int, states: {0: "Off", 1: Auto}, write: operator}
connectors:
  plc1: {type: field}
  plc2: {type: field}
objects:
  Plant: {description: All of it}
  Plant/P1: {type: Pump, with: {plc: plc1, base: 100}, override: {Current: {unit: mA}}}
  Plant/P1/Valve: {}
tags:
  Plant/Level: {type: float, unit: m, range: [0, 4], source: {connector: plc1, address: "HR:1"}}
  Plant/P1/Note: {type: string, write: operator, size: 1000}
  Plant-2/Level: {type: float}
  Root: {type: int}
)";

Node body(std::string_view yaml) {
  auto node = parse_yaml(yaml, "");
  EXPECT_TRUE(node) << node.error().to_string();
  return *node;
}

class Edit : public testing::Test {
 protected:
  EditCheck check(const ProjectEdit& edit) { return check_edit(edit, base, FieldCatalogue{}); }
  /// Of an edit that is expected to have none.
  EditCheck good(const ProjectEdit& edit) {
    EditCheck out = check(edit);
    for (const ProjectFault& fault : out.faults)
      ADD_FAILURE() << fault.error.message;
    return out;
  }
  EditCheck good(const Result<ProjectEdit>& edit) {
    EXPECT_TRUE(edit) << edit.error().message;
    return edit ? good(*edit) : EditCheck{};
  }
  /// "kind name key: message" of each.
  static std::vector<std::string> texts(const std::vector<ProjectFault>& faults) {
    std::vector<std::string> out;
    for (const ProjectFault& fault : faults)
      out.push_back(
          fmt::format("{} {} {}: {}", fault.kind, fault.name, fault.key, fault.error.to_string()));
    return out;
  }
  /// "what kind name detail" of each.
  static std::vector<std::string> texts(const std::vector<ProjectChange>& changes) {
    std::vector<std::string> out;
    for (const ProjectChange& change : changes) {
      using What = ProjectChange::What;
      const char* what = change.what == What::added     ? "+"
                         : change.what == What::changed ? "~"
                                                        : "-";
      out.push_back(fmt::format("{} {} {}{}", what, change.kind, change.name,
                                change.detail.empty() ? "" : " (" + change.detail + ")"));
    }
    return out;
  }
  /// The tags of a project, those of types included.
  static std::map<std::string, TagDefinition> tags_of(const Project& project) {
    Plant::TagIds ids;
    TagId next = 1;
    for (const auto& path : tag_paths(project))
      ids[path] = next++;
    std::map<std::string, TagDefinition> out;
    const auto plant = Plant::make(project, FieldCatalogue{}, ids, 1, nullptr);
    EXPECT_TRUE(plant) << plant.error().message;
    for (const PlantTag& tag : (*plant)->tags())
      out[tag.definition.path] = tag.definition;
    return out;
  }

  const Project base = project_of(kPlant);
};

TEST_F(Edit, SetsDefinitionsOfEveryKindAndKeepsTheRest) {
  const auto result = good({.set = {{"tag", "Plant/Level", body("{type: float, unit: cm}")},
                                    {"tag", "/Plant/New", body("{type: bool}")},
                                    {"connector", "plc3", body("{type: field, host: h}")},
                                    {"type", "Valve", body("{tags: {Open: {type: bool}}}")},
                                    {"object", "Plant/V1", body("{type: Valve}")}}});
  EXPECT_THAT(texts(result.changes), ElementsAre("+ connector plc3", "+ object /Plant/V1",
                                                 "~ tag /Plant/Level (unit, range, source)",
                                                 "+ tag /Plant/New", "+ type Valve"));
  EXPECT_THAT(result.moves, IsEmpty());
  EXPECT_EQ(result.project.tags.at("/Plant/Level").unit, "cm");
  EXPECT_EQ(result.project.objects.at("/Plant/P1"), base.objects.at("/Plant/P1"));
}

TEST_F(Edit, ChangesNothingWhenWhatIsSetIsThereAlready) {
  const auto result =
      good({.set = {{"tag", "/Plant/Level", encode(base.tags.at("/Plant/Level"))}}});
  EXPECT_THAT(result.changes, IsEmpty());
  EXPECT_EQ(result.project, base);
}

TEST_F(Edit, FindsEveryFaultWithItsKindNameAndKey) {
  const auto result =
      check({.set = {{"tag", "/A",
                      body("{type: floot, uint: m, source: {connector: plc9, "
                           "address: 'HR:0', scale: x}}")},
                     {"tag", "/B", body("{type: float, range: [4, 0]}")},
                     {"tag", "/C", body("{type: int, source: {connector: plc9, address: 'HR:0'}}")},
                     {"tag", "C/", body("{}")},
                     {"connector", "plc3", body("{type: field, hsot: h}")},
                     {"type", "V", body("{tags: {Open: {type: bool, unti: m}}}")},
                     {"object", "/O", body("{type: Pump, with: {plc: plc1}}")}},
             .remove = {{"tag", "/Nothing"}, {"tag", "/Plant/P1/Mode"}, {"connector", "plc7"}}});
  EXPECT_THAT(texts(result.faults),
              testing::UnorderedElementsAre(
                  "tag /A type: tag '/A': unknown type 'floot'; did you mean 'float'?",
                  HasSubstr("tag /A uint: tag '/A': unknown key 'uint'; did you mean 'unit'?"),
                  HasSubstr("tag /A source.scale: "), HasSubstr("tag /B range: "),
                  HasSubstr("tag /A source.connector: tag '/A': unknown connector 'plc9'"),
                  HasSubstr("tag /C source.connector: tag '/C': unknown connector 'plc9'"),
                  HasSubstr("tag C/ : path 'C/' is not valid"),
                  "connector plc3 hsot: unknown key 'hsot'", HasSubstr("type V tags.Open.unti: "),
                  HasSubstr("object /O with: object '/O' of type 'Pump': parameter 'base'"),
                  "tag /Nothing : there is no tag '/Nothing' to remove",
                  HasSubstr("tag /Plant/P1/Mode : tag '/Plant/P1/Mode' comes from type 'Pump'"),
                  "connector plc7 : there is no connector 'plc7' to remove"));
}

TEST_F(Edit, RefusesToTakeAwayWhatIsInUse) {
  const auto result = check({.remove = {{"connector", "plc1"}, {"type", "Pump"}}});
  EXPECT_THAT(texts(result.faults),
              testing::UnorderedElementsAre(
                  HasSubstr("object /Plant/P1 type: object '/Plant/P1': unknown type 'Pump'"),
                  HasSubstr("tag /Plant/Level source.connector: tag '/Plant/Level': unknown "
                            "connector 'plc1'")));
}

TEST_F(Edit, WarnsOfWhatHasNoEffect) {
  const auto result = good({.set = {{"tag", "/A", body("{type: int, confirm: true}")}}});
  EXPECT_THAT(texts(result.warnings), ElementsAre(HasSubstr("tag /A confirm: ")));
}

TEST_F(Edit, RefusesTheSameThingTwice) {
  const auto result =
      check({.set = {{"tag", "A", body("{type: int}")}, {"tag", "/A", body("{type: int}")}}});
  EXPECT_THAT(texts(result.faults), ElementsAre(HasSubstr("tag /A : tag '/A' is given twice")));
}

// --- renaming ------------------------------------------------------------------------------------

TEST_F(Edit, RenamesAnObjectWithAllThatIsBelowIt) {
  const auto result = good({.rename = {{"object", "Plant/P1", "Works/Pump"}}});
  EXPECT_THAT(result.moves,
              testing::UnorderedElementsAre(TagMove{"/Plant/P1/Running", "/Works/Pump/Running"},
                                            TagMove{"/Plant/P1/Current", "/Works/Pump/Current"},
                                            TagMove{"/Plant/P1/Mode", "/Works/Pump/Mode"},
                                            TagMove{"/Plant/P1/Note", "/Works/Pump/Note"}));
  EXPECT_THAT(texts(result.changes),
              ElementsAre("- object /Plant/P1 (renamed to /Works/Pump)",
                          "- object /Plant/P1/Valve (renamed to /Works/Pump/Valve)",
                          "+ object /Works/Pump (renamed from /Plant/P1)",
                          "+ object /Works/Pump/Valve (renamed from /Plant/P1/Valve)",
                          "- tag /Plant/P1/Note (renamed to /Works/Pump/Note)",
                          "+ tag /Works/Pump/Note (renamed from /Plant/P1/Note)"));
  EXPECT_EQ(result.project.tags.at("/Works/Pump/Note").path, "/Works/Pump/Note");
  EXPECT_EQ(result.project.objects.at("/Works/Pump").path, "/Works/Pump");
  EXPECT_TRUE(result.project.tags.contains("/Plant/Level"));
}

TEST_F(Edit, RenamesAnObjectThatOnlyFollowsFromPathsAndLeavesItsNeighbour) {
  const auto result = good({.rename = {{"object", "/Plant-2", "/Plant/Second"}}});
  EXPECT_THAT(result.moves, ElementsAre(TagMove{"/Plant-2/Level", "/Plant/Second/Level"}));
  const auto all = good({.rename = {{"object", "/Plant", "/Site/Plant"}}});
  EXPECT_TRUE(all.project.tags.contains("/Plant-2/Level"));
  EXPECT_TRUE(all.project.tags.contains("/Site/Plant/P1/Note"));
}

TEST_F(Edit, SwapsTagsAndMovesOneOutOfAnObjectThatIsRenamed) {
  const auto swapped =
      good({.rename = {{"tag", "/Root", "/Plant/Level"}, {"tag", "/Plant/Level", "/Root"}}});
  EXPECT_EQ(swapped.project.tags.at("/Root").unit, "m");
  EXPECT_THAT(swapped.moves, SizeIs(2));
  const auto out = good({.rename = {{"object", "/Plant", "/Works"},
                                    {"tag", "/Plant/Level", "/Level"},
                                    {"object", "/Plant/P1", "/Pump"}}});
  EXPECT_TRUE(out.project.tags.contains("/Level"));
  EXPECT_TRUE(out.project.tags.contains("/Pump/Note"));
  EXPECT_TRUE(out.project.objects.contains("/Works"));
  EXPECT_FALSE(out.project.objects.contains("/Works/P1"));
}

TEST_F(Edit, RemovesFirstThenRenamesThenSets) {
  const auto result = good({.set = {{"tag", "/Root", body("{type: float, unit: bar}")}},
                            .remove = {{"tag", "/Root"}},
                            .rename = {{"tag", "/Plant/Level", "/Root"}}});
  EXPECT_THAT(result.moves, ElementsAre(TagMove{"/Plant/Level", "/Root"}));
  EXPECT_EQ(result.project.tags.at("/Root").unit, "bar");
}

TEST_F(Edit, KeepsNoIdOfATagThatIsNotThereAfterwards) {
  const auto result = good({.set = {{"type", "Pump",
                                     body("{parameters: {plc: string, base: int}, "
                                          "tags: {Current: {type: float}}}")}},
                            .rename = {{"object", "/Plant/P1", "/P"}}});
  EXPECT_THAT(result.moves,
              testing::UnorderedElementsAre(TagMove{"/Plant/P1/Note", "/P/Note"},
                                            TagMove{"/Plant/P1/Current", "/P/Current"}));
}

TEST_F(Edit, RefusesRenamesThatCollideOrNameNothing) {
  EXPECT_THAT(texts(check({.rename = {{"tag", "/Root", "/Plant/Level"}}}).faults),
              ElementsAre(HasSubstr("tag '/Root' cannot become '/Plant/Level', which exists")));
  EXPECT_THAT(texts(check({.rename = {{"tag", "/No", "/Yes"}}}).faults),
              ElementsAre(HasSubstr("there is no tag '/No' to rename")));
  EXPECT_THAT(texts(check({.rename = {{"tag", "/Plant/P1/Mode", "/Mode"}}}).faults),
              ElementsAre(HasSubstr("comes from type 'Pump'; rename the object '/Plant/P1'")));
  EXPECT_THAT(texts(check({.rename = {{"tag", "/Root", "/Plant/P1/Mode"}}}).faults),
              ElementsAre(HasSubstr("exists twice")));
  EXPECT_THAT(texts(check({.rename = {{"tag", "/Root", "/Root/*"}}}).faults), SizeIs(1));
  std::string deep;
  for (int i = 0; i < 31; ++i)
    deep += "/d";
  EXPECT_THAT(texts(check({.rename = {{"object", "/Plant", deep}}}).faults),
              testing::Contains(HasSubstr("more than 32 segments")));
}

// --- what follows from what is there -------------------------------------------------------------

TEST_F(Edit, GivesATagOfATypeAnOverrideOfWhatDiffers) {
  auto tags = tags_of(base);
  TagDefinition wanted = tags.at("/Plant/P1/Current");
  wanted.unit = "A";                    // as the type has it
  wanted.description = "of {motor} 1";  // no parameter
  wanted.source->scale = 1;             // the default again
  wanted.source->address = "HR:500";
  const auto result = good(edit_tag(base, "/Plant/P1/Current", encode(wanted)));
  EXPECT_THAT(texts(result.changes),
              ElementsAre(HasSubstr("~ object /Plant/P1 (override.Current")));
  EXPECT_EQ(tags_of(result.project).at("/Plant/P1/Current"), wanted);
  const Node& overrides = *result.project.objects.at("/Plant/P1").override_tags.find("Current");
  EXPECT_EQ(overrides.find("unit"), nullptr);
  EXPECT_EQ(overrides.find("source")->find("connector"), nullptr) << "only what differs";
}

TEST_F(Edit, TakesStatesAndSourcesOfATypeAwayAndBackAgain) {
  TagDefinition mode = tags_of(base).at("/Plant/P1/Mode");
  const TagDefinition by_type = mode;
  mode.states = {{1, "Auto"}, {2, "Manual"}};
  auto result = good(edit_tag(base, "/Plant/P1/Mode", encode(mode)));
  EXPECT_EQ(tags_of(result.project).at("/Plant/P1/Mode"), mode);
  TagDefinition running = tags_of(base).at("/Plant/P1/Running");
  running.source.reset();
  result = good(edit_tag(result.project, "/Plant/P1/Running", encode(running)));
  EXPECT_EQ(tags_of(result.project).at("/Plant/P1/Running"), running);
  result = good(edit_tag(result.project, "/Plant/P1/Mode", encode(by_type)));
  EXPECT_EQ(result.project.objects.at("/Plant/P1").override_tags.find("Mode"), nullptr);
}

TEST_F(Edit, SaysAllFaultsOfATagOfATypeAtTheTag) {
  const auto edit = edit_tag(base, "/Plant/P1/Mode", body("{type: int, uint: m, range: 3}"));
  ASSERT_TRUE(edit);
  EXPECT_THAT(texts(check(*edit).faults),
              ElementsAre(HasSubstr("tag /Plant/P1/Mode "), HasSubstr("tag /Plant/P1/Mode ")));
  EXPECT_EQ(edit_tag(base, "/Plant/P1/Nothing", body("{type: int}")).error().code,
            ErrorCode::not_found);
}

TEST_F(Edit, RemovesATagButNotOneOfAType) {
  EXPECT_THAT(texts(good(remove_tag(base, "/Root")).changes), ElementsAre("- tag /Root"));
  EXPECT_EQ(remove_tag(base, "/Plant/P1/Mode").error().code, ErrorCode::conflict);
  EXPECT_EQ(remove_tag(base, "/Nothing").error().code, ErrorCode::not_found);
}

TEST_F(Edit, RemovesAnObjectWithWhatIsBelowItOnlyWhenAsked) {
  const auto refused = remove_object(base, "/Plant/P1", false);
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
  EXPECT_THAT(refused.error().message, HasSubstr("/Plant/P1/Valve, /Plant/P1/Note; "));
  EXPECT_THAT(
      texts(good(remove_object(base, "/Plant/P1", true)).changes),
      ElementsAre("- object /Plant/P1", "- object /Plant/P1/Valve", "- tag /Plant/P1/Note"));
  EXPECT_THAT(texts(good(remove_object(base, "/Plant/P1/Valve", false)).changes), SizeIs(1));
  EXPECT_EQ(remove_object(base, "/Plant-2", false).error().code, ErrorCode::conflict);
  EXPECT_THAT(texts(good(remove_object(base, "/Plant-2", true)).changes), SizeIs(1));
  EXPECT_EQ(remove_object(base, "/Nowhere", true).error().code, ErrorCode::not_found);
}

TEST_F(Edit, RemovesTypesAndConnectorsThatNobodyUses) {
  const auto type = remove_type(base, "Pump");
  EXPECT_EQ(type.error().code, ErrorCode::conflict);
  EXPECT_THAT(type.error().message, HasSubstr("/Plant/P1"));
  EXPECT_EQ(remove_type(base, "Nothing").error().code, ErrorCode::not_found);
  Plant::TagIds ids;
  TagId next = 1;
  for (const auto& path : tag_paths(base))
    ids[path] = next++;
  const auto plant = *Plant::make(base, FieldCatalogue{}, ids, 1, nullptr);
  const auto connector = remove_connector(base, *plant, "plc1");
  EXPECT_EQ(connector.error().code, ErrorCode::conflict);
  EXPECT_THAT(connector.error().message,
              HasSubstr("/Plant/Level, /Plant/P1/Current, /Plant/P1/Running;"));
  EXPECT_THAT(texts(good(remove_connector(base, *plant, "plc2")).changes),
              ElementsAre("- connector plc2"));
}

TEST_F(Edit, AddsWhatIsNotThereAndChangesWhatIs) {
  for (const auto& [kind, name] :
       std::vector<std::pair<std::string, std::string>>{{"tag", "Root"},
                                                        {"tag", "/Plant/P1/Mode"},
                                                        {"object", "/Plant"},
                                                        {"type", "Pump"},
                                                        {"connector", "plc1"}})
    EXPECT_EQ(add_definition(base, kind, name, {}).error().code, ErrorCode::already_exists) << name;
  EXPECT_THAT(texts(good(add_definition(base, "object", "Plant-2", body("{}"))).changes),
              ElementsAre("+ object /Plant-2"));
  EXPECT_THAT(texts(good(change_definition(base, "object", "/Plant-2", body("{}"))).changes),
              ElementsAre("+ object /Plant-2"));
  EXPECT_THAT(
      texts(good(change_definition(base, "connector", "plc2", body("{type: field, host: h}")))
                .changes),
      ElementsAre("~ connector plc2 (host)"));
  for (const char* kind : {"object", "type", "connector"})
    EXPECT_EQ(change_definition(base, kind, "Nowhere", {}).error().code, ErrorCode::not_found);
}

TEST_F(Edit, CopiesASubtreeAndReplacesTexts) {
  const auto result = good(copy_subtree(base, "/Plant/P1", "/Plant/P2",
                                        {{"with.base", "100", "200"}, {"with.plc", "1", "2"}}));
  EXPECT_THAT(texts(result.changes), ElementsAre("+ object /Plant/P2", "+ object /Plant/P2/Valve",
                                                 "+ tag /Plant/P2/Note"));
  const auto tags = tags_of(result.project);
  EXPECT_EQ(tags.at("/Plant/P2/Current").source->address, "HR:202");
  EXPECT_EQ(tags.at("/Plant/P2/Current").source->connector, "plc2");
  EXPECT_EQ(tags.at("/Plant/P2/Current").unit, "mA");
  EXPECT_EQ(tags.at("/Plant/P1/Current").source->address, "HR:102");
  EXPECT_EQ(tags.at("/Plant/P2/Note").size, 1000u);
  const auto inside = good(copy_subtree(base, "/Plant", "/Plant/Copy", {}));
  EXPECT_TRUE(inside.project.tags.contains("/Plant/Copy/P1/Note"));
  EXPECT_THAT(texts(good(copy_subtree(base, "/Root", "/Root2", {})).changes),
              ElementsAre("+ tag /Root2"));
}

TEST_F(Edit, RefusesCopiesThatWouldOverwriteOrMissTheirText) {
  for (const char* taken : {"/Plant", "/Plant-2", "/Root", "/Plant/P1/Mode"})
    EXPECT_EQ(copy_subtree(base, "/Plant/P1", taken, {}).error().code, ErrorCode::already_exists);
  EXPECT_EQ(copy_subtree(base, "/No", "/Yes", {}).error().code, ErrorCode::not_found);
  EXPECT_EQ(copy_subtree(base, "/Root", "/*", {}).error().code, ErrorCode::invalid_argument);
  const auto missed = copy_subtree(base, "/Plant/P1", "/X", {{"source.address", "HR", "IR"}});
  ASSERT_FALSE(missed);
  EXPECT_THAT(missed.error().message, HasSubstr("'HR' is in no 'source.address' at '/Plant/P1'"));
  EXPECT_FALSE(copy_subtree(base, "/Root", "/X", {{"source.address", "", "x"}}));
}

TEST(TouchedSubtrees, AreTheWholePlantForTypesAndConnectors) {
  EXPECT_THAT(touched_subtrees({.set = {{"tag", "A/B", {}}},
                                .remove = {{"object", "/C"}},
                                .rename = {{"tag", "/D", "/E"}}}),
              ElementsAre("/A/B", "/C", "/D", "/E"));
  EXPECT_THAT(touched_subtrees({.remove = {{"type", "T"}, {"connector", "c"}}}), ElementsAre("/"));
}

}  // namespace
}  // namespace tagwerk::model
