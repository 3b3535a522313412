#include "net/ip_address.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cstring>
#include <netinet/in.h>
#include <span>
#include <sys/socket.h>

namespace tagwerk::net {
namespace {

constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr int kMappedBits = 96;

bool is_mapped(const std::array<std::uint8_t, 16>& bytes) {
  return std::ranges::equal(kMapped, std::span(bytes).first(kMapped.size()));
}

std::array<std::uint8_t, 16> masked(std::array<std::uint8_t, 16> bytes, int bits) {
  for (int i = 0; i < 16; ++i) {
    const int left = std::clamp(bits - 8 * i, 0, 8);
    bytes[static_cast<std::size_t>(i)] &= static_cast<std::uint8_t>(0xff00 >> left);
  }
  return bytes;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (text.size() >= terminated.size() || text.find('\0') != text.npos) return std::nullopt;
  text.copy(terminated.data(), text.size());
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  if (::inet_pton(AF_INET, terminated.data(), &v4.sin_addr) == 1)
    return from(reinterpret_cast<const sockaddr*>(&v4));
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  if (::inet_pton(AF_INET6, terminated.data(), &v6.sin6_addr) == 1)
    return from(reinterpret_cast<const sockaddr*>(&v6));
  return std::nullopt;
}

std::optional<IpAddress> IpAddress::from(const sockaddr* address) {
  std::array<std::uint8_t, 16> bytes{};
  if (address->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, address, sizeof(v4));
    std::ranges::copy(kMapped, bytes.begin());
    std::memcpy(bytes.data() + kMapped.size(), &v4.sin_addr, 4);
  } else if (address->sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, address, sizeof(v6));
    std::memcpy(bytes.data(), &v6.sin6_addr, 16);
  } else {
    return std::nullopt;
  }
  return from_bytes(bytes);
}

IpAddress IpAddress::from_bytes(const std::array<std::uint8_t, 16>& bytes) {
  IpAddress out;
  out.bytes_ = bytes;
  out.v4_ = is_mapped(bytes);
  return out;
}

bool IpAddress::is_loopback() const {
  if (v4_) return bytes_[12] == 127;
  return std::ranges::count(bytes_, 0) == 15 && bytes_[15] == 1;
}

bool IpAddress::is_any() const {
  return std::ranges::all_of(std::span(bytes_).subspan(v4_ ? 12 : 0),
                             [](std::uint8_t byte) { return byte == 0; });
}

bool IpAddress::is_link_local() const {
  if (v4_) return bytes_[12] == 169 && bytes_[13] == 254;
  return bytes_[0] == 0xfe && (bytes_[1] & 0xc0) == 0x80;
}

std::string IpAddress::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(v4_ ? AF_INET : AF_INET6, bytes_.data() + (v4_ ? 12 : 0), text.data(), text.size());
  return text.data();
}

IpNetwork::IpNetwork(const IpAddress& first, int bits)
    : first_(masked(first.bytes(), bits)), bits_(bits), v4_(first.is_v4()) {}

Result<IpNetwork> IpNetwork::parse(std::string_view text) {
  const auto bad = [&] {
    return fail(ErrorCode::invalid_argument,
                "'{}' is neither an address nor a network; write it like 192.0.2.7, 10.0.0.0/8 or "
                "2001:db8::/32",
                text);
  };
  const std::size_t slash = std::min(text.find('/'), text.size());
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return bad();
  const int most = address->is_v4() ? 32 : 128;
  int bits = most;
  if (slash < text.size()) {
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data() + slash + 1, end, bits);
    if (error != std::errc{} || stopped != end || bits < 0 || bits > most) return bad();
  }
  return IpNetwork(*address, address->is_v4() ? bits + kMappedBits : bits);
}

IpNetwork IpNetwork::of_one_client(const IpAddress& address) {
  return {address, address.is_v4() ? 128 : 64};
}

bool IpNetwork::contains(const IpAddress& address) const {
  return address.is_v4() == v4_ && masked(address.bytes(), bits_) == first_;
}

}  // namespace tagwerk::net
