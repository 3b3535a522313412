#include "access/selection.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/plant_for_test.hpp"

namespace tagwerk::access {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::plant_of;
using ::testing::SizeIs;
using testing::viewer_of;

class SelectionTest : public ::testing::Test {
 protected:
  Result<std::vector<std::string>> select(const std::vector<std::string>& patterns,
                                          Names names = Names::strict) {
    auto selection = select_tags(plant, *who, patterns, names);
    if (!selection) return std::unexpected(selection.error());
    std::vector<std::string> paths;
    for (const model::PlantTag* tag : selection->tags)
      paths.push_back(tag->definition.path);
    return paths;
  }

  std::shared_ptr<const model::Plant> plant =
      plant_of({"/Flow", "/Plant/A/Flow", "/Plant/A/Level", "/Plant/B/Level", "/Plant/B/Speed",
                "/Plant2/Level", "/Lone/Only"});
  std::shared_ptr<const auth::Principal> who = viewer_of("/");
};

TEST_F(SelectionTest, FindsTagsByPathWithAndWithoutTheFirstSlash) {
  EXPECT_THAT(*select({"/Plant/A/Level", "Plant/B/Speed"}),
              ElementsAre("/Plant/A/Level", "/Plant/B/Speed"));
}

TEST_F(SelectionTest, KeepsTheOrderOfThePatternsAndSortsWithinEach) {
  EXPECT_THAT(*select({"/Plant2/Level", "/Plant/*/Level", "/Flow"}),
              ElementsAre("/Plant2/Level", "/Plant/A/Level", "/Plant/B/Level", "/Flow"));
}

TEST_F(SelectionTest, GivesNoTagTwice) {
  EXPECT_THAT(*select({"/Plant/B/Level", "/Plant/**", "Plant/B/Level", "/Plant/*/Level"}),
              ElementsAre("/Plant/B/Level", "/Plant/A/Flow", "/Plant/A/Level", "/Plant/B/Speed"));
}

TEST_F(SelectionTest, GivesEverythingForNoPattern) {
  EXPECT_THAT(*select({}), SizeIs(7));
  who = viewer_of("/Plant/A");
  EXPECT_THAT(*select({}), ElementsAre("/Plant/A/Flow", "/Plant/A/Level"));
}

TEST_F(SelectionTest, TakesABareNameAsTheRootTagElseTheOnlyOneSoNamed) {
  EXPECT_THAT(*select({"Flow", "Speed"}), ElementsAre("/Flow", "/Plant/B/Speed"));
}

TEST_F(SelectionTest, RefusesAnAmbiguousNameAndListsWhatItCouldMean) {
  const auto selected = select({"Level"}, Names::may_miss);
  ASSERT_FALSE(selected);
  EXPECT_EQ(selected.error().code, ErrorCode::conflict);
  EXPECT_THAT(selected.error().message, HasSubstr("/Plant/A/Level, /Plant/B/Level, /Plant2/Level"));
}

TEST_F(SelectionTest, LeavesAnAmbiguousNameOutWhenToldTo) {
  EXPECT_THAT(*select({"Level", "Speed"}, Names::may_be_vague), ElementsAre("/Plant/B/Speed"));
}

TEST_F(SelectionTest, RefusesANameWithoutTagOnlyWhenStrict) {
  EXPECT_EQ(select({"/Plant/C"}).error().code, ErrorCode::not_found);
  EXPECT_THAT(*select({"/Plant/C", "Flow"}, Names::may_miss), ElementsAre("/Flow"));
  EXPECT_THAT(*select({"/Nowhere/**"}), IsEmpty());
}

TEST_F(SelectionTest, RefusesAPatternThatIsNone) {
  EXPECT_EQ(select({"/Plant/P*"}, Names::may_be_vague).error().code, ErrorCode::invalid_argument);
}

TEST_F(SelectionTest, LeavesOutWhatTheCallerMayNotRead) {
  who = viewer_of("/Plant/A");
  EXPECT_THAT(*select({"/**"}), ElementsAre("/Plant/A/Flow", "/Plant/A/Level"));
}

TEST_F(SelectionTest, SaysTheSameOfAHiddenTagAsOfOneThatIsNotThere) {
  who = viewer_of("/Plant/A");
  for (const auto& [hidden, missing] :
       {std::pair{"/Plant/B/Level", "/Plant/B/Lebel"}, std::pair{"Speed", "Speet"}}) {
    Error of_hidden = select({hidden}).error();
    const Error of_missing = select({missing}).error();
    EXPECT_EQ(of_hidden.code, of_missing.code);
    const auto at = of_hidden.message.find(hidden);
    ASSERT_NE(at, std::string::npos);
    of_hidden.message.replace(at, std::string(hidden).size(), missing);
    EXPECT_EQ(of_hidden.message, of_missing.message);
  }
}

TEST_F(SelectionTest, DoesNotLetHiddenTagsMakeANameAmbiguousOrTakeIt) {
  who = viewer_of("/Plant/A");
  EXPECT_THAT(*select({"Level"}), ElementsAre("/Plant/A/Level"));
  EXPECT_THAT(*select({"Flow"}), ElementsAre("/Plant/A/Flow"));
}

TEST_F(SelectionTest, ListsOnlyReadableTagsForAnAmbiguousName) {
  who = testing::person("vera", {{"viewer", "/Plant/A"}, {"viewer", "/Plant2"}});
  const auto selected = select({"Level"});
  ASSERT_FALSE(selected);
  EXPECT_EQ(selected.error().message,
            "2 tags are named 'Level'; use the path: /Plant/A/Level, /Plant2/Level");
}

TEST_F(SelectionTest, DoesNotTakeAPrefixOfAnotherNameForASubtree) {
  who = viewer_of("/Plant");
  EXPECT_THAT(*select({"/*/Level"}), IsEmpty());
}

}  // namespace
}  // namespace tagwerk::access
