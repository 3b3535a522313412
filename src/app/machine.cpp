#include "app/machine.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <ifaddrs.h>
#include <memory>
#include <net/if.h>
#include <netinet/in.h>
#include <optional>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

#include "net/ip_address.hpp"

namespace tagwerk::app {
namespace {

bool fits_a_certificate(std::string_view name) {
  return !name.empty() && name.size() <= 253 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.';
  });
}

std::vector<net::IpAddress> own_addresses() {
  ifaddrs* raw = nullptr;
  if (::getifaddrs(&raw) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> list(raw, &::freeifaddrs);
  std::vector<net::IpAddress> out;
  for (const ifaddrs* each = list.get(); each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr || (each->ifa_flags & IFF_UP) == 0) continue;
    const auto address = net::IpAddress::from(each->ifa_addr);
    if (address && !address->is_link_local()) out.push_back(*address);
  }
  std::ranges::sort(out);
  const auto doubles = std::ranges::unique(out);
  out.erase(doubles.begin(), doubles.end());
  return out;
}

/// Connecting a datagram socket sends nothing; the kernel only chooses the way. The address is one
/// that documentation has to itself.
std::optional<net::IpAddress> address_towards_the_world() {
  const int probe = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return std::nullopt;
  sockaddr_in target{};
  target.sin_family = AF_INET;
  target.sin_port = htons(9);
  ::inet_pton(AF_INET, "192.0.2.1", &target.sin_addr);
  sockaddr_storage own{};
  socklen_t size = sizeof(own);
  const bool known =
      ::connect(probe, reinterpret_cast<const sockaddr*>(&target), sizeof(target)) == 0 &&
      ::getsockname(probe, reinterpret_cast<sockaddr*>(&own), &size) == 0;
  ::close(probe);
  if (!known) return std::nullopt;
  return net::IpAddress::from(reinterpret_cast<const sockaddr*>(&own));
}

}  // namespace

std::string host_name() {
  std::array<char, 256> text{};
  if (::gethostname(text.data(), text.size() - 1) != 0) return {};
  return text.data();
}

MachineNames read_machine_names() {
  MachineNames out;
  if (const std::string name = host_name(); fits_a_certificate(name)) out.names.push_back(name);
  if (std::ranges::find(out.names, "localhost") == out.names.end())
    out.names.emplace_back("localhost");
  for (const net::IpAddress& address : own_addresses())
    out.addresses.push_back(address.to_string());
  return out;
}

std::string reachable_address() {
  const auto towards = address_towards_the_world();
  if (towards && !towards->is_loopback() && !towards->is_any()) return towards->to_string();
  const auto own = own_addresses();
  for (const bool v4 : {true, false})
    for (const net::IpAddress& address : own)
      if (address.is_v4() == v4 && !address.is_loopback()) return address.to_string();
  return "127.0.0.1";
}

}  // namespace tagwerk::app
