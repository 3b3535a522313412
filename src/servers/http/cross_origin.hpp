#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/http.hpp"

namespace tagwerk::servers::http {

/// Which pages of other servers may use the API from a browser (CORS). None, unless listed. It
/// gives no rights: such a page needs a token like everybody else.
/// Threads: immutable
/// Source: the Fetch standard, "CORS protocol"
class CrossOrigin {
 public:
  explicit CrossOrigin(std::vector<std::string> origins) : origins_(std::move(origins)) {}

  /// Header lines for the answer to this request; empty when no origin is listed.
  std::string header_lines(const net::Request& request) const;
  /// Adds what a browser wants to know before it asks: `methods` as in Allow.
  void answer_preflight(const net::Request& request, std::string_view methods,
                        net::Response& response) const;

 private:
  bool allows(const net::Request& request) const;

  const std::vector<std::string> origins_;  ///< "https://plant.example:8443"
};

}  // namespace tagwerk::servers::http
