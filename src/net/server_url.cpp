#include "net/server_url.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "net/url.hpp"

namespace tagwerk::net {
namespace {

struct Scheme {
  std::string_view prefix;
  bool tls;
};

constexpr std::array kSchemes{Scheme{"http://", false}, Scheme{"ws://", false},
                              Scheme{"https://", true}, Scheme{"wss://", true}};
constexpr std::string_view kUnix = "unix:";

bool starts_with(std::string_view text, std::string_view prefix) {
  return equal_ignoring_case(text.substr(0, prefix.size()), prefix);
}

std::string without_slash_at_end(std::string_view path) {
  while (path.ends_with('/'))
    path.remove_suffix(1);
  return std::string(path);
}

/// "host:4711", "[::1]:4711", "host".
bool read_authority(std::string_view text, ServerUrl& out) {
  out.authority = text;
  const std::size_t colon = text.rfind(':');
  if (colon != std::string_view::npos && text.find(']', colon) == std::string_view::npos) {
    const std::string_view port = text.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
    if (error != std::errc{} || end != port.data() + port.size()) return false;
    text = text.substr(0, colon);
  }
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  out.host = text;
  return !text.empty();
}

bool read_unix(std::string_view rest, ServerUrl& out) {
  const std::size_t colon = std::min(rest.find(':'), rest.size());
  out.unix_path = rest.substr(0, colon);
  out.authority = "localhost";
  if (colon < rest.size()) out.base_path = without_slash_at_end(rest.substr(colon + 1));
  return !out.unix_path.empty() && (out.base_path.empty() || out.base_path.starts_with('/'));
}

bool read_url(std::string_view url, ServerUrl& out) {
  if (starts_with(url, kUnix)) return read_unix(url.substr(kUnix.size()), out);
  const auto* scheme =
      std::ranges::find_if(kSchemes, [&](const Scheme& s) { return starts_with(url, s.prefix); });
  if (scheme == kSchemes.end()) return false;
  out.tls = scheme->tls;
  out.port = out.tls ? 443 : 80;
  const std::string_view rest = url.substr(scheme->prefix.size());
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  out.base_path = without_slash_at_end(rest.substr(slash));
  return read_authority(rest.substr(0, slash), out);
}

}  // namespace

Result<ServerUrl> parse_server_url(std::string_view url) {
  ServerUrl out;
  if (read_url(url, out)) return out;
  return fail(ErrorCode::invalid_argument,
              "'{}' is not the URL of a server; write it like http://127.0.0.1:8080, "
              "https://plant.example or unix:/var/lib/tagwerk/run/http.sock",
              url);
}

}  // namespace tagwerk::net
