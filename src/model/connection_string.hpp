#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"

namespace tagwerk::model {

/// A connection in one line, the form that RTDS uses: `connector=modbus; host=10.0.0.5; port=502`.
/// Keys come in any order and ignore case, as does the name of the class behind `connector`. A
/// value with `;`, quotes or blanks at its ends stands in quotes, '…' or "…", in which a doubled
/// quote means one. What keys there are, the connector knows.
struct ConnectionString {
  std::string connector;                                     ///< in lower case
  std::vector<std::pair<std::string, std::string>> entries;  ///< others, keys in lower case

  /// Null when there is no such key.
  const std::string* find(std::string_view key) const;
  bool operator==(const ConnectionString&) const = default;
};

/// Limits: 64 keys
/// Fails: invalid_argument: no connector, a key twice or without value, a quote that does not end;
///        with the place in the text
Result<ConnectionString> parse_connection_string(std::string_view text);
/// `connector` first, the others in their order; quotes where they are needed.
std::string to_string(const ConnectionString& connection);

/// true, yes, on, 1 and their opposites, in upper or lower case.
/// Fails: invalid_argument, naming key and text
Result<bool> connection_flag(std::string_view key, std::string_view text);
/// Seconds as a number ("5", "0.5"), or with a unit ("500ms"); above zero.
/// Fails: invalid_argument, naming key and text
Result<Duration> connection_duration(std::string_view key, std::string_view text);

}  // namespace tagwerk::model
