#include "model/nearest_name.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"

namespace tagwerk::model {
namespace {

constexpr std::size_t kLongest = 64;

/// Edits (insert, remove, replace, swap of neighbours) between two texts of at most kLongest bytes,
/// without regard to case.
std::size_t distance(std::string_view a, std::string_view b) {
  using Row = std::array<std::size_t, kLongest + 1>;
  Row before{}, last{}, row{};
  for (std::size_t j = 0; j <= b.size(); ++j)
    last[j] = j;
  const auto same = [&](std::size_t i, std::size_t j) {
    return base::lower(a[i]) == base::lower(b[j]);
  };
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = last[j - 1] + (same(i - 1, j - 1) ? 0 : 1);
      row[j] = std::min({replace, last[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && same(i - 1, j - 2) && same(i - 2, j - 1))
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = std::exchange(last, row);
  }
  return last[b.size()];
}

template <class Names>
std::string_view nearest(std::string_view written, const Names& names) {
  if (written.size() > kLongest) return {};
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(written.size() / 3, 1) + 1;
  for (const std::string_view name : names) {
    if (name.size() > kLongest) continue;
    const std::size_t d = distance(written, name);
    if (d < best_distance) {
      best = name;
      best_distance = d;
    }
  }
  return best;
}

template <class Names>
std::string suggest(std::string_view written, const Names& names) {
  constexpr std::size_t kMost = 12;
  if (const auto name = nearest(written, names); !name.empty())
    return "; did you mean '" + std::string(name) + "'?";
  if (names.empty()) return {};
  std::string out = "; use one of ";
  std::size_t count = 0;
  for (const std::string_view name : names) {
    if (count == kMost) return out + ", …";
    if (count++ > 0) out += ", ";
    out += name;
  }
  return out;
}

}  // namespace

std::string_view nearest_name(std::string_view written, std::span<const std::string_view> names) {
  return nearest(written, names);
}
std::string_view nearest_name(std::string_view written, std::span<const std::string> names) {
  return nearest(written, names);
}
std::string suggestion(std::string_view written, std::span<const std::string_view> names) {
  return suggest(written, names);
}
std::string suggestion(std::string_view written, std::span<const std::string> names) {
  return suggest(written, names);
}

}  // namespace tagwerk::model
