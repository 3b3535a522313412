#include "model/document.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace tagwerk::model {
namespace {

std::string yaml_fault(std::string_view yaml) {
  const auto node = parse_yaml(yaml, "f.yaml");
  return node ? "" : node.error().to_string();
}

TEST(Yaml, KeepsOrderQuotesAndThePlaceOfEachKey) {
  const auto node = parse_yaml("a:\n  b: 5\n  c: \"5\"\nd: [x, 2.5]\ne:\n", "f.yaml");
  ASSERT_TRUE(node) << node.error().to_string();
  ASSERT_EQ(node->entries.size(), 3u);
  const Node& b = *node->find("a")->find("b");
  EXPECT_EQ(b.as_integer(), 5);
  EXPECT_EQ(b.line, 2);
  EXPECT_EQ(b.column, 3);
  EXPECT_FALSE(node->find("a")->find("c")->as_integer());
  EXPECT_TRUE(node->find("a")->find("c")->is_text());
  EXPECT_EQ(node->find("d")->items[1].as_number(), 2.5);
  EXPECT_TRUE(node->find("e")->is_null());
  EXPECT_EQ(node->find("e")->line, 5);
}

TEST(Yaml, RefusesWhatWouldBeLostSilently) {
  EXPECT_EQ(yaml_fault("a: 1\nb: 2\na: 3\n"),
            "f.yaml:3:1: key 'a' is given twice, first in line 1; remove one of them");
  EXPECT_EQ(yaml_fault("x: {a: 1, a: 2}"),
            "f.yaml:1:11: key 'a' is given twice, first in line 1; remove one of them");
  EXPECT_NE(yaml_fault("a: &x 1\nb: *x\n").find("f.yaml:2:4: aliases"), std::string::npos);
  EXPECT_NE(yaml_fault("a: !secret x\n").find("tags (!name)"), std::string::npos);
  EXPECT_NE(yaml_fault("a: 1\n---\nb: 2\n").find("second document"), std::string::npos);
  EXPECT_NE(yaml_fault("? [a]\n: 1\n").find("simple text"), std::string::npos);
  EXPECT_NE(yaml_fault("~: 1\n").find("key is missing"), std::string::npos);
  EXPECT_NE(yaml_fault("a: [1, 2\nb: 3\n").find("f.yaml:"), std::string::npos);
}

TEST(Yaml, FindsAKeyTwiceInALongMapping) {
  std::string text;
  for (int i = 0; i < 1000; ++i)
    text += "k" + std::to_string(i) + ": 1\n";
  EXPECT_EQ(yaml_fault(text), "");
  EXPECT_NE(yaml_fault(text + "k500: 1\n").find("f.yaml:1001:1: key 'k500' is given twice"),
            std::string::npos);
}

TEST(Yaml, RefusesDeepNestingAndGarbage) {
  EXPECT_NE(yaml_fault(std::string(100, '[') + std::string(100, ']')).find("deeper than 64"),
            std::string::npos);
  EXPECT_NE(yaml_fault(std::string(100'000, '[')), "");
  EXPECT_NE(yaml_fault("\x01\x02: {"), "");
  EXPECT_EQ(yaml_fault(""), "");
  EXPECT_EQ(yaml_fault("a: 1\nb: x\xff\n"),
            "f.yaml:2:5: the file is not UTF-8 here; save it with that encoding");
}

TEST(Json, ReadsWhatItWritesAndPlacesErrors) {
  const auto node = parse_json(R"({"a":1,"b":"1","c":[true,null,-2.5e3],"d":{"e":"ä\n"}})", "body");
  ASSERT_TRUE(node) << node.error().to_string();
  EXPECT_EQ(to_json(*node), R"({"a":1,"b":"1","c":[true,null,-2.5e3],"d":{"e":"ä\n"}})");
  EXPECT_EQ(node->find("a")->as_integer(), 1);
  EXPECT_TRUE(node->find("b")->is_text());
  EXPECT_EQ(parse_json("{\n \"a\": x}", "body").error().where->line, 2);
  EXPECT_NE(parse_json(R"({"a":1,"a":2})", "b").error().message.find("given twice"),
            std::string::npos);
  EXPECT_FALSE(parse_json("{} x", "body"));
  EXPECT_FALSE(parse_json("", "body"));
  EXPECT_FALSE(parse_json(std::string(100, '['), "body"));
}

TEST(Node, ComparesByContentNotByPlaceOrOrder) {
  EXPECT_EQ(*parse_yaml("a: 1\nb: HR:0\n", ""), *parse_json(R"({"b":"HR:0","a":1})", ""));
  EXPECT_FALSE(*parse_yaml("a: 1", "") == *parse_yaml("a: \"1\"", ""));
  EXPECT_FALSE(*parse_yaml("a: 1", "") == *parse_yaml("a: 1\nb: 2", ""));
}

TEST(Node, OnlyNumbersInJsonsFormAreNumbers) {
  for (const char* text : {"0", "-1", "1.5", "2e9", "-0.5E-3"})
    EXPECT_TRUE(Node::scalar(text).as_number()) << text;
  for (const char* text : {"", "-", "007", ".5", "1.", "0x10", "nan", "inf", "1e", "+1", "1_000"})
    EXPECT_FALSE(Node::scalar(text).as_number()) << text;
  EXPECT_FALSE(Node::scalar("1e999").as_number());
  EXPECT_FALSE(Node::scalar("9223372036854775808").as_integer());
  EXPECT_FALSE(Node::scalar("1.0").as_integer());
}

TEST(Node, OverlayMergesMappingsAndReplacesTheRest) {
  Node node = *parse_yaml("{a: {b: 1, c: 2}, d: [1]}", "");
  overlay(node, *parse_yaml("{a: {c: 3}, d: [2], e: x}", ""));
  EXPECT_EQ(node, *parse_yaml("{a: {b: 1, c: 3}, d: [2], e: x}", ""));
  overlay(node, *parse_yaml("{a: {b: null}, e: null, f: null}", ""));
  EXPECT_EQ(node, *parse_yaml("{a: {c: 3}, d: [2]}", ""));
  const auto keys = differing_keys(*parse_yaml("{a: {b: 1, c: 2}, d: 1}", ""),
                                   *parse_yaml("{a: {b: 1, c: 3}, e: 1}", ""));
  EXPECT_EQ(keys, (std::vector<std::string>{"a.c", "d", "e"}));
}

rc::Gen<std::string> any_yaml_text() {
  return rc::gen::oneOf(rc::gen::container<std::string>(rc::gen::inRange<char>(1, 127)),
                        rc::gen::element<std::string>(
                            "", "null", "~", "true", "Off", "yes", "1", "1.5", "007", "0x1F", "- a",
                            "a: b", "a #b", "{x}", "[y]", "ä€", "1:30", "500ms", "*", "&a", "!b",
                            " x", "x ", "%", "@", "`", "'", "\"", "\n", "-", "."));
}

rc::Gen<Node> any_node(int depth) {
  const auto scalar = rc::gen::oneOf(
      rc::gen::map(any_yaml_text(), [](const std::string& text) { return Node::text_of(text); }),
      rc::gen::map(rc::gen::arbitrary<std::int64_t>(), [](auto v) { return Node::integer(v); }),
      rc::gen::map(rc::gen::arbitrary<bool>(), [](bool v) { return Node::boolean(v); }),
      rc::gen::just(Node{}));
  if (depth == 0) return scalar;
  const auto sequence =
      rc::gen::map(rc::gen::container<std::vector<Node>>(any_node(depth - 1)), [](auto items) {
        Node node = Node::sequence();
        node.items = std::move(items);
        return node;
      });
  const auto mapping = rc::gen::map(
      rc::gen::container<std::map<std::string, Node>>(any_yaml_text(), any_node(depth - 1)),
      [](auto entries) {
        Node node = Node::mapping();
        for (auto& [key, value] : entries)
          node.entries.emplace_back(key, std::move(value));
        return node;
      });
  return rc::gen::oneOf(scalar, sequence, mapping);
}

/// A mapping without null anywhere, as bodies of definitions are.
Node without_null(Node node) {
  std::erase_if(node.entries, [](const auto& entry) { return entry.second.is_null(); });
  for (auto& entry : node.entries)
    entry.second = without_null(std::move(entry.second));
  return node;
}

RC_GTEST_PROP(Document, WhatLiesBetweenTwoMappingsMakesOneOfTheOther, ()) {
  const auto body = rc::gen::map(
      rc::gen::container<std::map<std::string, Node>>(
          rc::gen::element<std::string>("type", "unit", "source", "states"), any_node(2)),
      [](auto entries) {
        Node node = Node::mapping();
        for (auto& [key, value] : entries)
          node.set(key, std::move(value));
        return without_null(std::move(node));
      });
  const Node before = *rc::gen::resize(10, body), after = *rc::gen::resize(10, body);
  Node made = before;
  overlay(made, changes_between(before, after));
  RC_ASSERT(made == after);
  RC_ASSERT(changes_between(after, after).entries.empty());
}

RC_GTEST_PROP(Document, EveryTreeComesBackFromJson, ()) {
  const Node node = *rc::gen::resize(20, any_node(2));
  const auto back = parse_json(to_json(node), "json");
  RC_ASSERT(back.has_value());
  RC_ASSERT(*back == node);
}

RC_GTEST_PROP(Document, EveryTreeComesBackFromYaml, ()) {
  const Node node = *rc::gen::resize(20, any_node(2));
  const auto text = to_yaml(node);
  const auto back = parse_yaml(text, "yaml");
  RC_LOG() << text << (back ? "" : back.error().to_string());
  RC_ASSERT(back.has_value());
  RC_ASSERT(*back == node);
}

}  // namespace
}  // namespace tagwerk::model
