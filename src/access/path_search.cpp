#include "access/path_search.hpp"

#include <algorithm>

namespace tagwerk::access {
namespace {

constexpr bool between(unsigned char c, unsigned char low, unsigned char high) {
  return c >= low && c <= high;
}

/// The letters of two bytes: À to Þ, and Ѐ to Я. Others stay.
void fold_pair(unsigned char& first, unsigned char& second) {
  if (first == 0xC3 && between(second, 0x80, 0x9E) && second != 0x97) {
    second += 0x20;
  } else if (first == 0xD0 && between(second, 0x80, 0x8F)) {  // Ѐ to Џ
    first = 0xD1;
    second += 0x10;
  } else if (first == 0xD0 && between(second, 0x90, 0x9F)) {  // А to П
    second += 0x20;
  } else if (first == 0xD0 && between(second, 0xA0, 0xAF)) {  // Р to Я
    first = 0xD1;
    second -= 0x20;
  }
}

}  // namespace

std::string fold_case(std::string_view text) {
  std::string out(text);
  for (std::size_t i = 0; i < out.size(); ++i) {
    auto c = static_cast<unsigned char>(out[i]);
    if (between(c, 'A', 'Z')) {
      out[i] = static_cast<char>(c + ('a' - 'A'));
    } else if (c >= 0xC0 && i + 1 < out.size()) {
      auto next = static_cast<unsigned char>(out[i + 1]);
      fold_pair(c, next);
      out[i] = static_cast<char>(c);
      out[++i] = static_cast<char>(next);
    }
  }
  return out;
}

PathSearch::PathSearch(std::string_view text) {
  const std::string folded = fold_case(text);
  std::string_view rest = folded;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    if (end > 0) words_.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

bool PathSearch::matches(std::string_view path) const {
  const std::string folded = fold_case(path);
  return std::ranges::all_of(words_,
                             [&](const std::string& word) { return folded.contains(word); });
}

}  // namespace tagwerk::access
