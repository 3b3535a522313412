#include "model/connection_string.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace tagwerk::model {
namespace {

using Entries = std::vector<std::pair<std::string, std::string>>;

std::string why_not(std::string_view text) {
  const auto parsed = parse_connection_string(text);
  return parsed ? "" : parsed.error().message;
}

TEST(ConnectionString, KeysComeInAnyOrderAndNamesIgnoreCase) {
  const auto parsed =
      parse_connection_string("Port=502 ;HOST = 10.0.0.5;; Connector=ModBus;timeout=5;");
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->connector, "modbus");
  EXPECT_EQ(parsed->entries, (Entries{{"port", "502"}, {"host", "10.0.0.5"}, {"timeout", "5"}}));
  EXPECT_EQ(*parsed->find("host"), "10.0.0.5");
  EXPECT_EQ(parsed->find("unit_id"), nullptr);
}

TEST(ConnectionString, QuotedValuesHoldWhatSeparates) {
  const auto parsed = parse_connection_string(
      R"(connector=sql; query="select ""a;b"" from t" ; password=' x''y '; empty=)");
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(*parsed->find("query"), R"(select "a;b" from t)");
  EXPECT_EQ(*parsed->find("password"), " x'y ");
  EXPECT_EQ(*parsed->find("empty"), "");
}

TEST(ConnectionString, SaysWhereItIsWrong) {
  EXPECT_EQ(why_not(""),
            "the connection string names no connector; begin it with connector=modbus;");
  EXPECT_EQ(why_not("connector=modbus; host; port=1"),
            "'host' at character 19 of the connection string has no value; write key=value");
  EXPECT_EQ(why_not("connector=modbus; =5"),
            "there is no key before '=' at character 19 of the connection string");
  EXPECT_EQ(why_not("connector=modbus; host=a; Host=b"), "the connection string has 'host' twice");
  EXPECT_EQ(why_not("connector=a; connector=b"), "the connection string has 'connector' twice");
  EXPECT_EQ(why_not("connector=modbus; host=\"a"),
            "the quote at character 24 of the connection string does not end");
  EXPECT_EQ(why_not("connector=modbus; host=\"a\" b"),
            "'b' stands behind a quote at character 28 of the connection string; put ';' between");
}

TEST(ConnectionString, ReadsFlagsAndSeconds) {
  EXPECT_EQ(connection_flag("auto_open", "True"), true);
  EXPECT_EQ(connection_flag("auto_open", "0"), false);
  EXPECT_EQ(connection_flag("auto_open", "maybe").error().message,
            "'auto_open' must be true or false, not 'maybe'");
  EXPECT_EQ(connection_duration("timeout", "5"), std::chrono::seconds(5));
  EXPECT_EQ(connection_duration("timeout", "0.5"), std::chrono::milliseconds(500));
  EXPECT_EQ(connection_duration("timeout", "250ms"), std::chrono::milliseconds(250));
  for (const auto* text : {"", "0", "-1", "soon", "."})
    EXPECT_FALSE(connection_duration("timeout", text)) << text;
}

RC_GTEST_PROP(ConnectionString, ReadsBackWhateverTheValues,
              (const std::vector<std::string>& values)) {
  ConnectionString connection{"modbus", {}};
  for (std::size_t i = 0; i < std::min<std::size_t>(values.size(), 64); ++i)
    connection.entries.emplace_back("key" + std::to_string(i), values[i]);
  const auto parsed = parse_connection_string(to_string(connection));
  RC_ASSERT(parsed.has_value());
  RC_ASSERT(*parsed == connection);
}

RC_GTEST_PROP(ConnectionString, AnyTextIsReadOrRefused, (const std::string& text)) {
  for (const std::string& each : {text, "connector=a;" + text, "a=\"" + text})
    RC_ASSERT(parse_connection_string(each) || !why_not(each).empty());
}

}  // namespace
}  // namespace tagwerk::model
