#include "net/url.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace tagwerk::net {
namespace {

RC_GTEST_PROP(PercentEncoding, SurvivesARoundTrip, (const std::string& text, bool keep_slash)) {
  RC_ASSERT(*percent_decode(percent_encode(text, keep_slash)) == text);
}

TEST(PercentEncoding, RefusesABrokenEscapeAndNamesThePlace) {
  for (const char* text : {"%", "%2", "%zz", "a%2g", "%%20", "abc%"}) {
    const auto decoded = percent_decode(text);
    ASSERT_FALSE(decoded) << text;
    EXPECT_NE(decoded.error().message.find("position"), std::string::npos);
  }
  EXPECT_EQ(*percent_decode("a%2Fb%20%c3%a9"), "a/b \xc3\xa9");
}

TEST(Query, KeepsOrderRepetitionAndEmptyValues) {
  const auto query = QueryParameters::parse("path=%2FPlant%2F**&path=a+b&&flag&x=1=2");
  ASSERT_TRUE(query);
  EXPECT_EQ(query->all("path"), (std::vector<std::string_view>{"/Plant/**", "a b"}));
  EXPECT_EQ(query->find("flag"), "");
  EXPECT_EQ(query->find("x"), "1=2");
  EXPECT_EQ(query->find("y"), std::nullopt);
  EXPECT_TRUE(QueryParameters::parse("")->entries().empty());
  EXPECT_FALSE(QueryParameters::parse("a=%f"));
}

TEST(Query, StopsAtItsLimit) {
  std::string text;
  for (int i = 0; i < 10'001; ++i)
    text += "a&";
  EXPECT_EQ(QueryParameters::parse(text).error().code, ErrorCode::limit_exceeded);
}

TEST(Target, AcceptsTheThreeForms) {
  EXPECT_EQ(parse_target("/a/b?c=d?e#f")->path, "/a/b");
  EXPECT_EQ(parse_target("/a/b?c=d?e#f")->query, "c=d?e");
  EXPECT_EQ(parse_target("HTTP://host:1/x?y")->path, "/x");
  EXPECT_EQ(parse_target("http://host")->path, "/");
  EXPECT_EQ(parse_target("http://host?q")->query, "q");
  EXPECT_EQ(parse_target("*")->path, "*");
  for (const char* text : {"", "a", "ftp://x/", "/a b", "/\x01", "/\xc3\xa9"})
    EXPECT_FALSE(parse_target(text)) << text;
}

TEST(Path, IsNormalisedAndNeverLeavesTheRoot) {
  EXPECT_EQ(*decode_path("/"), "/");
  EXPECT_EQ(*decode_path("//a/./b/../c%20d"), "/a/c d");
  EXPECT_EQ(*decode_path("/a/"), "/a/");
  EXPECT_EQ(*decode_path("/a/.."), "/");
  for (const char* text : {"/..", "/a/../..", "/%2e%2e/etc", "/a%2fb", "/a%00"})
    EXPECT_FALSE(decode_path(text)) << text;
}

RC_GTEST_PROP(Path, ANormalisedPathHasNoDots, (const std::string& raw)) {
  const auto path = decode_path("/" + raw);
  if (!path) return;
  RC_ASSERT(path->front() == '/');
  RC_ASSERT((*path + "/").find("/../") == std::string::npos);
  RC_ASSERT((*path + "/").find("/./") == std::string::npos);
}

TEST(HeaderText, ComparesWithoutCaseAndFindsTokens) {
  EXPECT_TRUE(equal_ignoring_case("Content-Type", "content-type"));
  EXPECT_TRUE(has_token("keep-alive, Upgrade", "upgrade"));
  EXPECT_FALSE(has_token("keep-alive, Upgraded", "upgrade"));
  EXPECT_FALSE(has_token("", "upgrade"));
}

}  // namespace
}  // namespace tagwerk::net
