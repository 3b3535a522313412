// What proxies, and clients before them, write into Forwarded and X-Forwarded-For; and networks.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "net/forwarded.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tagwerk::net;
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  if (const auto hops = read_forwarded(text)) {
    if (hops->empty() || hops->size() > 32) std::abort();
    for (const ForwardedHop& hop : *hops)
      (void)address_of_hop(hop.client);
  }
  if (const auto address = address_of_hop(text)) {
    // What is shown reads back as the same.
    if (IpAddress::parse(address->to_string()) != address) std::abort();
    if (!IpNetwork::of_one_client(*address).contains(*address)) std::abort();
  }
  if (const auto network = IpNetwork::parse(text))
    (void)network->contains(*IpAddress::parse("192.0.2.7"));
  return 0;
}
