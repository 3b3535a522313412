#include "net/client_counts.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace tagwerk::net {
namespace {

TEST(ClientCounts, GivesEachClientSoManySeatsAndNoMore) {
  ClientCounts counts;
  const IpAddress one = *IpAddress::parse("192.0.2.1");
  const IpAddress other = *IpAddress::parse("192.0.2.2");
  std::vector<ClientCounts::Seat> seats;
  for (std::size_t i = 1; i <= 3; ++i) {
    auto seat = counts.enter(one, 3);
    ASSERT_TRUE(seat);
    EXPECT_EQ(seat->number(), i);
    seats.push_back(std::move(*seat));
  }
  EXPECT_FALSE(counts.enter(one, 3));
  EXPECT_TRUE(counts.enter(other, 3));
  seats.pop_back();
  EXPECT_TRUE(counts.enter(one, 3));
}

TEST(ClientCounts, ForgetsClientsThatHaveLeft) {
  ClientCounts counts;
  {
    const auto seat = counts.enter(*IpAddress::parse("192.0.2.1"), 3);
    EXPECT_EQ(counts.clients(), 1u);
  }
  EXPECT_FALSE(counts.enter(*IpAddress::parse("192.0.2.1"), 0));
  EXPECT_EQ(counts.clients(), 0u);
}

TEST(ClientCounts, TakesIpv6AddressesOfOneNetworkForOneClient) {
  ClientCounts counts;
  const auto seat = counts.enter(*IpAddress::parse("2001:db8::1"), 1);
  EXPECT_FALSE(counts.enter(*IpAddress::parse("2001:db8::2"), 1));
  EXPECT_TRUE(counts.enter(*IpAddress::parse("2001:db8:0:1::1"), 1));
}

}  // namespace
}  // namespace tagwerk::net
