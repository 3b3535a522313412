#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace tagwerk::app {

struct ListenAddress {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;

  bool loopback() const;
  /// Stands for all of the machine's addresses.
  bool any() const;
};

/// "127.0.0.1:8080", "[::1]:8080", ":8080" (all IPv4 addresses), "8080" (loopback).
/// Fails: invalid_argument, naming the text and the form
Result<ListenAddress> parse_listen_address(std::string_view text);

/// "https://[2001:db8::7]:8080"
std::string server_url(bool secure, std::string_view host, std::uint16_t port);

/// What to listen on for all addresses of both families: "::", or "0.0.0.0" on a machine without
/// IPv6.
std::string all_addresses();

}  // namespace tagwerk::app
