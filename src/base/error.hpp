#pragma once

#include <cstdint>
#include <expected>
#include <fmt/format.h>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tagwerk::base {

/// What kind of failure an Error is; decides the HTTP status, the exit code and whether to try
/// again.
enum class ErrorCode : std::uint8_t {
  invalid_argument,   ///< the request itself is wrong; trying again does not help
  not_found,          ///< the thing named does not exist
  already_exists,     ///< the name is taken
  permission_denied,  ///< known caller, missing right
  unauthenticated,    ///< unknown caller
  conflict,           ///< the state does not allow it now (locked, changed meanwhile)
  limit_exceeded,     ///< a stated limit is reached
  unavailable,        ///< the peer or part is not there; trying again may help
  timeout,            ///< no answer in time; what happened on the other side is unknown
  io,                 ///< the operating system refused
  corrupt,            ///< bytes that should be whole are not
  internal,           ///< a fault of Tagwerk itself
};

/// "not_found" and so on.
std::string_view to_string(ErrorCode code);

/// Where in a file an error was found; line and column count from 1, 0 = unknown.
struct SourceLocation {
  std::string file;
  int line = 0;
  int column = 0;

  /// "plant.yaml:12:5"
  std::string to_string() const;
  bool operator==(const SourceLocation&) const = default;
};

/// An expected failure: a sentence that names the thing, the number and the remedy.
/// Threads: immutable once made.
struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string message;
  std::optional<SourceLocation> where;

  /// "plant.yaml:12:5: unknown key 'adress'; did you mean 'address'?"
  std::string to_string() const;
};

/// The answer of everything that can be expected to fail. See docs/decisions/0001-errors.md.
template <class T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

/// return fail(ErrorCode::not_found, "no tag '{}'", path);
template <class... Args>
[[nodiscard]] std::unexpected<Error> fail(ErrorCode code, fmt::format_string<Args...> format,
                                          Args&&... args) {
  return std::unexpected(Error{code, fmt::format(format, std::forward<Args>(args)...), {}});
}

/// The error for the current errno: "cannot open 'x': Permission denied".
[[nodiscard]] std::unexpected<Error> fail_errno(std::string_view what);

}  // namespace tagwerk::base

namespace tagwerk {
using base::Error;
using base::ErrorCode;
using base::fail;
using base::Result;
using base::Status;
}  // namespace tagwerk
