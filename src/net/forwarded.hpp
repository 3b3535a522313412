#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "net/http.hpp"
#include "net/ip_address.hpp"

namespace tagwerk::net {

/// Which header says who the client is. Only one is believed: a proxy that sets the one lets the
/// other through as the client sent it.
enum class ForwardedHeader : std::uint8_t {
  x_forwarded_for,  ///< with X-Forwarded-Proto
  forwarded,
};

/// One element of a Forwarded header: who came to the proxy that added it, and how.
struct ForwardedHop {
  std::string client;  ///< "192.0.2.7", "[2001:db8::7]:4711", "_hidden", "unknown"
  std::string scheme;  ///< "https"; empty = not said
};

/// The proxies whose word counts, and what they say about a request. From everybody else such
/// headers are ignored.
/// Threads: immutable
/// Source: RFC 7239; X-Forwarded-For as nginx, Apache and HAProxy write it
class TrustedProxies {
 public:
  TrustedProxies() = default;
  /// Networks and addresses; "unix" is whoever may open the Unix socket.
  /// Fails: invalid_argument, naming the entry
  static Result<TrustedProxies> parse(std::span<const std::string> entries, ForwardedHeader header);

  bool trusts(const Peer& peer) const;
  /// Whom the request of a trusted peer is from: the last address in the header that is not a
  /// trusted proxy itself. What stands before it may be invented. Nothing when the header is
  /// missing or its last entry cannot be read: then the proxy itself is all one knows.
  std::shared_ptr<const Peer> client_of(const Request& request) const;

 private:
  bool trusts(const IpAddress& address) const;
  std::optional<std::vector<ForwardedHop>> hops_of(const Request& request) const;

  std::vector<IpNetwork> networks_;
  bool unix_ = false;
  ForwardedHeader header_ = ForwardedHeader::x_forwarded_for;
};

/// The elements in their order. Limits: 32. Nothing when any part is malformed: an open quotation
/// mark from a client must not swallow what the proxy added behind it.
std::optional<std::vector<ForwardedHop>> read_forwarded(std::string_view header);

/// The address in one entry of either header: brackets and port are taken off.
std::optional<IpAddress> address_of_hop(std::string_view text);

}  // namespace tagwerk::net
