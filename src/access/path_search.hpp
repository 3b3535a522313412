#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tagwerk::access {

/// Words that people look for in paths: each must be there, in any order, whatever its case.
/// "pump2 curr" finds /Plant/Pump2/Current, "насос ток" finds /Цех/Насос1/Ток.
class PathSearch {
 public:
  /// Blanks separate the words; without any word everything matches.
  explicit PathSearch(std::string_view text);

  bool matches(std::string_view path) const;

 private:
  std::vector<std::string> words_;  ///< folded
};

/// The text in lower case, as far as Latin and Cyrillic letters go.
std::string fold_case(std::string_view text);

}  // namespace tagwerk::access
