#pragma once

#include <string_view>

#include "base/error.hpp"

namespace tagwerk::access {

/// The refusal that names what is missing; `path` where the right would be needed.
inline std::unexpected<Error> missing_right(std::string_view right, std::string_view path = "/") {
  if (path == "/") return fail(ErrorCode::permission_denied, "the right '{}' is needed", right);
  return fail(ErrorCode::permission_denied, "the right '{}' is needed at '{}'", right, path);
}

}  // namespace tagwerk::access
