// Request targets, query strings and percent escapes from outside.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "net/url.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tagwerk::net;
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  if (const auto target = parse_target(text)) {
    const auto path = decode_path(target->path);
    if (path && ((*path + "/").find("/../") != std::string::npos || path->front() != '/'))
      std::abort();
    const auto query = QueryParameters::parse(target->query);
    if (query)
      for (const auto& [name, value] : query->entries())
        if (!query->find(name)) std::abort();
  }
  if (*percent_decode(percent_encode(text)) != text) std::abort();
  (void)percent_decode(text);
  (void)has_token(text, "upgrade");
  return 0;
}
