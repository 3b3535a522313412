#include "base/error.hpp"

#include <cerrno>
#include <system_error>

namespace tagwerk::base {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
      return "invalid_argument";
    case ErrorCode::not_found:
      return "not_found";
    case ErrorCode::already_exists:
      return "already_exists";
    case ErrorCode::permission_denied:
      return "permission_denied";
    case ErrorCode::unauthenticated:
      return "unauthenticated";
    case ErrorCode::conflict:
      return "conflict";
    case ErrorCode::limit_exceeded:
      return "limit_exceeded";
    case ErrorCode::unavailable:
      return "unavailable";
    case ErrorCode::timeout:
      return "timeout";
    case ErrorCode::io:
      return "io";
    case ErrorCode::corrupt:
      return "corrupt";
    case ErrorCode::internal:
      return "internal";
  }
  return "internal";
}

std::string SourceLocation::to_string() const {
  if (line == 0) return file;
  if (column == 0) return fmt::format("{}:{}", file, line);
  return fmt::format("{}:{}:{}", file, line, column);
}

std::string Error::to_string() const {
  return where ? fmt::format("{}: {}", where->to_string(), message) : message;
}

std::unexpected<Error> fail_errno(std::string_view what) {
  const int number = errno;
  const auto code = number == ENOENT                      ? ErrorCode::not_found
                    : number == EACCES || number == EPERM ? ErrorCode::permission_denied
                    : number == EEXIST                    ? ErrorCode::already_exists
                                                          : ErrorCode::io;
  return fail(code, "{}: {}", what, std::generic_category().message(number));
}

}  // namespace tagwerk::base
