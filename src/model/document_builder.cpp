#include "model/document_builder.hpp"

#include <algorithm>

namespace tagwerk::model {
namespace {

using Entry = std::pair<std::string, Node>;

/// The later one of two entries with the same key; null when there is none.
const Entry* repeated(const std::vector<Entry>& entries) {
  constexpr std::size_t kFew = 12;
  if (entries.size() <= kFew) {
    for (std::size_t i = 1; i < entries.size(); ++i)
      for (std::size_t j = 0; j < i; ++j)
        if (entries[i].first == entries[j].first) return &entries[i];
    return nullptr;
  }
  std::vector<const Entry*> sorted;
  sorted.reserve(entries.size());
  for (const Entry& entry : entries)
    sorted.push_back(&entry);
  std::sort(sorted.begin(), sorted.end(), [](const Entry* a, const Entry* b) {
    const int order = a->first.compare(b->first);
    return order < 0 || (order == 0 && a < b);
  });
  const auto at = std::adjacent_find(sorted.begin(), sorted.end(),
                                     [](auto* a, auto* b) { return a->first == b->first; });
  return at == sorted.end() ? nullptr : *(at + 1);
}

}  // namespace

base::SourceLocation place_of(std::string_view text, std::size_t offset, std::string_view file) {
  const std::string_view before = text.substr(0, offset);
  const auto line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  base::SourceLocation place{.file = std::string(file)};
  place.line = 1 + static_cast<int>(std::count(before.begin(), before.end(), '\n'));
  place.column = 1 + static_cast<int>(before.size() - line_start);
  return place;
}

bool DocumentBuilder::expects_key() const {
  return !open_.empty() && open_.back().node.is_mapping() && !open_.back().has_key;
}

void DocumentBuilder::key(std::string name, int line, int column) {
  Open& top = open_.back();
  top.key = std::move(name);
  top.has_key = true;
  top.key_line = line;
  top.key_column = column;
}

Status DocumentBuilder::count() {
  if (++nodes_ > kMaxNodes)
    return fail(ErrorCode::invalid_argument,
                "the document has more than {} values; split it into several", kMaxNodes);
  return {};
}

void DocumentBuilder::attach(Node node) {
  if (open_.empty()) {
    root_ = std::move(node);
    return;
  }
  Open& top = open_.back();
  if (top.node.is_sequence()) {
    top.node.items.push_back(std::move(node));
    return;
  }
  node.line = top.key_line;
  node.column = top.key_column;
  top.node.entries.emplace_back(std::exchange(top.key, {}), std::move(node));
  top.has_key = false;
}

Status DocumentBuilder::add(Node node) {
  if (auto counted = count(); !counted) return counted;
  attach(std::move(node));
  return {};
}

Status DocumentBuilder::begin(Node container) {
  if (auto counted = count(); !counted) return counted;
  if (open_.size() >= kMaxDepth)
    return fail(ErrorCode::invalid_argument, "the document nests deeper than {} levels", kMaxDepth);
  open_.push_back(Open{.node = std::move(container), .key = {}});
  return {};
}

Status DocumentBuilder::end() {
  if (const Entry* twice = repeated(open_.back().node.entries)) {
    duplicate_ = &twice->second;
    const Node* first = open_.back().node.find(twice->first);
    if (first->line == 0)
      return fail(ErrorCode::invalid_argument, "key '{}' is given twice; remove one", twice->first);
    return fail(ErrorCode::invalid_argument,
                "key '{}' is given twice, first in line {}; remove one of them", twice->first,
                first->line);
  }
  Node done = std::move(open_.back().node);
  open_.pop_back();
  attach(std::move(done));
  return {};
}

}  // namespace tagwerk::model
