#include "console/typed_value.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tagwerk::console {
namespace {

using model::Node;

Node tag(const std::string& type) {
  return *model::parse_json(
      R"({"path": "/Tank/X", "type": ")" + type + R"(", "states": {"0": "Off", "1": "Auto"}})",
      "tag");
}

std::string typed(const std::string& type, const std::string& text) {
  const auto value = typed_value(tag(type), text);
  return value ? model::to_json(*value) : "refused: " + value.error().message;
}

TEST(TypedValue, TakesWhatTheTagsTypeTakes) {
  EXPECT_EQ(typed("bool", "on"), "true");
  EXPECT_EQ(typed("bool", "0"), "false");
  EXPECT_EQ(typed("int", "-12"), "-12");
  EXPECT_EQ(typed("int", "Auto"), "1");
  EXPECT_EQ(typed("float", "4.25"), "4.25");
  EXPECT_EQ(typed("float", "1e-3"), "1e-3");
  EXPECT_EQ(typed("string", "42"), "\"42\"");
  EXPECT_EQ(typed("string", "null"), "\"null\"");
  EXPECT_EQ(typed("float", "null"), "null");
  EXPECT_EQ(typed("float[]", "[1, 2.5]"), "[1,2.5]");
  EXPECT_EQ(typed("string[]", "[\"a\"]"), "[\"a\"]");
  EXPECT_EQ(typed("json", R"({"a": [1]})"), R"({"a":[1]})");
  EXPECT_EQ(typed("int", "9223372036854775807"), "9223372036854775807");
}

TEST(TypedValue, RefusesTheRestAndSaysWhatItTakes) {
  using testing::HasSubstr;
  EXPECT_THAT(typed("bool", "maybe"), HasSubstr("true or false"));
  EXPECT_THAT(typed("int", "Manual"), HasSubstr("a whole number, or Off, Auto"));
  EXPECT_THAT(typed("float", "4,2"), HasSubstr("a number, like 4.2"));
  EXPECT_THAT(typed("float", "\"4\""), HasSubstr("'\"4\"' is no value for /Tank/X"));
  EXPECT_THAT(typed("float", "[1]"), HasSubstr("a number"));
  EXPECT_THAT(typed("float[]", "1"), HasSubstr("a JSON list"));
  EXPECT_THAT(typed("json", "{"), HasSubstr("JSON"));
  EXPECT_THAT(typed("float", ""), HasSubstr("'' is no value"));
}

}  // namespace
}  // namespace tagwerk::console
