#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace tagwerk::model {

/// Text as UTF-8, whatever a spreadsheet made of it. Internal to the reader of CSV.
struct DecodedText {
  std::string text;           ///< without byte order mark
  bool windows_1251 = false;  ///< it was no UTF-8 and was read as this
};
/// Fails: invalid_argument for UTF-16, which has a byte order mark of its own
Result<DecodedText> decode_text(std::string_view bytes, std::string_view file);

/// One cell of a row; line and column are where it begins, in characters from 1.
struct CsvCell {
  std::string text;
  bool quoted = false;
  int line = 0;
  int column = 0;
};

/// Reads a table row by row. Blanks around a cell that is not quoted do not count; cells in quotes
/// may hold separators, line ends and doubled quotes. Lines end with LF, CR LF or CR.
/// Source: RFC 4180, sections 2.1 to 2.7
class CsvReader {
 public:
  /// The text must outlive this.
  CsvReader(std::string_view text, char separator) : rest_(text), separator_(separator) {}

  /// False at the end. Lines without any text are no rows.
  /// Fails: invalid_argument at a quote without its partner or with text behind it
  Result<bool> next(std::vector<CsvCell>& row);

  int line() const { return line_; }

 private:
  Status read_cell(CsvCell& cell);
  Status read_quoted(CsvCell& cell);
  void skip_blanks();
  void advance();
  bool at_cell_end() const;
  bool end_row();

  std::string_view rest_;
  const char separator_;
  int line_ = 1;
  int column_ = 1;
};

/// ';' when the first line has more of them than of ',' outside quotes.
char separator_of(std::string_view text);

/// Appends a cell, in quotes where it needs them.
void append_csv_cell(std::string& out, std::string_view text, char separator);

}  // namespace tagwerk::model
