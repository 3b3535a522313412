#include "model/node_reader.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "model/nearest_name.hpp"

namespace tagwerk::model {
namespace {

std::string_view kind_name(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::scalar:
      return "a single value";
    case Node::Kind::sequence:
      return "a list";
    case Node::Kind::mapping:
      return "a mapping";
  }
  return "nothing";
}

/// Outside text in a message, cut where it gets long.
std::string shown(std::string_view text) {
  constexpr std::size_t kMost = 60;
  if (text.size() <= kMost) return std::string(text);
  return std::string(text.substr(0, kMost)) + "…";
}

}  // namespace

NodeReader::NodeReader(const Node& body, Subject subject, Faults& faults, bool templated)
    : body_(body), subject_(subject), faults_(faults), templated_(templated) {
  if (!body.is_mapping() && !body.is_null())
    fault(body, "must be a mapping (key: value), not {}", kind_name(body));
}

const Node* NodeReader::take(std::string_view key) {
  TAGWERK_ASSERT(known_count_ < known_.size());
  known_[known_count_++] = key;
  const Node* node = body_.find(key);
  if (node == nullptr) return nullptr;
  ++found_;
  return node->is_null() ? nullptr : node;
}

bool NodeReader::is_open(const Node& node) const {
  return templated_ && node.is_scalar() && node.text.find_first_of("{}") != std::string::npos;
}

const Node* NodeReader::scalar(std::string_view key, std::string_view wanted) {
  const Node* node = take(key);
  if (node == nullptr || is_open(*node)) return nullptr;
  if (node->is_scalar()) return node;
  fault(*node, "'{}' must be {}, not {}", key, wanted, kind_name(*node));
  return nullptr;
}

void NodeReader::text(std::string_view key, std::string& out, std::size_t max_bytes) {
  const Node* node = scalar(key, "a text");
  if (node == nullptr) return;
  if (node->text.size() > max_bytes)
    fault(*node, "'{}' has {} bytes; {} are allowed", key, node->text.size(), max_bytes);
  else
    out = node->text;
}

void NodeReader::number(std::string_view key, double& out) {
  const Node* node = scalar(key, "a number");
  if (node == nullptr) return;
  if (const auto value = node->as_number())
    out = *value;
  else
    fault(*node, "'{}' must be a number like 4 or 0.5 without quotes, not '{}'", key,
          shown(node->text));
}

void NodeReader::count(std::string_view key, std::uint32_t& out, std::uint32_t most) {
  const Node* node = scalar(key, "a whole number");
  if (node == nullptr) return;
  const auto value = node->as_integer();
  if (value && *value >= 1 && *value <= most)
    out = static_cast<std::uint32_t>(*value);
  else
    fault(*node, "'{}' must be a whole number from 1 to {} without quotes, not '{}'", key, most,
          shown(node->text));
}

void NodeReader::boolean(std::string_view key, bool& out) {
  const Node* node = scalar(key, "true or false");
  if (node == nullptr) return;
  if (const auto value = node->as_bool())
    out = *value;
  else
    fault(*node, "'{}' must be true or false, not '{}'", key, shown(node->text));
}

void NodeReader::duration(std::string_view key, std::optional<Duration>& out) {
  const Node* node = scalar(key, "a duration");
  if (node == nullptr) return;
  const auto value = base::parse_duration(node->text);
  if (!value)
    fault(*node, "'{}' must be a duration like 500ms, 3s, 5m, 2h or 1d, not '{}'", key,
          shown(node->text));
  else if (value->count() <= 0)
    fault(*node, "'{}' must be longer than zero, not '{}'", key, shown(node->text));
  else
    out = *value;
}

std::optional<std::size_t> NodeReader::word(std::string_view key,
                                            std::span<const std::string_view> words) {
  const Node* node = scalar(key, "a word");
  if (node == nullptr) return std::nullopt;
  const auto at = std::find(words.begin(), words.end(), node->text);
  if (at != words.end()) return static_cast<std::size_t>(at - words.begin());
  fault(*node, "unknown {} '{}'{}", key, shown(node->text), suggestion(node->text, words));
  return std::nullopt;
}

bool NodeReader::require(std::string_view key, std::string_view remedy) {
  const Node* node = body_.find(key);
  const bool missing = node == nullptr || node->is_null();
  const bool empty = !missing && node->is_scalar() && node->text.empty();
  if (!missing && !empty) return true;
  fault(body_, "'{}' is {}; {}", key, missing ? "missing" : "empty", remedy);
  return false;
}

void NodeReader::not_available(std::span<const std::string_view> keys) {
  if (found_ == body_.entries.size()) return;
  for (const auto& [key, value] : body_.entries) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) continue;
    ++found_;
    fault(value, "key '{}' is not available in this version; remove it", key);
    TAGWERK_ASSERT(known_count_ < known_.size());
    known_[known_count_++] = *std::find(keys.begin(), keys.end(), key);
  }
}

void NodeReader::finish() {
  if (found_ == body_.entries.size()) return;
  const auto known = std::span(known_).first(known_count_);
  for (const auto& [key, value] : body_.entries)
    if (std::find(known.begin(), known.end(), key) == known.end())
      fault(value, "unknown key '{}'{}", shown(key), suggestion(key, known));
}

}  // namespace tagwerk::model
