#include "access/path_search.hpp"

#include <gtest/gtest.h>

namespace tagwerk::access {
namespace {

TEST(PathSearchTest, WantsEveryWordInAnyOrderAndCase) {
  const PathSearch search("CURR pump2");
  EXPECT_TRUE(search.matches("/Plant/Pump2/Current"));
  EXPECT_FALSE(search.matches("/Plant/Pump1/Current"));
  EXPECT_FALSE(search.matches("/Plant/Pump2/Speed"));
}

TEST(PathSearchTest, FoldsLatinAndCyrillicLetters) {
  EXPECT_TRUE(PathSearch("НАСОС ток").matches("/Цех/насос1/ТОК"));
  EXPECT_TRUE(PathSearch("ёлка").matches("/Ёлка"));
  EXPECT_TRUE(PathSearch("Über größe").matches("/über/Größe"));
  EXPECT_EQ(fold_case("ÀÞ×ЀЏАПРЯ Ζ 水"), "àþ×ѐџапря Ζ 水");
}

TEST(PathSearchTest, FindsEverythingWithoutWords) {
  EXPECT_TRUE(PathSearch("").matches("/A"));
  EXPECT_TRUE(PathSearch("   ").matches("/A"));
}

TEST(PathSearchTest, TakesTextThatEndsInTheMiddleOfALetter) {
  EXPECT_TRUE(PathSearch("\xD0").matches("/Насос"));
  EXPECT_FALSE(PathSearch("\xC3").matches("/A"));
}

}  // namespace
}  // namespace tagwerk::access
