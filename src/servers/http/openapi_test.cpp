#include "servers/http/openapi.hpp"

#include <gtest/gtest.h>
#include <set>

#include "model/document.hpp"
#include "servers/http/routes.hpp"

namespace tagwerk::servers::http {
namespace {

using model::Node;

const Node& document() {
  static const Node parsed = [] {
    auto result = model::parse_yaml(openapi_yaml(), "openapi.yaml");
    EXPECT_TRUE(result) << result.error().to_string();
    return result ? *result : Node{};
  }();
  return parsed;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    c = static_cast<char>(std::tolower(c));
  return out;
}

TEST(OpenApi, HasTheSameRoutesAsTheRouter) {
  std::set<std::string> documented, routed;
  for (const auto& [path, item] : document().find("paths")->entries)
    for (const auto& [method, operation] : item.entries)
      if (method != "parameters") documented.insert(method + " " + path);
  for (const Route& route : all_routes())
    routed.insert(lower(net::to_string(route.method)) + " " + std::string(route.pattern));
  EXPECT_EQ(documented, routed);
}

TEST(OpenApi, SaysWhichRoutesAreOpenAsTheRouterHasIt) {
  for (const Route& route : all_routes()) {
    const Node* operation =
        document().find("paths")->find(route.pattern)->find(lower(net::to_string(route.method)));
    ASSERT_NE(operation, nullptr) << route.pattern;
    const bool documented_open = operation->find("security") != nullptr;
    EXPECT_EQ(documented_open, route.need == Need::nothing) << route.pattern;
    EXPECT_NE(operation->find("operationId"), nullptr) << route.pattern;
    EXPECT_NE(operation->find("summary"), nullptr) << route.pattern;
    EXPECT_TRUE(documented_open || operation->find("responses")->find("401") != nullptr)
        << route.pattern;
  }
}

const Node* follow(std::string_view pointer) {
  const Node* at = &document();
  pointer.remove_prefix(2);
  while (at != nullptr && !pointer.empty()) {
    const std::size_t slash = std::min(pointer.find('/'), pointer.size());
    at = at->find(pointer.substr(0, slash));
    pointer.remove_prefix(std::min(slash + 1, pointer.size()));
  }
  return at;
}

void check_references(const Node& node, std::set<std::string>& used) {
  if (const Node* reference = node.find("$ref")) {
    EXPECT_TRUE(reference->text.starts_with("#/components/")) << reference->text;
    EXPECT_NE(follow(reference->text), nullptr) << reference->text;
    used.insert(reference->text);
  }
  for (const auto& [key, child] : node.entries)
    check_references(child, used);
  for (const Node& child : node.items)
    check_references(child, used);
}

TEST(OpenApi, HasNoDanglingReferenceAndNoUnusedSchema) {
  std::set<std::string> used;
  check_references(document(), used);
  for (const auto& [name, schema] : document().find("components")->find("schemas")->entries)
    EXPECT_TRUE(used.contains("#/components/schemas/" + name)) << name;
}

TEST(OpenApi, NamesTheBasePathAsItsServer) {
  const auto json = model::parse_json(openapi_json("/tagwerk"), "openapi.json");
  ASSERT_TRUE(json);
  EXPECT_EQ(json->find("servers")->items.front().find("url")->text, "/tagwerk");
  EXPECT_EQ(json->find("openapi")->text, "3.1.0");
}

}  // namespace
}  // namespace tagwerk::servers::http
