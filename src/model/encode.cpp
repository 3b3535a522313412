#include "base/time.hpp"
#include "model/project_file.hpp"

namespace tagwerk::model {
namespace {

void put_text(Node& out, std::string_view key, const std::string& text) {
  if (!text.empty()) out.entries.emplace_back(key, Node::text_of(text));
}
void put_duration(Node& out, std::string_view key, const std::optional<Duration>& duration) {
  if (duration) out.entries.emplace_back(key, Node::text_of(base::to_string(*duration)));
}
void put_range(Node& out, std::string_view key, const std::optional<Range>& range) {
  if (!range) return;
  Node pair = Node::sequence();
  pair.items = {Node::number(range->low), Node::number(range->high)};
  out.entries.emplace_back(key, std::move(pair));
}
void put_number(Node& out, std::string_view key, double number, double unless) {
  if (number != unless) out.entries.emplace_back(key, Node::number(number));
}
void put_true(Node& out, std::string_view key, bool value) {
  if (value) out.entries.emplace_back(key, Node::boolean(true));
}

Node encode_source(const SourceDefinition& source) {
  static const SourceDefinition kDefault;
  Node out = Node::mapping();
  put_text(out, "connector", source.connector);
  if (source.device != kDefault.device) put_text(out, "device", source.device);
  put_text(out, "address", source.address);
  put_text(out, "dtype", source.dtype);
  put_text(out, "order", source.order);
  put_duration(out, "period", source.period);
  put_number(out, "scale", source.scale, kDefault.scale);
  put_number(out, "offset", source.offset, kDefault.offset);
  put_range(out, "clamp", source.clamp);
  put_number(out, "deadband", source.deadband, kDefault.deadband);
  put_true(out, "read_back", source.read_back);
  if (source.time_of == SourceDefinition::TimeOf::arrival)
    out.entries.emplace_back("time", Node::text_of("arrival"));
  return out;
}

Node encode_states(const std::map<std::int64_t, std::string>& states) {
  Node out = Node::mapping();
  for (const auto& [number, name] : states)
    out.entries.emplace_back(std::to_string(number), Node::text_of(name));
  return out;
}

template <class Definitions>
void put_section(Node& root, std::string_view key, const Definitions& definitions) {
  if (definitions.empty()) return;
  Node section = Node::mapping();
  for (const auto& [name, definition] : definitions)
    section.entries.emplace_back(name.starts_with('/') ? name.substr(1) : name, encode(definition));
  root.entries.emplace_back(key, std::move(section));
}

}  // namespace

Node encode(const TagDefinition& tag) {
  Node out = Node::mapping();
  out.entries.emplace_back("type", Node::text_of(to_string(tag.type)));
  put_text(out, "unit", tag.unit);
  put_text(out, "description", tag.description);
  put_range(out, "range", tag.range);
  if (!tag.states.empty()) out.entries.emplace_back("states", encode_states(tag.states));
  if (tag.source) out.entries.emplace_back("source", encode_source(*tag.source));
  put_text(out, "write", tag.write);
  put_true(out, "confirm", tag.confirm);
  put_duration(out, "stale_after", tag.stale_after);
  if (tag.size != 0) out.entries.emplace_back("size", Node::integer(tag.size));
  return out;
}

Node encode(const ObjectDefinition& object) {
  Node out = Node::mapping();
  put_text(out, "description", object.description);
  put_text(out, "type", object.type);
  if (!object.with.is_null()) out.entries.emplace_back("with", object.with);
  if (!object.override_tags.is_null()) out.entries.emplace_back("override", object.override_tags);
  return out;
}

Node encode(const ConnectorDefinition& connector) {
  Node out = Node::mapping();
  put_text(out, "type", connector.type);
  if (!connector.enabled) out.entries.emplace_back("enabled", Node::boolean(false));
  for (const auto& entry : connector.settings.entries)
    out.entries.push_back(entry);
  return out;
}

Node encode(const TypeDefinition& type) {
  Node out = Node::mapping();
  put_text(out, "description", type.description);
  if (!type.parameters.empty()) {
    Node parameters = Node::mapping();
    for (const auto& [name, kind] : type.parameters)
      parameters.entries.emplace_back(name, Node::text_of(to_string(kind)));
    out.entries.emplace_back("parameters", std::move(parameters));
  }
  if (!type.tags.empty()) {
    Node tags = Node::mapping();
    tags.entries = type.tags;
    out.entries.emplace_back("tags", std::move(tags));
  }
  return out;
}

std::string to_yaml(const Project& project) {
  Node root = Node::mapping();
  put_section(root, "types", project.types);
  put_section(root, "connectors", project.connectors);
  put_section(root, "objects", project.objects);
  put_section(root, "tags", project.tags);
  return root.entries.empty() ? "" : to_yaml(root);
}

}  // namespace tagwerk::model
