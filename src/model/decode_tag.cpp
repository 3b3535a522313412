#include <array>
#include <charconv>

#include "model/decode.hpp"
#include "model/node_reader.hpp"
#include "model/project_file.hpp"

namespace tagwerk::model {
namespace {

constexpr std::size_t kMaxUnit = 64;
constexpr std::size_t kMaxWord = 64;
constexpr std::size_t kMaxAddress = 1000;
constexpr std::size_t kMaxStates = 1000;
constexpr std::uint32_t kMaxSize = 1u << 20;

constexpr std::array<std::string_view, 4> kRoles{"viewer", "operator", "engineer", "admin"};
constexpr std::array<std::string_view, 2> kTimes{"source", "arrival"};
constexpr std::array<std::string_view, 9> kTypes{"bool",   "int",   "float",   "string",  "json",
                                                 "bool[]", "int[]", "float[]", "string[]"};
constexpr std::array<std::string_view, 7> kLaterTagKeys{"archive", "alarms",      "alarm", "calc",
                                                        "scripts", "calculation", "script"};

bool is_numeric(Type type) {
  return type == Type::integer || type == Type::floating || type == Type::int_array ||
         type == Type::float_array;
}

std::optional<Range> read_range(NodeReader& in, std::string_view key) {
  const Node* node = in.take(key);
  if (node == nullptr) return std::nullopt;
  if (in.is_open(*node)) return std::nullopt;
  if (!node->is_sequence() || node->items.size() != 2) {
    in.fault(*node, "'{}' must be two numbers like [0, 10]", key);
    return std::nullopt;
  }
  if (in.is_open(node->items[0]) || in.is_open(node->items[1])) return std::nullopt;
  const auto low = node->items[0].as_number();
  const auto high = node->items[1].as_number();
  if (!low || !high) {
    in.fault(*node, "'{}' must be two numbers like [0, 10]; '{}' is none", key,
             node->items[low ? 1 : 0].text.substr(0, 60));
    return std::nullopt;
  }
  if (*low >= *high) {
    in.fault(*node, "'{}' must go from low to high, not [{}, {}]", key, *low, *high);
    return std::nullopt;
  }
  return Range{*low, *high};
}

/// In an override null takes the name of a state away.
void read_states(NodeReader& in, std::map<std::int64_t, std::string>& out, bool partial) {
  const Node* node = in.take("states");
  if (node == nullptr) return;
  if (!node->is_mapping() || node->entries.empty() || node->entries.size() > kMaxStates) {
    in.fault(*node, "'states' must be a mapping like {{0: \"Off\", 1: \"On\"}} of 1 to {} entries",
             kMaxStates);
    return;
  }
  for (const auto& [key, value] : node->entries) {
    const auto number = Node::scalar(key).as_integer();
    if (!number)
      in.fault(value, "'states' has the key '{}'; use whole numbers", key.substr(0, 60));
    else if (value.is_null() && partial)
      continue;
    else if (!value.is_scalar())
      in.fault(value, "the name of state {} must be a text", key);
    else
      out[*number] = value.text;
  }
}

void check_numbers(NodeReader& in, const SourceDefinition& source) {
  if (source.scale == 0)
    in.fault(*in.body().find("scale"), "'scale' must not be 0: every value would be the same");
  if (source.deadband < 0)
    in.fault(*in.body().find("deadband"), "'deadband' must not be negative, not {}",
             source.deadband);
}

SourceDefinition read_source(const Node& body, NodeReader& tag, TagForm form) {
  SourceDefinition out;
  NodeReader in(body, {"source of tag", tag.subject().name}, tag.faults(), form.templated);
  if (!form.partial && (body.is_mapping() || body.is_null())) {
    in.require("connector", "name the connector that reads it");
    in.require("address", "give the address in the connector's form, such as \"HR:0\"");
  }
  in.text("connector", out.connector, kMaxWord);
  in.text("device", out.device, kMaxWord);
  in.text("address", out.address, kMaxAddress);
  in.text("dtype", out.dtype, kMaxWord);
  in.text("order", out.order, kMaxWord);
  in.duration("period", out.period);
  in.number("scale", out.scale);
  in.number("offset", out.offset);
  out.clamp = read_range(in, "clamp");
  in.number("deadband", out.deadband);
  in.boolean("read_back", out.read_back);
  if (const auto time = in.word("time", kTimes))
    out.time_of = *time == 0 ? SourceDefinition::TimeOf::source : SourceDefinition::TimeOf::arrival;
  in.finish();
  check_numbers(in, out);
  return out;
}

/// Keys of a source that only mean something for numbers.
void check_source_fits(NodeReader& in, const Node& source, Type type) {
  static constexpr std::array<std::string_view, 4> kNumeric{"scale", "offset", "clamp", "deadband"};
  if (is_numeric(type)) return;
  for (const auto key : kNumeric)
    if (const Node* node = source.find(key); node != nullptr && !node->is_null())
      in.fault(*node, "'{}' needs a numeric tag, and this one is {}; remove it", key,
               to_string(type));
}

void check_fits(NodeReader& in, const TagDefinition& tag) {
  if (tag.size != 0 && tag.type < Type::string)
    in.fault(*in.body().find("size"), "'size' is for texts, json and arrays, and this one is {}",
             to_string(tag.type));
  if (tag.range && !is_numeric(tag.type))
    in.fault(*in.body().find("range"), "'range' needs an int or float tag, and this one is {}",
             to_string(tag.type));
  if (!tag.states.empty() && tag.type != Type::integer)
    in.fault(*in.body().find("states"), "'states' needs an int tag, and this one is {}",
             to_string(tag.type));
  if (tag.source && in.body().find("source")->is_mapping())
    check_source_fits(in, *in.body().find("source"), tag.type);
}

}  // namespace

TagDefinition decode_tag(std::string_view path, const Node& body, Faults& faults, TagForm form) {
  TagDefinition out;
  out.path = path;
  NodeReader in(body, {"tag", path}, faults, form.templated);
  if (!form.partial && (body.is_mapping() || body.is_null()))
    in.require("type", "add one, such as type: float");
  const auto type = in.word("type", kTypes);
  if (type) out.type = static_cast<Type>(*type + 1);
  in.text("unit", out.unit, kMaxUnit);
  in.text("description", out.description, kMaxDescription);
  out.range = read_range(in, "range");
  read_states(in, out.states, form.partial);
  if (const Node* source = in.take("source")) out.source = read_source(*source, in, form);
  if (const auto role = in.word("write", kRoles)) out.write = kRoles[*role];
  in.boolean("confirm", out.confirm);
  in.duration("stale_after", out.stale_after);
  in.count("size", out.size, kMaxSize);
  in.not_available(kLaterTagKeys);
  in.finish();
  if (type) check_fits(in, out);
  return out;
}

std::vector<std::pair<std::string_view, std::string_view>> tag_warnings(const TagDefinition& tag) {
  std::vector<std::pair<std::string_view, std::string_view>> out;
  if (tag.confirm && tag.write.empty())
    out.emplace_back("confirm", "'confirm' has no effect without 'write'; add write: operator");
  if (tag.source && tag.source->read_back && tag.write.empty())
    out.emplace_back("source.read_back", "'read_back' has no effect without 'write'");
  if (tag.source && tag.source->period && tag.stale_after && *tag.stale_after < *tag.source->period)
    out.emplace_back("stale_after",
                     "it goes stale before it is polled again; use 3 times the period");
  return out;
}

}  // namespace tagwerk::model
