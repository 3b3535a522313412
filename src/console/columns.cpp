#include "console/columns.hpp"

#include <algorithm>
#include <cstdio>

namespace tagwerk::console {
namespace {

void append_cell(std::string& line, const std::string& cell, std::size_t width, bool to_the_right) {
  const std::string blanks(width - std::min(width, width_of(cell)), ' ');
  line += to_the_right ? blanks + cell : cell + blanks;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out(text);
  std::ranges::replace_if(out, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return out;
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](unsigned char c) { return (c & 0xC0) != 0x80; }));
}

Columns::Columns(std::vector<std::string> headings) : headings_(std::move(headings)) {
  for (std::string& heading : headings_) {
    to_the_right_.push_back(heading.starts_with('>'));
    if (to_the_right_.back()) heading.erase(0, 1);
  }
}

void Columns::add(std::vector<std::string> cells) {
  for (std::string& cell : cells)
    cell = printable(cell);
  rows_.push_back(std::move(cells));
}

std::string Columns::to_string() const {
  std::vector<const std::vector<std::string>*> lines;
  if (!headings_.empty()) lines.push_back(&headings_);
  for (const auto& row : rows_)
    lines.push_back(&row);
  std::vector<std::size_t> widths;
  for (const auto* line : lines) {
    widths.resize(std::max(widths.size(), line->size()), 0);
    for (std::size_t i = 0; i < line->size(); ++i)
      widths[i] = std::max(widths[i], width_of((*line)[i]));
  }
  std::string out;
  for (const auto* cells : lines) {
    std::string line;
    for (std::size_t i = 0; i < cells->size(); ++i) {
      if (i > 0) line += "  ";
      append_cell(line, (*cells)[i], widths[i], i < to_the_right_.size() && to_the_right_[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
  return out;
}

void Columns::print() const {
  const std::string text = to_string();
  std::fwrite(text.data(), 1, text.size(), stdout);
}

}  // namespace tagwerk::console
