#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/plant_for_test.hpp"
#include "access/selection.hpp"

namespace tagwerk::access {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::plant_of;
using testing::viewer_of;

std::vector<std::string> names_of(const TreeNode& node) {
  std::vector<std::string> out;
  for (const TreeNode& child : node.children)
    out.push_back(child.is_tag ? child.name : child.name + "/");
  return out;
}

class TreeTest : public ::testing::Test {
 protected:
  Tree tree(std::string_view path, int depth = 1, std::size_t offset = 0,
            std::size_t limit = 10'000) {
    auto built = build_tree(plant, *who, path, depth, offset, limit);
    EXPECT_TRUE(built) << built.error().message;
    return built ? std::move(*built) : Tree{};
  }
  std::vector<std::string> names(std::string_view path) { return names_of(tree(path).root); }

  std::shared_ptr<const model::Plant> plant =
      plant_of({"/Zero", "/Plant/A/Flow", "/Plant/A/Deep/X", "/Plant/Above", "/Plant2/Level",
                "/Plant/A-1/Y", "/Plant/A B/Z", "/Plant/A!", "/Plant/A0", "/Plant-old/Level"});
  std::shared_ptr<const auth::Principal> who = viewer_of("/");
};

TEST_F(TreeTest, ListsObjectsBeforeTagsEachByName) {
  EXPECT_THAT(names("/"), ElementsAre("Plant/", "Plant-old/", "Plant2/", "Zero"));
  EXPECT_THAT(names(""), ElementsAre("Plant/", "Plant-old/", "Plant2/", "Zero"));
  EXPECT_THAT(names("/Plant/A"), ElementsAre("Deep/", "Flow"));
}

TEST_F(TreeTest, FindsEveryChildAlsoWhereNamesHoldCharactersBelowTheSlash) {
  EXPECT_THAT(names("/Plant"), ElementsAre("A/", "A B/", "A-1/", "A!", "A0", "Above"));
}

TEST_F(TreeTest, GivesPathsTypesAndCounts) {
  const Tree all = tree("/Plant");
  EXPECT_EQ(all.root.path, "/Plant");
  EXPECT_EQ(all.root.name, "Plant");
  EXPECT_EQ(all.root.child_count, 6u);
  EXPECT_FALSE(all.truncated);
  const TreeNode& object = all.root.children.at(0);
  EXPECT_EQ(object.path, "/Plant/A");
  EXPECT_EQ(object.child_count, 2u);
  EXPECT_THAT(object.children, IsEmpty());
  const TreeNode& tag = all.root.children.at(5);
  EXPECT_EQ(tag.path, "/Plant/Above");
  EXPECT_EQ(tag.type, "float");
  EXPECT_EQ(tag.tag, plant->find("/Plant/Above"));
}

TEST_F(TreeTest, GoesDownToTheDepthAskedFor) {
  EXPECT_THAT(tree("/Plant/A", 0).root.children, IsEmpty());
  EXPECT_THAT(tree("/Plant/A", -1).root.children, IsEmpty());
  EXPECT_THAT(tree("/Plant", 1).root.children.at(0).children, IsEmpty());
  EXPECT_THAT(names_of(tree("/Plant", 2).root.children.at(0)), ElementsAre("Deep/", "Flow"));
  EXPECT_THAT(names_of(tree("/", 100).root.children.at(0).children.at(0).children.at(0)),
              ElementsAre("X"));
}

TEST_F(TreeTest, GivesOneTagForItsPath) {
  const Tree one = tree("/Plant/A/Flow", 5);
  EXPECT_TRUE(one.root.is_tag);
  EXPECT_EQ(one.root.path, "/Plant/A/Flow");
  EXPECT_FALSE(one.truncated);
}

TEST_F(TreeTest, RefusesWhatIsNotThere) {
  for (const char* path : {"/Plant/C", "/Plan", "/Plant/", "Plant", "/Plant2/Level/x", "//"})
    EXPECT_EQ(build_tree(plant, *who, path, 1, 0, 10).error().code, ErrorCode::not_found) << path;
}

TEST_F(TreeTest, ShowsAViewerOfASubtreeOnlyTheWayToItAndWhatIsInIt) {
  who = viewer_of("/Plant/A/Deep");
  const Tree all = tree("/", 32);
  EXPECT_THAT(names_of(all.root), ElementsAre("Plant/"));
  EXPECT_EQ(all.root.child_count, 1u);
  const TreeNode& top = all.root.children.at(0);
  EXPECT_THAT(names_of(top), ElementsAre("A/"));
  EXPECT_EQ(top.child_count, 1u);
  EXPECT_THAT(names_of(top.children.at(0)), ElementsAre("Deep/"));
  EXPECT_EQ(top.children.at(0).child_count, 1u);
}

TEST_F(TreeTest, SaysTheSameOfHiddenAndMissingThings) {
  who = viewer_of("/Plant/A");
  for (const char* path : {"/Plant2", "/Plant/A0", "/Plant/A-1", "/Plant/A-1/Y"})
    EXPECT_EQ(build_tree(plant, *who, path, 1, 0, 10).error().message,
              fmt::format("there is no object or tag '{}'", path));
}

TEST_F(TreeTest, GivesAPageAndSaysWhetherMoreFollows) {
  EXPECT_THAT(names_of(tree("/Plant", 1, 0, 2).root), ElementsAre("A/", "A B/"));
  EXPECT_TRUE(tree("/Plant", 1, 0, 2).truncated);
  EXPECT_THAT(names_of(tree("/Plant", 1, 2, 3).root), ElementsAre("A-1/", "A!", "A0"));
  EXPECT_TRUE(tree("/Plant", 1, 2, 3).truncated);
  EXPECT_THAT(names_of(tree("/Plant", 1, 4, 9).root), ElementsAre("A0", "Above"));
  EXPECT_FALSE(tree("/Plant", 1, 4, 9).truncated);
}

TEST_F(TreeTest, TakesAnyOffsetAndLimit) {
  constexpr std::size_t kMost = std::numeric_limits<std::size_t>::max();
  EXPECT_THAT(tree("/Plant", 1, kMost, kMost).root.children, IsEmpty());
  EXPECT_FALSE(tree("/Plant", 1, kMost, kMost).truncated);
  EXPECT_EQ(tree("/Plant", 1, 1, kMost).root.children.size(), 5u);
  EXPECT_TRUE(tree("/Plant", 1, 0, 0).truncated);
}

std::size_t count_nodes(const TreeNode& node) {
  std::size_t count = 1;
  for (const TreeNode& child : node.children)
    count += count_nodes(child);
  return count;
}

TEST_F(TreeTest, StopsAtTenThousandNodesAndSaysSo) {
  std::vector<std::string> paths;
  for (int object = 0; object < 120; ++object)
    for (int tag = 0; tag < 100; ++tag)
      paths.push_back(fmt::format("/Big/O{}/T{}", object, tag));
  plant = plant_of(paths);
  const Tree all = tree("/", 32);
  EXPECT_TRUE(all.truncated);
  EXPECT_EQ(count_nodes(all.root), 10'001u);
  EXPECT_FALSE(tree("/Big", 1).truncated);
}

}  // namespace
}  // namespace tagwerk::access
