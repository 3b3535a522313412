#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tagwerk::auth {

/// Reads the JSON objects that tokens carry: one level of texts, whole numbers, booleans and nulls.
/// Stricter than a general parser on purpose: a name given twice, a nested value, a fraction or
/// anything after the closing brace is refused, so that two readers cannot understand one token
/// differently.
/// Limits: 16 members
/// Source: RFC 8259; RFC 7519 section 4 (duplicate names)
class FlatObject {
 public:
  using Scalar = std::variant<std::nullptr_t, bool, std::int64_t, std::string>;

  static std::optional<FlatObject> parse(std::string_view json);

  /// Null when the member is missing or of another type.
  const std::string* text(std::string_view name) const;
  const std::int64_t* number(std::string_view name) const;
  bool has(std::string_view name) const { return find(name) != nullptr; }

 private:
  const Scalar* find(std::string_view name) const;

  std::vector<std::pair<std::string, Scalar>> members_;
};

/// A JSON text with its quotes.
void append_json_text(std::string& out, std::string_view text);

}  // namespace tagwerk::auth
