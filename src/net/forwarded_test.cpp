#include "net/forwarded.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/http_parser.hpp"

namespace tagwerk::net {
namespace {

using testing::HasSubstr;

Request request(std::string_view headers) {
  RequestParser parser(16 * 1024, 8 * 1024);
  parser.feed(fmt::format("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", headers));
  return std::move(parser.request());
}

TrustedProxies proxies(std::vector<std::string> entries,
                       ForwardedHeader header = ForwardedHeader::x_forwarded_for) {
  auto parsed = TrustedProxies::parse(entries, header);
  EXPECT_TRUE(parsed) << parsed.error().message;
  return std::move(*parsed);
}

/// "192.0.2.7", "192.0.2.7 https", or "the proxy" when nothing is known of its client.
std::string client(std::string_view headers,
                   ForwardedHeader header = ForwardedHeader::x_forwarded_for) {
  const auto found = proxies({"127.0.0.1", "10.0.0.0/8"}, header).client_of(request(headers));
  if (!found) return "the proxy";
  EXPECT_TRUE(found->forwarded);
  EXPECT_FALSE(found->loopback);
  return found->address + (found->secure ? " https" : "");
}

std::string client_by_forwarded(std::string_view headers) {
  return client(headers, ForwardedHeader::forwarded);
}

TEST(TrustedProxies, TrustsThoseThatAreListedAndNobodyElse) {
  const TrustedProxies some = proxies({"127.0.0.1", "2001:db8::/32"});
  EXPECT_TRUE(some.trusts(Peer{.address = "127.0.0.1"}));
  EXPECT_TRUE(some.trusts(Peer{.address = "2001:db8::1"}));
  EXPECT_FALSE(some.trusts(Peer{.address = "127.0.0.2"}));
  EXPECT_FALSE(some.trusts(Peer{.address = "unix", .loopback = true}));
  EXPECT_FALSE(some.trusts(Peer{.address = "unknown"}));
  EXPECT_TRUE(proxies({"unix"}).trusts(Peer{.address = "unix", .loopback = true}));
  EXPECT_FALSE(TrustedProxies().trusts(Peer{.address = "127.0.0.1"}));
}

TEST(TrustedProxies, NamesTheEntryThatIsNoAddress) {
  const std::vector<std::string> entries{"10.0.0.1", "nginx"};
  const auto parsed = TrustedProxies::parse(entries, ForwardedHeader::forwarded);
  ASSERT_FALSE(parsed);
  EXPECT_THAT(parsed.error().message, HasSubstr("'nginx'"));
  EXPECT_THAT(parsed.error().message, HasSubstr("'unix'"));
}

TEST(XForwardedFor, NamesTheClientThatTheNearestProxySaw) {
  EXPECT_EQ(client("X-Forwarded-For: 192.0.2.7\r\n"), "192.0.2.7");
  EXPECT_EQ(client("X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\n"),
            "192.0.2.7 https");
  EXPECT_EQ(client("X-Forwarded-For: 192.0.2.7:4711\r\n"), "192.0.2.7");
  EXPECT_EQ(client("X-Forwarded-For: [2001:db8::1]:4711\r\n"), "2001:db8::1");
  EXPECT_EQ(client("X-Forwarded-For: 2001:db8::1\r\n"), "2001:db8::1");
  EXPECT_EQ(client(""), "the proxy");
}

TEST(XForwardedFor, BelievesNothingBeforeTheFirstStranger) {
  EXPECT_EQ(client("X-Forwarded-For: 1.1.1.1, 192.0.2.7\r\n"), "192.0.2.7");
  EXPECT_EQ(client("X-Forwarded-For: 1.1.1.1, 192.0.2.7, 10.0.0.5\r\n"), "192.0.2.7");
  EXPECT_EQ(client("X-Forwarded-For: 10.0.0.6, 10.0.0.5\r\n"), "10.0.0.6");
}

TEST(XForwardedFor, ReadsSeveralHeadersAsOneList) {
  EXPECT_EQ(client("X-Forwarded-For: 1.1.1.1\r\nx-forwarded-for: 192.0.2.7\r\n"), "192.0.2.7");
}

TEST(XForwardedFor, StopsAtWhatIsNoAddress) {
  EXPECT_EQ(client("X-Forwarded-For: unknown\r\n"), "the proxy");
  EXPECT_EQ(client("X-Forwarded-For: 192.0.2.7, unknown\r\n"), "the proxy");
  EXPECT_EQ(client("X-Forwarded-For: 192.0.2.7, unknown, 10.0.0.5\r\n"), "10.0.0.5");
  EXPECT_EQ(client("X-Forwarded-For: 192.0.2.7,\r\n"), "the proxy");
}

TEST(XForwardedFor, LooksAtTheNearestOfAVeryLongChain) {
  std::string chain = "192.0.2.7";
  for (int i = 0; i < 100; ++i)
    chain += ", 10.0.0.1";
  EXPECT_EQ(client("X-Forwarded-For: " + chain + "\r\n"), "10.0.0.1");
}

TEST(Forwarded, IsNotBelievedUnlessItIsTheOneThatIsAskedFor) {
  EXPECT_EQ(client("Forwarded: for=1.1.1.1\r\n"), "the proxy");
  EXPECT_EQ(client("Forwarded: for=1.1.1.1\r\nX-Forwarded-For: 192.0.2.7\r\n"), "192.0.2.7");
  EXPECT_EQ(client_by_forwarded("X-Forwarded-For: 1.1.1.1\r\n"), "the proxy");
}

TEST(Forwarded, NamesClientAndScheme) {
  EXPECT_EQ(client_by_forwarded("Forwarded: for=192.0.2.7;proto=https;by=10.0.0.1\r\n"),
            "192.0.2.7 https");
  EXPECT_EQ(client_by_forwarded("Forwarded: For=\"[2001:db8::1]:4711\" ; Proto=http\r\n"),
            "2001:db8::1");
  EXPECT_EQ(client_by_forwarded("Forwarded: for=1.1.1.1, for=192.0.2.7, for=10.0.0.5\r\n"),
            "192.0.2.7");
  EXPECT_EQ(client_by_forwarded("Forwarded: for=_hidden\r\n"), "the proxy");
  EXPECT_EQ(client_by_forwarded("Forwarded: host=\"a, b\";for=192.0.2.7\r\n"), "192.0.2.7");
}

TEST(Forwarded, IsOfNoUseWhenAnyPartIsMalformed) {
  // What a client sent stands before what the proxy added; it must not be able to hide that.
  EXPECT_EQ(client_by_forwarded("Forwarded: for=1.1.1.1;host=\"\r\nForwarded: for=192.0.2.7\r\n"),
            "the proxy");
  EXPECT_EQ(client_by_forwarded("Forwarded: for=1.1.1.1, x=\", for=\"[2001:db8::1]\"\r\n"),
            "the proxy");
  for (const char* text :
       {"for", "for=", "=1.1.1.1", "for=1.1.1.1;", "for=1.1.1.1 2", "\"", ",", "for=\"1.1.1.1\\"})
    EXPECT_EQ(client_by_forwarded(fmt::format("Forwarded: {}\r\n", text)), "the proxy") << text;
}

}  // namespace
}  // namespace tagwerk::net
