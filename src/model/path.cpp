#include "model/path.hpp"

#include <span>

namespace tagwerk::model {
namespace {

constexpr std::size_t kMaxBytes = 1000;
constexpr std::size_t kMaxSegments = 32;

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> out;
  if (path.starts_with('/')) path.remove_prefix(1);
  while (true) {
    const auto at = path.find('/');
    out.push_back(path.substr(0, at));
    if (at == std::string_view::npos) return out;
    path.remove_prefix(at + 1);
  }
}

/// Empty when the segment is good, else what is wrong with it.
std::string_view fault_of(std::string_view segment) {
  if (segment.empty()) return "it has an empty segment";
  if (segment.front() == ' ' || segment.back() == ' ')
    return "a segment begins or ends with a blank";
  for (const char c : segment) {
    if (c == '*' || c == '{' || c == '}') return "a segment must not hold * { or }";
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return "it holds a control character";
  }
  return {};
}

bool match(std::span<const std::string> pattern, std::span<const std::string_view> path) {
  if (pattern.empty()) return path.empty();
  if (pattern[0] == "**") {
    for (std::size_t skip = 0; skip <= path.size(); ++skip)
      if (match(pattern.subspan(1), path.subspan(skip))) return true;
    return false;
  }
  if (path.empty() || (pattern[0] != "*" && pattern[0] != path[0])) return false;
  return match(pattern.subspan(1), path.subspan(1));
}

Result<std::string> checked(std::string_view text, bool wildcards) {
  const auto bad = [&](std::string_view why) {
    return fail(ErrorCode::invalid_argument, "path '{}' is not valid: {}",
                text.substr(0, kMaxBytes), why);
  };
  if (text.empty() || text == "/") return bad("it is empty");
  if (text.size() > kMaxBytes) return bad("it is longer than 1000 bytes");
  const auto segments = split(text);
  if (segments.size() > kMaxSegments) return bad("it has more than 32 segments");
  for (const auto segment : segments) {
    if (wildcards && (segment == "*" || segment == "**")) continue;
    if (const auto fault = fault_of(segment); !fault.empty()) return bad(fault);
  }
  return text.starts_with('/') ? std::string(text) : "/" + std::string(text);
}

}  // namespace

Result<std::string> normalise_path(std::string_view text) {
  return checked(text, false);
}

std::string_view parent_path(std::string_view path) {
  const auto at = path.rfind('/');
  return at == std::string_view::npos ? std::string_view{} : path.substr(0, at);
}

std::string_view leaf_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

bool is_within(std::string_view path, std::string_view subtree) {
  if (subtree.empty() || subtree == "/") return true;
  if (!path.starts_with(subtree)) return false;
  return path.size() == subtree.size() || path[subtree.size()] == '/';
}

Result<PathPattern> PathPattern::parse(std::string_view text) {
  auto path = checked(text, true);
  if (!path) return std::unexpected(path.error());
  PathPattern pattern;
  pattern.text_ = std::move(*path);
  for (const auto segment : split(pattern.text_)) {
    // Two of them in a row mean the same as one and would only cost time.
    if (segment == "**" && !pattern.segments_.empty() && pattern.segments_.back() == "**") continue;
    pattern.exact_ = pattern.exact_ && segment != "*" && segment != "**";
    pattern.segments_.emplace_back(segment);
  }
  return pattern;
}

bool PathPattern::matches(std::string_view path) const {
  if (exact_) return path == text_;
  return match(segments_, split(path));
}

}  // namespace tagwerk::model
