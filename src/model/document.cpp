#include "model/document.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "model/value.hpp"

namespace tagwerk::model {
namespace {

std::size_t skip_digits(std::string_view text, std::size_t at) {
  while (at < text.size() && text[at] >= '0' && text[at] <= '9')
    ++at;
  return at;
}

/// RFC 8259 number: what JSON and YAML agree on. "007", ".5", "0x10" and "nan" are texts.
bool has_number_form(std::string_view text) {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const std::size_t first = at;
  at = skip_digits(text, at);
  if (at == first || (text[first] == '0' && at - first > 1)) return false;
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = at + 1;
    at = skip_digits(text, fraction);
    if (at == fraction) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const std::size_t exponent = at;
    at = skip_digits(text, exponent);
    if (at == exponent) return false;
  }
  return at == text.size();
}

bool has_bool_form(std::string_view text) {
  return text == "true" || text == "false";
}

template <class T>
std::optional<T> read(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool same_entries(const Node& a, const Node& b) {
  if (a.entries.size() != b.entries.size()) return false;
  for (std::size_t i = 0; i < a.entries.size(); ++i) {
    const auto& [key, value] = a.entries[i];
    const Node* other = b.entries[i].first == key ? &b.entries[i].second : b.find(key);
    if (other == nullptr || !(value == *other)) return false;
  }
  return true;
}

void collect_differences(const std::string& prefix, const Node& before, const Node& after,
                         std::vector<std::string>& out) {
  static const Node kAbsent;
  const auto compare = [&](const std::string& key, const Node& a, const Node& b) {
    if (a == b) return;
    if (a.is_mapping() && b.is_mapping())
      collect_differences(prefix + key + ".", a, b, out);
    else
      out.push_back(prefix + key);
  };
  for (const auto& [key, value] : before.entries) {
    const Node* other = after.find(key);
    compare(key, value, other == nullptr ? kAbsent : *other);
  }
  for (const auto& [key, value] : after.entries)
    if (before.find(key) == nullptr) compare(key, kAbsent, value);
}

}  // namespace

Node Node::scalar(std::string_view text, bool quoted) {
  Node node;
  node.kind = Kind::scalar;
  node.text = text;
  node.quoted = quoted;
  return node;
}

Node Node::number(double value) {
  std::string text;
  append_json_number(text, value);
  return scalar(text);
}

Node Node::mapping() {
  Node node;
  node.kind = Kind::mapping;
  return node;
}

Node Node::sequence() {
  Node node;
  node.kind = Kind::sequence;
  return node;
}

bool Node::is_text() const {
  return is_scalar() && (quoted || !(has_number_form(text) || has_bool_form(text)));
}

std::optional<double> Node::as_number() const {
  if (!is_scalar() || quoted || !has_number_form(text)) return std::nullopt;
  return read<double>(text);
}

std::optional<std::int64_t> Node::as_integer() const {
  if (!is_scalar() || quoted || !has_number_form(text)) return std::nullopt;
  return read<std::int64_t>(text);
}

std::optional<bool> Node::as_bool() const {
  if (!is_scalar() || quoted || !has_bool_form(text)) return std::nullopt;
  return text == "true";
}

const Node* Node::find(std::string_view key) const {
  for (const auto& entry : entries)
    if (entry.first == key) return &entry.second;
  return nullptr;
}

Node* Node::find(std::string_view key) {
  return const_cast<Node*>(std::as_const(*this).find(key));
}

void Node::set(std::string_view key, Node value) {
  kind = Kind::mapping;
  if (Node* old = find(key))
    *old = std::move(value);
  else
    entries.emplace_back(std::string(key), std::move(value));
}

bool Node::operator==(const Node& other) const {
  if (kind != other.kind) return false;
  switch (kind) {
    case Kind::null:
      return true;
    case Kind::scalar:
      return text == other.text && (quoted == other.quoted || is_text() == other.is_text());
    case Kind::sequence:
      return items == other.items;
    case Kind::mapping:
      return same_entries(*this, other);
  }
  return false;
}

void overlay(Node& base, const Node& changes) {
  if (!base.is_mapping() || !changes.is_mapping()) {
    base = changes;
    return;
  }
  for (const auto& [key, value] : changes.entries) {
    if (value.is_null())
      std::erase_if(base.entries, [&](const auto& entry) { return entry.first == key; });
    else if (Node* old = base.find(key))
      overlay(*old, value);
    else
      base.entries.emplace_back(key, value);
  }
}

Node changes_between(const Node& before, const Node& after) {
  Node out = Node::mapping();
  for (const auto& entry : before.entries)
    if (after.find(entry.first) == nullptr) out.entries.emplace_back(entry.first, Node{});
  for (const auto& [key, value] : after.entries) {
    const Node* old = before.find(key);
    if (old != nullptr && *old == value) continue;
    const bool merges = old != nullptr && old->is_mapping() && value.is_mapping();
    out.entries.emplace_back(key, merges ? changes_between(*old, value) : value);
  }
  return out;
}

std::vector<std::string> differing_keys(const Node& before, const Node& after) {
  std::vector<std::string> out;
  collect_differences("", before, after, out);
  return out;
}

}  // namespace tagwerk::model
