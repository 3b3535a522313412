#include "console/exit_code.hpp"

#include <cstdio>

namespace tagwerk::console {

int report(const Error& error) {
  std::fprintf(stderr, "tagwerk: %s\n", error.to_string().c_str());
  const bool nobody = error.code == ErrorCode::unavailable || error.code == ErrorCode::timeout;
  return nobody ? kExitNoConnection : kExitFailed;
}

}  // namespace tagwerk::console
