#include "model/path.hpp"

#include <gtest/gtest.h>

namespace tagwerk::model {
namespace {

TEST(Path, GetsItsSlashAndKeepsTheRest) {
  EXPECT_EQ(*normalise_path("Plant/Pump 1/Druck ä"), "/Plant/Pump 1/Druck ä");
  EXPECT_EQ(*normalise_path("/Tag_1"), "/Tag_1");
}

TEST(Path, IsRefusedWithTheReason) {
  for (const char* text : {"", "/", "a//b", "/a/", "a/*", "a{b}", " a", "a /b", "a\nb"}) {
    const auto path = normalise_path(text);
    ASSERT_FALSE(path) << text;
    EXPECT_EQ(path.error().code, ErrorCode::invalid_argument);
  }
  EXPECT_FALSE(normalise_path(std::string(1001, 'a')));
}

TEST(Path, KnowsParentLeafAndSubtree) {
  EXPECT_EQ(parent_path("/Plant/Pump1"), "/Plant");
  EXPECT_EQ(parent_path("/Plant"), "");
  EXPECT_EQ(leaf_name("/Plant/Pump1"), "Pump1");
  EXPECT_TRUE(is_within("/Plant/Pump1", "/Plant"));
  EXPECT_FALSE(is_within("/Plant2/Pump1", "/Plant"));
  EXPECT_TRUE(is_within("/Plant", "/"));
}

TEST(PathPattern, OneStarIsOneSegmentAndTwoAreAnyNumber) {
  const auto one = *PathPattern::parse("/Plant/*/Pressure");
  EXPECT_TRUE(one.matches("/Plant/Pump1/Pressure"));
  EXPECT_FALSE(one.matches("/Plant/Pressure"));
  EXPECT_FALSE(one.matches("/Plant/A/B/Pressure"));
  const auto many = *PathPattern::parse("Plant/**");
  EXPECT_TRUE(many.matches("/Plant/A/B/C"));
  EXPECT_FALSE(many.matches("/Other/A"));
  const auto middle = *PathPattern::parse("/**/**/Pressure");
  EXPECT_TRUE(middle.matches("/Pressure"));
  EXPECT_TRUE(middle.matches("/A/B/Pressure"));
  EXPECT_FALSE(PathPattern::parse("/Plant/Pump*"));
}

}  // namespace
}  // namespace tagwerk::model
