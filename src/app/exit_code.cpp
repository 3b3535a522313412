#include "app/exit_code.hpp"

#include <cstdio>

namespace tagwerk::app {

int report(const Error& error) {
  std::fprintf(stderr, "tagwerk: %s\n", error.to_string().c_str());
  const bool nobody = error.code == ErrorCode::unavailable || error.code == ErrorCode::timeout;
  return nobody ? kExitNoConnection : kExitFailed;
}

}  // namespace tagwerk::app
