#include "net/server_url.hpp"

#include <algorithm>
#include <charconv>

#include "net/url.hpp"

namespace tagwerk::net {

Result<ServerUrl> parse_server_url(std::string_view url) {
  const auto bad = [&] {
    return fail(ErrorCode::invalid_argument,
                "'{}' is not the URL of a server; write it like http://127.0.0.1:8080", url);
  };
  std::string_view rest;
  for (const std::string_view scheme : {"http://", "ws://"})
    if (equal_ignoring_case(url.substr(0, scheme.size()), scheme)) rest = url.substr(scheme.size());
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  ServerUrl out;
  out.authority = rest.substr(0, slash);
  out.base_path = rest.substr(slash);
  while (out.base_path.ends_with('/'))
    out.base_path.pop_back();
  std::string_view host = out.authority;
  const std::size_t colon = host.rfind(':');
  if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) {
    const std::string_view port = host.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
    if (error != std::errc{} || end != port.data() + port.size()) return bad();
    host = host.substr(0, colon);
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty()) return bad();
  out.host = host;
  return out;
}

}  // namespace tagwerk::net
