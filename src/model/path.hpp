#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace tagwerk::model {

/// Paths name objects and tags: "/Plant/Pump1/Pressure". They start with '/', are case-sensitive,
/// and a segment is not empty and holds no '/ * { }' and no control characters. Limits: 1,000 bytes
/// and 32 segments.

/// The canonical form; a missing first '/' is added, blanks at both ends are an error.
/// Fails: invalid_argument, naming the path and what is wrong with it
Result<std::string> normalise_path(std::string_view text);

/// "/Plant/Pump1" of "/Plant/Pump1/Pressure"; "" of "/Pressure".
std::string_view parent_path(std::string_view path);
/// "Pressure" of "/Plant/Pump1/Pressure".
std::string_view leaf_name(std::string_view path);
/// True for the path itself and everything below; "" and "/" hold everything.
bool is_within(std::string_view path, std::string_view subtree);

/// A path in which `*` stands for one segment and `**` for any number of them (none included).
/// Threads: immutable
class PathPattern {
 public:
  /// Fails: invalid_argument, as normalise_path; `*` only as a whole segment
  static Result<PathPattern> parse(std::string_view text);

  bool matches(std::string_view path) const;
  /// No wildcard: the pattern is the path of one thing.
  bool exact() const { return exact_; }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::vector<std::string> segments_;
  bool exact_ = true;
};

}  // namespace tagwerk::model
