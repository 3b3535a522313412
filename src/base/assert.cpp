#include "base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace tagwerk::base {

void assertion_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: broken invariant: %s\n", file, line, expression);
  std::fflush(stderr);
  std::abort();
}

}  // namespace tagwerk::base
