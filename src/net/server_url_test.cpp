#include "net/server_url.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tagwerk::net {
namespace {

TEST(ServerUrl, SaysHostPortAndBasePath) {
  const auto plain = parse_server_url("http://127.0.0.1:8080");
  EXPECT_EQ(plain->host, "127.0.0.1");
  EXPECT_EQ(plain->port, 8080);
  EXPECT_FALSE(plain->tls);
  EXPECT_EQ(plain->base_path, "");
  const auto named = parse_server_url("http://plant/tagwerk/");
  EXPECT_EQ(named->port, 80);
  EXPECT_EQ(named->authority, "plant");
  EXPECT_EQ(named->base_path, "/tagwerk");
  EXPECT_EQ(parse_server_url("ws://[::1]:9000/ws")->host, "::1");
}

TEST(ServerUrl, KnowsTheSecureSchemes) {
  const auto secure = parse_server_url("HTTPS://plant.example/tagwerk");
  EXPECT_TRUE(secure->tls);
  EXPECT_EQ(secure->port, 443);
  EXPECT_EQ(secure->host, "plant.example");
  EXPECT_TRUE(parse_server_url("wss://plant:8443")->tls);
}

TEST(ServerUrl, NamesAUnixSocketAndABasePathBehindIt) {
  const auto socket = parse_server_url("unix:/run/tagwerk/http.sock");
  EXPECT_EQ(socket->unix_path, "/run/tagwerk/http.sock");
  EXPECT_EQ(socket->base_path, "");
  const auto below = parse_server_url("unix:/run/http.sock:/tagwerk/");
  EXPECT_EQ(below->unix_path, "/run/http.sock");
  EXPECT_EQ(below->base_path, "/tagwerk");
}

TEST(ServerUrl, RefusesWhatIsNoneAndShowsTheForm) {
  for (const char* text : {"", "plant", "ftp://plant", "http://", "http://a:b", "http://a:70000",
                           "unix:", "unix::/base", "unix:/a:b", "https://:443"}) {
    const auto url = parse_server_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_THAT(url.error().message, testing::HasSubstr("https://plant.example"));
  }
}

}  // namespace
}  // namespace tagwerk::net
