#include "app/listen_address.hpp"

#include <gtest/gtest.h>

namespace tagwerk::app {
namespace {

TEST(ListenAddress, AcceptsHostAndPortInTheUsualForms) {
  EXPECT_EQ(parse_listen_address("127.0.0.1:0")->port, 0);
  EXPECT_EQ(parse_listen_address("[::1]:8080")->host, "::1");
  EXPECT_TRUE(parse_listen_address("[::1]:8080")->loopback());
  EXPECT_EQ(parse_listen_address(":8080")->host, "0.0.0.0");
  EXPECT_FALSE(parse_listen_address(":8080")->loopback());
  EXPECT_EQ(parse_listen_address("9000")->host, "127.0.0.1");
  EXPECT_EQ(parse_listen_address("localhost:80")->host, "127.0.0.1");
}

TEST(ListenAddress, KnowsWhatOthersCanReach) {
  EXPECT_TRUE(parse_listen_address("127.0.0.2:80")->loopback());
  EXPECT_TRUE(parse_listen_address("[::ffff:127.0.0.1]:80")->loopback());
  for (const char* text : {":80", "[::]:80", "192.0.2.7:80", "127.example:80"})
    EXPECT_FALSE(parse_listen_address(text)->loopback()) << text;
  EXPECT_TRUE(parse_listen_address("[::]:80")->any());
  EXPECT_FALSE(parse_listen_address("192.0.2.7:80")->any());
}

TEST(ListenAddress, MakesUrlsWithBracketsWhereTheyBelong) {
  EXPECT_EQ(server_url(false, "127.0.0.1", 80), "http://127.0.0.1:80");
  EXPECT_EQ(server_url(true, "2001:db8::7", 8443), "https://[2001:db8::7]:8443");
}

TEST(ListenAddress, RefusesWhatHasNoPortAndNamesIt) {
  for (const char* text : {"", "127.0.0.1", "127.0.0.1:", "a:b", "1:70000", "1:-1"}) {
    const auto address = parse_listen_address(text);
    ASSERT_FALSE(address) << text;
    EXPECT_NE(address.error().message.find("8080"), std::string::npos);
  }
}

}  // namespace
}  // namespace tagwerk::app
