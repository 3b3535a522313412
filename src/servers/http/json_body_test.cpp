#include "servers/http/json_body.hpp"

#include <gtest/gtest.h>

namespace tagwerk::servers::http {
namespace {

model::Node node(std::string_view json) {
  return *model::parse_json(json, "test");
}

Result<WriteBody> write_of(std::string_view json) {
  const model::Node body = node(json);
  BodyFields fields(body);
  return read_write(fields);
}

TEST(BodyFields, NameTheFirstFault) {
  const model::Node body = node(R"({"a":1,"b":"x","c":null,"d":true})");
  BodyFields fields(body);
  EXPECT_EQ(fields.optional_number("a"), 1);
  EXPECT_EQ(fields.text("b"), "x");
  EXPECT_FALSE(fields.optional_text("c"));
  EXPECT_EQ(fields.finish().error().message, "unknown member 'd'");
  EXPECT_FALSE(fields.optional_text("d"));
  EXPECT_FALSE(fields.optional_integer("b"));
  EXPECT_FALSE(fields.finish());

  const model::Node list = node("[]");
  EXPECT_EQ(BodyFields(list).finish().error().message, "the body must be a JSON object");
}

TEST(BodyFields, ReadTimesAndLists) {
  const model::Node body =
      node(R"({"when":"2026-11-20T23:19:33Z","never":null,"bad":"soon","list":[1],"none":{}})");
  BodyFields fields(body);
  EXPECT_EQ(base::to_rfc3339(*fields.optional_time("when")), "2026-11-20T23:19:33.000000Z");
  EXPECT_FALSE(fields.optional_time("never"));
  EXPECT_FALSE(fields.optional_time("missing"));
  ASSERT_NE(fields.optional_list("list"), nullptr);
  EXPECT_EQ(fields.optional_list("missing"), nullptr);
  EXPECT_FALSE(fields.optional_time("bad"));
  EXPECT_EQ(fields.optional_list("none"), nullptr);
  EXPECT_EQ(fields.finish().error().message,
            "'bad' must be a time like 2026-11-20T23:19:33Z, or null");
}

TEST(ValueOf, KeepsTheKindThatJsonHas) {
  EXPECT_EQ(value_of(node("null")), Value());
  EXPECT_EQ(value_of(node("true")), Value::of(true));
  EXPECT_EQ(value_of(node("42")), Value::of(std::int64_t{42}));
  EXPECT_EQ(value_of(node("4.5")), Value::of(4.5));
  EXPECT_EQ(value_of(node("\"42\"")), Value::string("42"));
  EXPECT_EQ(value_of(node("[1,2]")), Value::array(std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(value_of(node("[1,2.5]")), Value::array(std::vector<double>{1, 2.5}));
  EXPECT_EQ(value_of(node("[true]")), Value::array(std::vector<bool>{true}));
  EXPECT_EQ(value_of(node("[\"a\"]")), Value::array(std::vector<std::string>{"a"}));
  EXPECT_EQ(value_of(node("{\"a\":[1,\"b\"]}")), Value::json("{\"a\":[1,\"b\"]}"));
}

TEST(WriteBody, IsReadWithItsTimeout) {
  const auto body = write_of(R"({"items":[{"path":"/A","value":1},{"path":"B","value":null}],
                                "timeout":0.5})");
  ASSERT_TRUE(body) << body.error().message;
  EXPECT_EQ(body->items.size(), 2u);
  EXPECT_EQ(body->items[1].path, "B");
  EXPECT_EQ(body->timeout, std::chrono::milliseconds(500));
  EXPECT_EQ(write_of(R"({"items":[{"path":"/A","value":1}]})")->timeout, std::chrono::seconds(5));
}

TEST(WriteBody, NamesTheItemThatIsWrong) {
  for (const char* json :
       {R"({})", R"({"items":[]})", R"({"items":1})", R"({"items":[1]})",
        R"({"items":[{"value":1}]})", R"({"items":[{"path":"/A"}]})",
        R"({"items":[{"path":1,"value":1}]})", R"({"items":[{"path":"/A","value":1,"x":1}]})",
        R"({"items":[{"path":"/A","value":1}],"timeout":0})",
        R"({"items":[{"path":"/A","value":1}],"timeout":"5"})",
        R"({"items":[{"path":"/A","value":1}],"other":1})"}) {
    const auto body = write_of(json);
    ASSERT_FALSE(body) << json;
    EXPECT_EQ(body.error().code, ErrorCode::invalid_argument);
  }
  EXPECT_NE(write_of(R"({"items":[{"path":"/A","value":1},{"path":"/B"}]})")
                .error()
                .message.find("item 2"),
            std::string::npos);
}

}  // namespace
}  // namespace tagwerk::servers::http
