#include "servers/http/cross_origin.hpp"

#include <algorithm>

#include "net/url.hpp"

namespace tagwerk::servers::http {
namespace {

// What clients of the API send beside what browsers always may.
constexpr std::string_view kHeaders = "Authorization, Content-Type, X-API-Key";
constexpr std::string_view kMaxAge = "600";

}  // namespace

bool CrossOrigin::allows(const net::Request& request) const {
  const auto origin = request.header("Origin");
  return origin && std::ranges::any_of(origins_, [&](const std::string& each) {
           return net::equal_ignoring_case(each, *origin);
         });
}

std::string CrossOrigin::header_lines(const net::Request& request) const {
  if (origins_.empty()) return {};
  // What one origin gets must not be kept for another.
  std::string out = "Vary: Origin\r\n";
  if (allows(request))
    out += fmt::format(
        "Access-Control-Allow-Origin: {}\r\nAccess-Control-Expose-Headers: Retry-After\r\n",
        *request.header("Origin"));
  return out;
}

void CrossOrigin::answer_preflight(const net::Request& request, std::string_view methods,
                                   net::Response& response) const {
  if (!request.header("Access-Control-Request-Method") || !allows(request)) return;
  response.header("Access-Control-Allow-Methods", methods)
      .header("Access-Control-Allow-Headers", kHeaders)
      .header("Access-Control-Max-Age", kMaxAge);
}

}  // namespace tagwerk::servers::http
