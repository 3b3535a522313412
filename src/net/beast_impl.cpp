// The one place where Beast's non-template code is compiled.
#include <boost/beast/src.hpp>
#include <string_view>

#include "base/assert.hpp"

#if defined(BOOST_ENABLE_ASSERT_DEBUG_HANDLER) && !defined(NDEBUG)
namespace boost {

/// What Boost asserts in builds that check.
void assertion_failed(const char* expression, const char*, const char* file, long line) {
  // Beast 1.81 asserts in parse_chunk_header() that the last chunk's "0" has a line end before it.
  // The only chunk has none, and its "0\r\n\r" may come alone; what follows handles that.
  if (std::string_view(expression) == "n >= 5") return;
  tagwerk::base::assertion_failed(expression, file, static_cast<int>(line));
}

void assertion_failed_msg(const char* expression, const char*, const char* function,
                          const char* file, long line) {
  assertion_failed(expression, function, file, line);
}

}  // namespace boost
#endif
