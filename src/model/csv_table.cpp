#include "model/csv_table.hpp"

#include <algorithm>
#include <array>

#include "model/value.hpp"

namespace tagwerk::model {
namespace {

constexpr std::string_view kUtf8Mark = "\xef\xbb\xbf";

/// Code points of the bytes 0x80 to 0xbf; those from 0xc0 on are А to я.
/// Source: Unicode Consortium, MAPPINGS/VENDORS/MICSFT/WINDOWS/CP1251.TXT
constexpr std::array<char16_t, 64> kWindows1251{
    0x0402, 0x0403, 0x201a, 0x0453, 0x201e, 0x2026, 0x2020, 0x2021, 0x20ac, 0x2030, 0x0409,
    0x2039, 0x040a, 0x040c, 0x040b, 0x040f, 0x0452, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x0098, 0x2122, 0x0459, 0x203a, 0x045a, 0x045c, 0x045b, 0x045f, 0x00a0,
    0x040e, 0x045e, 0x0408, 0x00a4, 0x0490, 0x00a6, 0x00a7, 0x0401, 0x00a9, 0x0404, 0x00ab,
    0x00ac, 0x00ad, 0x00ae, 0x0407, 0x00b0, 0x00b1, 0x0406, 0x0456, 0x0491, 0x00b5, 0x00b6,
    0x00b7, 0x0451, 0x2116, 0x0454, 0x00bb, 0x0458, 0x0405, 0x0455, 0x0457};

void append_utf8(std::string& out, char16_t code) {
  const auto add = [&](int bits) { out.push_back(static_cast<char>(bits)); };
  if (code < 0x80) {
    add(code);
  } else if (code < 0x800) {
    add(0xc0 | (code >> 6));
    add(0x80 | (code & 0x3f));
  } else {
    add(0xe0 | (code >> 12));
    add(0x80 | ((code >> 6) & 0x3f));
    add(0x80 | (code & 0x3f));
  }
}

std::string from_windows_1251(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80)
      out.push_back(c);
    else if (byte < 0xc0)
      append_utf8(out, kWindows1251[byte - 0x80]);
    else
      append_utf8(out, static_cast<char16_t>(0x410 + byte - 0xc0));
  }
  return out;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}
bool is_line_end(char c) {
  return c == '\n' || c == '\r';
}

}  // namespace

Result<DecodedText> decode_text(std::string_view bytes, std::string_view file) {
  if (bytes.starts_with("\xff\xfe") || bytes.starts_with("\xfe\xff"))
    return std::unexpected(Error{ErrorCode::invalid_argument,
                                 "the file is UTF-16; save it as CSV with UTF-8",
                                 base::SourceLocation{.file = std::string(file)}});
  if (bytes.starts_with(kUtf8Mark)) bytes.remove_prefix(kUtf8Mark.size());
  if (find_bad_utf8(bytes) == std::string_view::npos) return DecodedText{std::string(bytes)};
  return DecodedText{from_windows_1251(bytes), true};
}

void CsvReader::advance() {
  const char c = rest_.front();
  rest_.remove_prefix(1);
  if (c == '\n' || (c == '\r' && !rest_.starts_with('\n'))) {
    ++line_;
    column_ = 1;
  } else if (c != '\r' && (static_cast<unsigned char>(c) & 0xc0) != 0x80) {
    ++column_;  // a character, not one of its further bytes
  }
}

void CsvReader::skip_blanks() {
  while (!rest_.empty() && is_blank(rest_.front()) && rest_.front() != separator_)
    advance();
}

bool CsvReader::at_cell_end() const {
  return rest_.empty() || rest_.front() == separator_ || is_line_end(rest_.front());
}

Status CsvReader::read_quoted(CsvCell& cell) {
  const int line = line_, column = column_;
  cell.quoted = true;
  for (advance();; advance()) {
    if (rest_.empty())
      return std::unexpected(Error{ErrorCode::invalid_argument,
                                   "the quote that begins here has no end; add the second one",
                                   base::SourceLocation{{}, line, column}});
    if (rest_.front() == '"') {
      advance();
      if (!rest_.starts_with('"')) break;
    }
    cell.text.push_back(rest_.front());
  }
  skip_blanks();
  if (at_cell_end()) return {};
  return std::unexpected(Error{
      ErrorCode::invalid_argument,
      "text follows the end of a quoted cell; write \"\" for a quote inside, or a separator here",
      base::SourceLocation{{}, line_, column_}});
}

Status CsvReader::read_cell(CsvCell& cell) {
  cell.text.clear();
  cell.quoted = false;
  skip_blanks();
  cell.line = line_;
  cell.column = column_;
  if (rest_.starts_with('"')) return read_quoted(cell);
  while (!at_cell_end()) {
    cell.text.push_back(rest_.front());
    advance();
  }
  while (!cell.text.empty() && is_blank(cell.text.back()))
    cell.text.pop_back();
  return {};
}

/// True when the row ends here; the line end is taken.
bool CsvReader::end_row() {
  if (rest_.empty()) return true;
  if (!is_line_end(rest_.front())) return false;
  const bool pair = rest_.starts_with("\r\n");
  advance();
  if (pair) advance();
  return true;
}

Result<bool> CsvReader::next(std::vector<CsvCell>& row) {
  while (!rest_.empty()) {
    std::size_t count = 0;
    bool empty = true;
    while (true) {
      if (count == row.size()) row.emplace_back();
      CsvCell& cell = row[count++];
      if (auto read = read_cell(cell); !read) return std::unexpected(read.error());
      empty = empty && cell.text.empty();
      if (end_row()) break;
      advance();  // the separator
    }
    row.resize(count);
    if (!empty) return true;
  }
  return false;
}

char separator_of(std::string_view text) {
  std::ptrdiff_t commas = 0, semicolons = 0;
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (is_line_end(c) && commas + semicolons > 0) break;
    commas += c == ',';
    semicolons += c == ';';
  }
  return semicolons > commas ? ';' : ',';
}

void append_csv_cell(std::string& out, std::string_view text, char separator) {
  const bool plain = std::ranges::none_of(
      text, [&](char c) { return c == separator || c == '"' || is_line_end(c); });
  if (text.empty() || (plain && !is_blank(text.front()) && !is_blank(text.back()))) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text)
    out.append(c == '"' ? 2 : 1, c);
  out += '"';
}

}  // namespace tagwerk::model
