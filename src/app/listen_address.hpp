#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace tagwerk::app {

struct ListenAddress {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;

  bool loopback() const { return host.starts_with("127.") || host == "::1"; }
  /// "http://127.0.0.1:8080"
  std::string url(std::uint16_t actual_port) const;
};

/// "127.0.0.1:8080", "[::1]:8080", ":8080" (all addresses), "8080" (loopback).
/// Fails: invalid_argument, naming the text and the form
Result<ListenAddress> parse_listen_address(std::string_view text);

}  // namespace tagwerk::app
