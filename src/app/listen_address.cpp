#include "app/listen_address.hpp"

#include <charconv>
#include <sys/socket.h>
#include <unistd.h>

#include "net/ip_address.hpp"

namespace tagwerk::app {

bool ListenAddress::loopback() const {
  const auto address = net::IpAddress::parse(host);
  return address && address->is_loopback();
}

bool ListenAddress::any() const {
  const auto address = net::IpAddress::parse(host);
  return address && address->is_any();
}

std::string server_url(bool secure, std::string_view host, std::uint16_t port) {
  const bool six = host.find(':') != std::string_view::npos;
  return fmt::format("{}://{}{}{}:{}", secure ? "https" : "http", six ? "[" : "", host,
                     six ? "]" : "", port);
}

std::string all_addresses() {
  const int probe = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return "0.0.0.0";
  ::close(probe);
  return "::";
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
