#include "net/ip_address.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tagwerk::net {
namespace {

IpAddress ip(std::string_view text) {
  const auto address = IpAddress::parse(text);
  EXPECT_TRUE(address) << text;
  return address.value_or(IpAddress());
}

TEST(IpAddress, ReadsBothFamiliesAndWritesThemInTheShortForm) {
  EXPECT_EQ(ip("192.0.2.7").to_string(), "192.0.2.7");
  EXPECT_EQ(ip("2001:DB8:0:0::7").to_string(), "2001:db8::7");
  for (const char* text : {"", "192.0.2", "192.0.2.256", "::1%eth0", "[::1]", "1.2.3.4:80", "a"})
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  EXPECT_FALSE(IpAddress::parse(std::string_view("1.2.3.4\0x", 9)));
}

TEST(IpAddress, TakesAnIpv4AddressInsideIpv6ForWhatItIs) {
  EXPECT_EQ(ip("::ffff:192.0.2.7"), ip("192.0.2.7"));
  EXPECT_TRUE(ip("::ffff:127.0.0.1").is_loopback());
}

TEST(IpAddress, KnowsTheSpecialOnes) {
  EXPECT_TRUE(ip("127.1.2.3").is_loopback());
  EXPECT_TRUE(ip("::1").is_loopback());
  EXPECT_FALSE(ip("::2").is_loopback());
  EXPECT_TRUE(ip("0.0.0.0").is_any());
  EXPECT_TRUE(ip("::").is_any());
  EXPECT_FALSE(ip("::1").is_any());
  EXPECT_TRUE(ip("fe80::1").is_link_local());
  EXPECT_TRUE(ip("169.254.1.1").is_link_local());
  EXPECT_FALSE(ip("10.0.0.1").is_link_local());
}

TEST(IpNetwork, HoldsTheAddressesThatBeginAlike) {
  const IpNetwork ten = *IpNetwork::parse("10.0.0.0/8");
  EXPECT_TRUE(ten.contains(ip("10.255.1.2")));
  EXPECT_TRUE(ten.contains(ip("::ffff:10.1.2.3")));
  EXPECT_FALSE(ten.contains(ip("11.0.0.1")));
  const IpNetwork odd = *IpNetwork::parse("192.0.2.128/25");
  EXPECT_TRUE(odd.contains(ip("192.0.2.129")));
  EXPECT_FALSE(odd.contains(ip("192.0.2.127")));
  const IpNetwork six = *IpNetwork::parse("2001:db8::/33");
  EXPECT_TRUE(six.contains(ip("2001:db8:7fff::1")));
  EXPECT_FALSE(six.contains(ip("2001:db8:8000::1")));
  EXPECT_TRUE(IpNetwork::parse("192.0.2.7")->contains(ip("192.0.2.7")));
  EXPECT_FALSE(IpNetwork::parse("192.0.2.7")->contains(ip("192.0.2.8")));
  EXPECT_TRUE(IpNetwork::parse("0.0.0.0/0")->contains(ip("8.8.8.8")));
  EXPECT_FALSE(IpNetwork::parse("::/0")->contains(ip("8.8.8.8")));
}

TEST(IpNetwork, RefusesWhatIsNoneAndShowsTheForm) {
  for (const char* text :
       {"", "plant", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "::/129", "/8", "10.0.0.0/-1"}) {
    const auto network = IpNetwork::parse(text);
    ASSERT_FALSE(network) << text;
    EXPECT_THAT(network.error().message, testing::HasSubstr("10.0.0.0/8"));
  }
}

TEST(IpNetwork, TakesAWholeSixtyFourForOneClient) {
  EXPECT_EQ(IpNetwork::of_one_client(ip("2001:db8::1")),
            IpNetwork::of_one_client(ip("2001:db8::ffff")));
  EXPECT_NE(IpNetwork::of_one_client(ip("192.0.2.1")), IpNetwork::of_one_client(ip("192.0.2.2")));
}

}  // namespace
}  // namespace tagwerk::net
