#include "app/listen_address.hpp"

#include <charconv>

namespace tagwerk::app {

std::string ListenAddress::url(std::uint16_t actual_port) const {
  const bool six = host.find(':') != std::string::npos;
  return six ? fmt::format("http://[{}]:{}", host, actual_port)
             : fmt::format("http://{}:{}", host, actual_port);
}

Result<ListenAddress> parse_listen_address(std::string_view text) {
  const auto bad = [&] {
    return fail(ErrorCode::invalid_argument,
                "'{}' is not an address to listen on; write it like 127.0.0.1:8080, [::1]:8080 or "
                ":8080 for all addresses",
                text);
  };
  ListenAddress out;
  std::string_view port = text;
  if (const auto colon = text.rfind(':'); colon != std::string_view::npos) {
    std::string_view host = text.substr(0, colon);
    port = text.substr(colon + 1);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    out.host = host.empty() ? "0.0.0.0" : host == "localhost" ? "127.0.0.1" : std::string(host);
  }
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (error != std::errc{} || end != port.data() + port.size()) return bad();
  return out;
}

}  // namespace tagwerk::app
