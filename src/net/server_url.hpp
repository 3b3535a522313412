#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace tagwerk::net {

/// Where a server is: "http://host:port/path", "https://…" (also ws:// and wss://), or
/// "unix:/run/http.sock" and, with a base path, "unix:/run/http.sock:/path".
struct ServerUrl {
  std::string host;
  std::uint16_t port = 80;
  bool tls = false;
  std::string unix_path;  ///< not empty: a Unix socket instead of host and port
  std::string authority;  ///< as written, for the Host header
  std::string base_path;  ///< without '/' at its end
};

/// Fails: invalid_argument, naming the URL
Result<ServerUrl> parse_server_url(std::string_view url);

}  // namespace tagwerk::net
