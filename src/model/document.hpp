#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace tagwerk::model {

/// A neutral tree of what a person or a program wrote: the same for YAML, JSON and the
/// configuration database, so that there is one decoder per definition and one place that knows
/// where an error is. Mappings keep the order in which they were written. Compares by content, not
/// by place and not by the order of keys.
struct Node {
  enum class Kind : std::uint8_t { null, scalar, sequence, mapping };

  Kind kind = Kind::null;
  std::string text;         ///< scalar: as written, without quotes
  bool quoted = false;      ///< scalar: a text even when it looks like a number or a bool
  std::vector<Node> items;  ///< sequence
  std::vector<std::pair<std::string, Node>> entries;  ///< mapping; no key twice
  int line = 0;    ///< from 1; 0 = unknown. The value of a mapping has the place of its key
  int column = 0;  ///< from 1

  Node() noexcept;  // defined where Node is complete: clang needs that for pairs of Node

  static Node scalar(std::string_view text, bool quoted = false);
  static Node text_of(std::string_view text) { return scalar(text, true); }
  static Node boolean(bool value) { return scalar(value ? "true" : "false"); }
  static Node integer(std::int64_t value) { return scalar(std::to_string(value)); }
  /// Shortest form that reads back to the same number.
  static Node number(double value);
  static Node mapping();
  static Node sequence();

  bool is_mapping() const { return kind == Kind::mapping; }
  bool is_sequence() const { return kind == Kind::sequence; }
  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_null() const { return kind == Kind::null; }
  /// A scalar that is neither a number nor a bool: quoted, or of another form.
  bool is_text() const;

  /// The scalar as a number or bool in JSON's form; nothing when it is none (or quoted).
  std::optional<double> as_number() const;
  std::optional<std::int64_t> as_integer() const;
  std::optional<bool> as_bool() const;

  const Node* find(std::string_view key) const;
  Node* find(std::string_view key);
  /// Adds the entry or replaces its value.
  void set(std::string_view key, Node value);

  bool operator==(const Node& other) const;
};

inline Node::Node() noexcept = default;

/// Limits: 64 MiB, nesting of 64, 5 million nodes; aliases (`*x`), tags (`!x`), a key given twice
/// and a second document are refused.
/// Fails: invalid_argument with file:line:column
Result<Node> parse_yaml(std::string_view text, std::string_view file_name);
/// Same limits. Nodes have no place; errors in the text itself have one.
Result<Node> parse_json(std::string_view text, std::string_view source_name);
/// Block style outside, one line per mapping inside where it fits into 100 columns.
std::string to_yaml(const Node& node);
/// Compact, one line. parse_json gives an equal node back.
std::string to_json(const Node& node);
void append_json(std::string& out, const Node& node);

/// Laid over `base` key by key: mappings merge, null takes a key away, everything else is replaced.
/// Source: RFC 7396 (JSON Merge Patch), with places kept
void overlay(Node& base, const Node& changes);
/// What overlay needs to make `after` of `before`, both mappings without null in them.
Node changes_between(const Node& before, const Node& after);
/// The keys in which two mappings differ: "unit", "source.address".
std::vector<std::string> differing_keys(const Node& before, const Node& after);

}  // namespace tagwerk::model
