#include "console/typed_value.hpp"

#include "console/answer.hpp"

namespace tagwerk::console {

using model::Node;

namespace {

std::optional<Node> bool_of(const std::string& typed) {
  if (typed == "true" || typed == "on" || typed == "1") return Node::boolean(true);
  if (typed == "false" || typed == "off" || typed == "0") return Node::boolean(false);
  return std::nullopt;
}

/// "Off" -> 0, by the names of the tag's states.
std::optional<Node> state_of(const Node& tag, const std::string& typed) {
  const Node* states = tag.find("states");
  if (states == nullptr || !states->is_mapping()) return std::nullopt;
  for (const auto& [number, name] : states->entries)
    if (name.text == typed) return Node::scalar(number);
  return std::nullopt;
}

std::string names_of_states(const Node& tag) {
  const Node* states = tag.find("states");
  if (states == nullptr || !states->is_mapping()) return "";
  std::string out;
  for (const auto& [number, name] : states->entries)
    out += fmt::format("{}{}", out.empty() ? ", or " : ", ", name.text);
  return out;
}

/// Anything in JSON's form, checked as such.
std::optional<Node> json_of(const std::string& typed) {
  auto parsed = model::parse_json(typed, "value");
  if (!parsed) return std::nullopt;
  return std::move(*parsed);
}

std::optional<Node> value_of(const Node& tag, const std::string& type, const std::string& typed) {
  if (type == "string") return Node::text_of(typed);
  if (typed == "null") return Node();
  if (type == "bool") return bool_of(typed);
  if (type == "int")
    if (auto state = state_of(tag, typed)) return state;
  auto value = json_of(typed);
  if (!value || type == "json") return value;
  const bool list = type.ends_with("[]");
  const bool number = value->as_number().has_value();
  return list == value->is_sequence() && list != number ? value : std::nullopt;
}

}  // namespace

Result<Node> typed_value(const Node& tag, const std::string& typed) {
  const std::string type = text_of(tag, "type");
  if (auto value = value_of(tag, type, typed)) return std::move(*value);
  const std::string takes = type == "bool"         ? "true or false"
                            : type.ends_with("[]") ? "a JSON list, like [1, 2]"
                            : type == "json"       ? "JSON"
                            : type == "int"        ? "a whole number" + names_of_states(tag)
                                                   : "a number, like 4.2";
  return fail(ErrorCode::invalid_argument, "'{}' is no value for {}: it takes {}", typed,
              text_of(tag, "path"), takes);
}

}  // namespace tagwerk::console
