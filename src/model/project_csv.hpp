#pragma once

#include <string>
#include <vector>

#include "model/definitions.hpp"

namespace tagwerk::model {

/// Tags as a table, one row each, for spreadsheets and other programs. Types, objects and
/// connectors are not in it, nor are tags that objects have by their types.
///
/// Columns (the header says which there are, in any order; name and type_ are needed):
///   name type_ min_ max_ units description states write confirm stale_after size
///   connector_name device source dtype order period scale offset clamp_min clamp_max deadband
///   read_back time
/// value, is_log and max_age are understood and left out with a warning: this version has nothing
/// they could become. An empty cell is a key that is not given.

/// How spreadsheets of a country write and expect it.
struct CsvForm {
  char separator = ',';
  bool decimal_comma = false;
  bool byte_order_mark = false;

  /// What Excel and LibreOffice open rightly where numbers have a comma.
  static CsvForm semicolon() { return {';', true, true}; }
};

/// A table read into the same tree as a project file with a section `tags`; every value has the
/// place of its cell.
struct CsvTags {
  Node root;
  std::vector<Error> errors;  ///< at most 1,000
  std::vector<Error> warnings;
};
/// Understands ',' and ';', decimal point and comma, a byte order mark, UTF-8 and Windows-1251, and
/// a first line `sep=;`.
/// Limits: 64 MiB
CsvTags read_csv(std::string_view text, const std::string& file);

/// The tags of a project that lie in a subtree ("/" = all of them). read_csv gives them back.
std::string tags_to_csv(const Project& project, std::string_view subtree, CsvForm form = {});

}  // namespace tagwerk::model
