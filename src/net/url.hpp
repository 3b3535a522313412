#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace tagwerk::net {

/// Decodes %XX. Fails: invalid_argument on a '%' without two hex digits; names the place
Result<std::string> percent_decode(std::string_view text);
/// Leaves letters, digits and - . _ ~ as they are, and also '/' when asked.
std::string percent_encode(std::string_view text, bool keep_slash = false);

/// The parameters of a query string or of a form body, decoded ('+' is a blank), in order; names
/// may repeat. Limits: 10,000 parameters.
/// Source: application/x-www-form-urlencoded, WHATWG URL
class QueryParameters {
 public:
  /// Fails: invalid_argument, limit_exceeded
  static Result<QueryParameters> parse(std::string_view query);

  /// The first of that name.
  std::optional<std::string_view> find(std::string_view name) const;
  std::vector<std::string_view> all(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& entries() const { return entries_; }

 private:
  std::vector<std::pair<std::string, std::string>> entries_;
};

/// A request target taken apart; still encoded.
/// Source: RFC 9112, 3.2 (origin-form, absolute-form, asterisk-form)
struct Target {
  std::string_view path;   ///< "/api/values"; "*" for OPTIONS *
  std::string_view query;  ///< without '?'
};

/// Fails: invalid_argument on anything that is not a path, an absolute http(s) URL or '*', and on
/// control characters, blanks and bytes above 127
Result<Target> parse_target(std::string_view target);

/// The decoded path without "." and ".." segments and with no doubled slashes.
/// Fails: invalid_argument on a bad escape, an encoded NUL or '/', or a ".." that leaves the root
Result<std::string> decode_path(std::string_view path);

/// Whether two ASCII texts are equal without regard to case (header names).
bool equal_ignoring_case(std::string_view a, std::string_view b);
/// Whether a comma-separated header value holds the token, without regard to case.
bool has_token(std::string_view list, std::string_view token);

}  // namespace tagwerk::net
