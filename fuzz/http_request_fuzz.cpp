// HTTP requests as they come from a socket. The first byte says how the rest is cut into pieces:
// however it is cut, the parser must come to the same end.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "net/http_parser.hpp"

namespace {

using tagwerk::net::RequestParser;

RequestParser::State parse(std::string_view bytes, std::size_t step, std::string& body) {
  RequestParser parser(16 * 1024, 8 * 1024);
  std::size_t taken = 0;
  for (std::size_t shown = std::min(step, bytes.size());;) {
    const auto before = parser.state();
    taken += parser.feed(bytes.substr(taken, shown - taken));
    if (before == RequestParser::State::header && parser.header_done()) {
      parser.set_body_limit(4096);
      if (taken < shown && parser.state() == RequestParser::State::body) continue;
    }
    if (parser.state() == RequestParser::State::complete) break;
    if (parser.state() == RequestParser::State::failed || shown == bytes.size()) break;
    shown = std::min(shown + step, bytes.size());
  }
  body = parser.request().body();
  if (body.size() > 4096 || taken > bytes.size()) std::abort();
  (void)parser.request().header("Host");
  (void)parser.request().wants_websocket();
  return parser.state();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::string whole, pieces;
  const auto at_once = parse(bytes, bytes.size(), whole);
  const auto cut = parse(bytes, 1 + data[0] % 64, pieces);
  if (at_once == RequestParser::State::complete && (cut != at_once || whole != pieces))
    std::abort();
  return 0;
}
