#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

struct sockaddr;

namespace tagwerk::net {

/// An IPv4 or IPv6 address. IPv4 inside IPv6 (::ffff:192.0.2.7) is the IPv4 address it stands for,
/// so that it makes no difference which kind of socket somebody came through.
/// Threads: immutable
class IpAddress {
 public:
  /// "192.0.2.7", "2001:db8::7"; nothing else: no port, no brackets, no zone.
  static std::optional<IpAddress> parse(std::string_view text);
  /// Nothing when it is of another family.
  static std::optional<IpAddress> from(const sockaddr* address);

  /// From the sixteen bytes of bytes().
  static IpAddress from_bytes(const std::array<std::uint8_t, 16>& bytes);

  bool is_v4() const { return v4_; }
  /// 127.0.0.0/8 or ::1.
  bool is_loopback() const;
  /// 0.0.0.0 or ::, which mean "all" to one who listens.
  bool is_any() const;
  /// fe80::/10 or 169.254.0.0/16: means nothing without naming an interface.
  bool is_link_local() const;
  std::string to_string() const;
  /// Sixteen bytes, an IPv4 address in its mapped form.
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }

  auto operator<=>(const IpAddress&) const = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
  bool v4_ = false;
};

/// Addresses that begin alike: "10.0.0.0/8", "2001:db8::/32"; one address is a network of its own.
/// Threads: immutable
class IpNetwork {
 public:
  /// Fails: invalid_argument, naming the text and the form
  static Result<IpNetwork> parse(std::string_view text);
  /// What one customer has: the address itself, of IPv6 its /64.
  static IpNetwork of_one_client(const IpAddress& address);

  bool contains(const IpAddress& address) const;
  auto operator<=>(const IpNetwork&) const = default;

 private:
  IpNetwork(const IpAddress& first, int bits);

  std::array<std::uint8_t, 16> first_;
  int bits_;  ///< of the mapped form: 96 and more for IPv4
  bool v4_;
};

}  // namespace tagwerk::net
