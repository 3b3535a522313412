#include "model/decode.hpp"

#include <array>

#include "model/node_reader.hpp"
#include "model/parameters.hpp"
#include "model/path.hpp"
#include "model/project_file.hpp"

namespace tagwerk::model {
namespace {

constexpr std::size_t kMaxName = 64;

constexpr std::array<std::string_view, 7> kLaterTypeKeys{
    "alarms", "calculations", "scripts", "faceplate", "methods", "schedules", "archive"};
constexpr std::array<std::string_view, 4> kLaterObjectKeys{"alarms", "archive", "methods",
                                                           "scripts"};

/// A connector's name is also a directory and an argument of its process.
bool is_plain_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxName) return false;
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    if (!letter && !(c >= '0' && c <= '9') && c != '-') return false;
  }
  return name[0] != '-';
}

void check_name(std::string_view kind, std::string_view name, const Node& at, Faults& faults) {
  if (!is_plain_name(name))
    faults.add(at, "{} name '{}' is not valid; use 1 to {} letters, digits, '_' and '-'", kind,
               name.substr(0, kMaxName), kMaxName);
}

Result<Type> parameter_type(const Node& node) {
  if (node.is_scalar())
    if (const auto type = parse_type(node.text); type && *type <= Type::string) return *type;
  return fail(ErrorCode::invalid_argument, "the type of a parameter is bool, int, float or string");
}

void read_declared(NodeReader& in, std::map<std::string, Type>& out) {
  const Node* node = in.take("parameters");
  if (node == nullptr) return;
  if (!node->is_mapping()) {
    in.fault(*node, "'parameters' must be a mapping like {{base: int}}");
    return;
  }
  for (const auto& [name, value] : node->entries) {
    const auto type = parameter_type(value);
    if (!is_parameter_name(name))
      in.fault(value, "parameter name '{}' is not valid; use letters, digits and '_'",
               name.substr(0, kMaxName));
    else if (!type)
      in.fault(value, "parameter '{}': {}", name, type.error().message);
    else
      out[name] = *type;
  }
}

/// Every fault in the `{…}` of a body.
void check_templates(const Node& node, const Parameters& samples, NodeReader& in) {
  if (node.is_scalar()) {
    if (const auto filled = fill(node.text, samples); !filled)
      in.fault(node, "{}", filled.error().message);
    return;
  }
  for (const auto& entry : node.entries)
    check_templates(entry.second, samples, in);
  for (const Node& item : node.items)
    check_templates(item, samples, in);
}

void read_type_tags(NodeReader& in, TypeDefinition& out) {
  const Node* node = in.take("tags");
  if (node == nullptr) return;
  if (!node->is_mapping()) {
    in.fault(*node, "'tags' must be a mapping like {{Running: {{type: bool}}}}");
    return;
  }
  const auto samples = sample_parameters(out.parameters);
  for (const auto& [name, body] : node->entries) {
    if (const auto path = normalise_path(name); !path || name.starts_with('/'))
      in.fault(body, "tag name '{}' is not valid; use a name like Running", name.substr(0, 60));
    const std::string full = out.name + "." + name;
    decode_tag(full, body, in.faults(), {.templated = true});
    check_templates(body, samples, in);
    out.tags.emplace_back(name, body);
  }
}

Node mapping_of(NodeReader& in, std::string_view key) {
  const Node* node = in.take(key);
  if (node == nullptr) return {};
  if (node->is_mapping()) return *node;
  in.fault(*node, "'{}' must be a mapping", key);
  return {};
}

template <class T>
Result<T> first_fault_or(T value, Faults& faults) {
  if (faults.count() == 0) return value;
  return std::unexpected(faults.errors().front());
}

}  // namespace

TypeDefinition decode_type(std::string_view name, const Node& body, Faults& faults) {
  TypeDefinition out;
  out.name = name;
  check_name("type", name, body, faults);
  NodeReader in(body, {"type", name}, faults);
  in.text("description", out.description, kMaxDescription);
  read_declared(in, out.parameters);
  read_type_tags(in, out);
  in.not_available(kLaterTypeKeys);
  in.finish();
  return out;
}

ObjectDefinition decode_object(std::string_view path, const Node& body, Faults& faults) {
  ObjectDefinition out;
  out.path = path;
  NodeReader in(body, {"object", path}, faults);
  in.text("description", out.description, kMaxDescription);
  in.text("type", out.type, kMaxName);
  out.with = mapping_of(in, "with");
  out.override_tags = mapping_of(in, "override");
  in.not_available(kLaterObjectKeys);
  in.finish();
  if (out.type.empty() && !(out.with.is_null() && out.override_tags.is_null()))
    in.fault(body, "'with' and 'override' need a 'type'; name it or remove them");
  for (const auto& [name, changes] : out.override_tags.entries)
    decode_tag(std::string(path) + "/" + name, changes, faults,
               {.templated = true, .partial = true});
  return out;
}

ConnectorDefinition decode_connector(std::string_view name, const Node& body, Faults& faults) {
  ConnectorDefinition out;
  out.name = name;
  check_name("connector", name, body, faults);
  NodeReader in(body, {"connector", name}, faults);
  if (body.is_mapping() || body.is_null()) in.require("type", "add one, such as type: modbus");
  in.text("type", out.type, kMaxName);
  in.boolean("enabled", out.enabled);
  out.settings = Node::mapping();
  out.settings.line = body.line;
  out.settings.column = body.column;
  for (const auto& entry : body.entries)
    if (entry.first != "type" && entry.first != "enabled") out.settings.entries.push_back(entry);
  return out;
}

Result<TagDefinition> decode_tag(std::string_view path, const Node& body, const std::string& file) {
  Faults faults(file);
  return first_fault_or(decode_tag(path, body, faults), faults);
}

Result<ObjectDefinition> decode_object(std::string_view path, const Node& body,
                                       const std::string& file) {
  Faults faults(file);
  return first_fault_or(decode_object(path, body, faults), faults);
}

Result<ConnectorDefinition> decode_connector(std::string_view name, const Node& body,
                                             const std::string& file) {
  Faults faults(file);
  return first_fault_or(decode_connector(name, body, faults), faults);
}

Result<TypeDefinition> decode_type(std::string_view name, const Node& body,
                                   const std::string& file) {
  Faults faults(file);
  return first_fault_or(decode_type(name, body, faults), faults);
}

}  // namespace tagwerk::model
