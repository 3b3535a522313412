#include "console/grants.hpp"

#include "console/answer.hpp"

namespace tagwerk::console {

using model::Node;

std::string grants_of(const Node& owner) {
  std::string out;
  for (const Node& grant : items_of(owner, "grants"))
    out += fmt::format("{}{} in {}", out.empty() ? "" : ", ", text_of(grant, "role"),
                       text_of(grant, "subtree"));
  return out;
}

Node one_grant(const std::string& role, const std::string& subtree) {
  Node grant = Node::mapping();
  grant.set("role", Node::text_of(role));
  grant.set("subtree", Node::text_of(subtree));
  Node out = Node::sequence();
  out.items.push_back(std::move(grant));
  return out;
}

}  // namespace tagwerk::console
