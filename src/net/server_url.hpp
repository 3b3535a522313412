#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace tagwerk::net {

/// Where a server is, taken from "http://host:port/path" (or ws://).
struct ServerUrl {
  std::string host;
  std::uint16_t port = 80;
  std::string authority;  ///< as written, for the Host header
  std::string base_path;  ///< without '/' at its end
};

/// Fails: invalid_argument, naming the URL
Result<ServerUrl> parse_server_url(std::string_view url);

}  // namespace tagwerk::net
