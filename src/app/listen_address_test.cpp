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
  EXPECT_EQ(parse_listen_address("localhost:80")->url(80), "http://127.0.0.1:80");
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
