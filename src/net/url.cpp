#include "net/url.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace tagwerk::net {
namespace {

constexpr std::size_t kMaxParameters = 10'000;

constexpr int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (base::lower(c) >= 'a' && base::lower(c) <= 'f') return base::lower(c) - 'a' + 10;
  return -1;
}

constexpr bool is_unreserved(char c) {
  return (c >= '0' && c <= '9') || (base::lower(c) >= 'a' && base::lower(c) <= 'z') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

Result<std::string> decode(std::string_view text, bool plus_is_blank) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(plus_is_blank && text[i] == '+' ? ' ' : text[i]);
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low < 0)
      return fail(ErrorCode::invalid_argument,
                  "'%' at position {} of the URL is not followed by two hex digits; write a "
                  "percent sign as %25",
                  i + 1);
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return out;
}

std::string_view take_until(std::string_view& rest, char separator) {
  const std::size_t at = rest.find(separator);
  const std::string_view part = rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + 1);
  return part;
}

/// What follows "http://host" in an absolute URL.
std::optional<std::string_view> after_authority(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!equal_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
    const std::string_view rest = target.substr(scheme.size());
    const std::size_t at = rest.find_first_of("/?");
    return at == std::string_view::npos ? std::string_view{} : rest.substr(at);
  }
  return std::nullopt;
}

}  // namespace

Result<std::string> percent_decode(std::string_view text) {
  return decode(text, false);
}

std::string percent_encode(std::string_view text, bool keep_slash) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved(c) || (keep_slash && c == '/')) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(kHex[byte >> 4]);
    out.push_back(kHex[byte & 15]);
  }
  return out;
}

Result<QueryParameters> QueryParameters::parse(std::string_view query) {
  QueryParameters out;
  while (!query.empty()) {
    std::string_view part = take_until(query, '&');
    if (part.empty()) continue;
    if (out.entries_.size() == kMaxParameters)
      return fail(ErrorCode::limit_exceeded, "the query has more than {} parameters",
                  kMaxParameters);
    auto name = decode(take_until(part, '='), true);
    if (!name) return std::unexpected(std::move(name.error()));
    auto value = decode(part, true);
    if (!value) return std::unexpected(std::move(value.error()));
    out.entries_.emplace_back(std::move(*name), std::move(*value));
  }
  return out;
}

std::optional<std::string_view> QueryParameters::find(std::string_view name) const {
  for (const auto& [key, value] : entries_)
    if (key == name) return value;
  return std::nullopt;
}

std::vector<std::string_view> QueryParameters::all(std::string_view name) const {
  std::vector<std::string_view> out;
  for (const auto& [key, value] : entries_)
    if (key == name) out.push_back(value);
  return out;
}

Result<Target> parse_target(std::string_view target) {
  const auto printable = [](char c) { return c > ' ' && c < 0x7f; };
  if (target.empty() || !std::ranges::all_of(target, printable))
    return fail(ErrorCode::invalid_argument,
                "the request target is empty or holds characters that must be percent-encoded");
  if (target == "*") return Target{target, {}};
  if (const auto rest = after_authority(target)) target = *rest;
  const std::size_t end = std::min(target.find('#'), target.size());
  target = target.substr(0, end);
  const std::size_t at = target.find('?');
  Target out{target.substr(0, at), {}};
  if (at != std::string_view::npos) out.query = target.substr(at + 1);
  if (out.path.empty()) out.path = "/";
  if (out.path.front() != '/')
    return fail(ErrorCode::invalid_argument, "the request target must start with '/'");
  return out;
}

Result<std::string> decode_path(std::string_view path) {
  std::string out;
  std::string_view rest = path.starts_with('/') ? path.substr(1) : path;
  bool slash_at_end = path.size() <= 1;
  while (!rest.empty()) {
    slash_at_end = rest.find('/') == rest.size() - 1;
    auto segment = decode(take_until(rest, '/'), false);
    if (!segment) return std::unexpected(std::move(segment.error()));
    if (segment->find('/') != std::string::npos || segment->find('\0') != std::string::npos)
      return fail(ErrorCode::invalid_argument,
                  "the path of the URL holds an encoded '/' or NUL; pass names that contain them "
                  "as a query parameter");
    if (segment->empty() || *segment == ".") continue;
    if (*segment != "..") {
      out.append(1, '/').append(*segment);
      continue;
    }
    if (out.empty())
      return fail(ErrorCode::invalid_argument, "the path of the URL leaves the root with '..'");
    out.erase(out.rfind('/'));
  }
  if (slash_at_end || out.empty()) out.push_back('/');
  return out;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return base::lower(x) == base::lower(y);
         });
}

bool has_token(std::string_view list, std::string_view token) {
  while (!list.empty())
    if (equal_ignoring_case(base::trimmed(take_until(list, ','), " \t"), token)) return true;
  return false;
}

}  // namespace tagwerk::net
