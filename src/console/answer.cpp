#include "console/answer.hpp"

#include <cstdio>

namespace tagwerk::console {

using model::Node;

std::string text_of(const Node& object, std::string_view key) {
  const Node* found = object.find(key);
  return found != nullptr && found->is_scalar() ? found->text : "";
}

std::int64_t integer_of(const Node& object, std::string_view key) {
  const Node* found = object.find(key);
  return found == nullptr ? 0 : found->as_integer().value_or(0);
}

const std::vector<Node>& items_of(const Node& object, std::string_view key) {
  static const std::vector<Node> kNone;
  const Node* found = object.find(key);
  return found != nullptr && found->is_sequence() ? found->items : kNone;
}

bool is_true(const Node& object, std::string_view key) {
  const Node* found = object.find(key);
  return found != nullptr && found->as_bool().value_or(false);
}

std::string plain(const Node* value) {
  if (value == nullptr || value->is_null()) return "-";
  return value->is_scalar() ? value->text : model::to_json(*value);
}

void print_items(const std::vector<Node>& items) {
  Node out = Node::mapping();
  Node list = Node::sequence();
  list.items = items;
  out.set("items", std::move(list));
  print_json(out);
}

void print_json(const Node& document) {
  std::printf("%s\n", model::to_json(document).c_str());
}

}  // namespace tagwerk::console
