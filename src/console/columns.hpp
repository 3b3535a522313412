#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tagwerk::console {

/// Rows for people, in columns as wide as their widest cell. Control characters in a cell are shown
/// as '?', so that a device's text cannot move the cursor.
class Columns {
 public:
  /// A heading that starts with '>' is right-aligned; without headings none are shown.
  explicit Columns(std::vector<std::string> headings = {});

  void add(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }
  /// One line per row, without blanks at its end.
  std::string to_string() const;
  /// On standard output.
  void print() const;

 private:
  std::vector<std::string> headings_;
  std::vector<bool> to_the_right_;
  std::vector<std::vector<std::string>> rows_;
};

/// The cell's text with control characters replaced.
std::string printable(std::string_view text);
/// How many columns a UTF-8 text takes; every code point counts as one.
std::size_t width_of(std::string_view text);

}  // namespace tagwerk::console
