// What the API makes of where a request comes from: origin of a page, proxy, size, TLS.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/blocking_stream.hpp"
#include "servers/http/server_for_test.hpp"

namespace tagwerk::servers::http {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// Sends a request with headers of its own choice; gives the whole answer.
std::string ask(const ServerForTest& server, std::string_view first_line,
                std::string_view headers) {
  const MonoTime deadline = base::mono_now() + std::chrono::seconds(10);
  auto stream = net::BlockingStream::connect_tcp("127.0.0.1", server.port(), deadline);
  EXPECT_TRUE(stream);
  EXPECT_TRUE(stream->write(
      fmt::format("{} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{}\r\n", first_line, headers),
      deadline));
  std::string out;
  for (auto got = stream->read(out, deadline); got && *got > 0;)
    got = stream->read(out, deadline);
  return out;
}

net::HttpServerOptions behind(const std::vector<std::string>& proxies) {
  net::HttpServerOptions options;
  options.proxies = *net::TrustedProxies::parse(proxies, net::ForwardedHeader::x_forwarded_for);
  return options;
}

/// Fails a login and says from where the audit has it.
std::string origin_in_audit(ServerForTest& server, std::string_view header) {
  const std::string body = "username=nobody&password=wrong";
  const std::string answer =
      ask(server, "POST /login",
          fmt::format(
              "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n{}\r\n{}",
              body.size(), header, body));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 401 "));
  const auto audit = server.client("admin").get("/api/audit?limit=10");
  const auto items = model::parse_json(audit->body, "audit");
  for (const model::Node& item : items->find("items")->items)
    if (item.find("user")->text == "nobody") return item.find("origin")->text;
  return "(not in the audit)";
}

TEST(Network, TakesTheClientFromATrustedProxy) {
  ServerForTest server({}, behind({"127.0.0.1"}));
  EXPECT_EQ(origin_in_audit(server, "X-Forwarded-For: 1.1.1.1, 192.0.2.7\r\n"), "http 192.0.2.7");
}

TEST(Network, IgnoresWhatOthersSayAboutTheirClients) {
  ServerForTest server({}, behind({"10.0.0.1"}));
  EXPECT_EQ(origin_in_audit(server, "X-Forwarded-For: 192.0.2.7\r\nForwarded: for=192.0.2.7\r\n"),
            "http 127.0.0.1");
}

TEST(Network, CountsLoginAttemptsForTheRealClient) {
  ServerForTest server({}, behind({"127.0.0.1"}));
  const auto attempt = [&](std::string_view address, int number) {
    // Another name each time: the limit for a name is another one.
    const std::string body = fmt::format("username=n{}&password=wrong", number);
    return ask(server, "POST /login",
               fmt::format("Content-Type: application/x-www-form-urlencoded\r\nX-Forwarded-For: "
                           "{}\r\nContent-Length: {}\r\n\r\n{}",
                           address, body.size(), body));
  };
  std::string answer;
  for (int i = 0; i < 100 && !answer.starts_with("HTTP/1.1 429"); ++i)
    answer = attempt("192.0.2.7", i);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 429 "));
  EXPECT_THAT(attempt("192.0.2.8", 0), StartsWith("HTTP/1.1 401 "));
}

TEST(Network, ShowsNoMetricsThroughAProxyWithoutAToken) {
  ServerForTest server({}, behind({"127.0.0.1"}));
  EXPECT_THAT(ask(server, "GET /metrics", ""), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(ask(server, "GET /metrics", "X-Forwarded-For: 127.0.0.1\r\n"),
              StartsWith("HTTP/1.1 401 "));
}

TEST(Network, AsksForHttpsOnlyWhenToldToAndOnlyThoseWhoUseIt) {
  ServerForTest server({.hsts = std::chrono::hours(24)}, behind({"127.0.0.1"}));
  const std::string by_proxy = "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: ";
  EXPECT_THAT(ask(server, "GET /healthz", by_proxy + "https\r\n"),
              HasSubstr("\r\nStrict-Transport-Security: max-age=86400\r\n"));
  for (const std::string& headers : {std::string(), by_proxy + "http\r\n"})
    EXPECT_THAT(ask(server, "GET /healthz", headers), Not(HasSubstr("Strict-Transport")));
  ServerForTest silent({}, behind({"127.0.0.1"}));
  EXPECT_THAT(ask(silent, "GET /healthz", by_proxy + "https\r\n"),
              Not(HasSubstr("Strict-Transport")));
}

TEST(Network, RefusesALargeBodyFromAStrangerBeforeItIsSent) {
  ServerForTest server;
  const std::string answer = ask(server, "POST /api/project/import",
                                 "Content-Length: 10000000\r\nExpect: 100-continue\r\n");
  EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 401 "), HasSubstr("WWW-Authenticate: Bearer"),
                            HasSubstr("Not authenticated")));
  EXPECT_THAT(ask(server, "POST /api/project/import",
                  fmt::format("Transfer-Encoding: chunked\r\n\r\n20000\r\n{}\r\n0\r\n\r\n",
                              std::string(0x20000, 'x'))),
              StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(ask(server, "POST /api/project/import",
                  fmt::format("Authorization: Bearer {}\r\nContent-Length: 100000000\r\n",
                              server.token("admin"))),
              StartsWith("HTTP/1.1 413 "));
}

TEST(Network, LetsPagesOfOtherServersInOnlyWhenTheyAreListed) {
  const std::string preflight =
      "Access-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: authorization\r\n";
  const std::string listed = "Origin: https://hmi.example\r\n";
  ServerForTest server({.cors_origins = {"https://hmi.example", "http://10.0.0.5:3000"}});
  EXPECT_THAT(ask(server, "OPTIONS /api/values", listed + preflight),
              AllOf(StartsWith("HTTP/1.1 204 "),
                    HasSubstr("Access-Control-Allow-Origin: https://hmi.example\r\n"),
                    HasSubstr("Access-Control-Allow-Methods: GET, HEAD, PUT\r\n"),
                    HasSubstr("Access-Control-Allow-Headers: Authorization, ")));
  EXPECT_THAT(ask(server, "GET /api/values", listed),
              AllOf(StartsWith("HTTP/1.1 401 "), HasSubstr("Vary: Origin\r\n"),
                    HasSubstr("Access-Control-Allow-Origin: https://hmi.example\r\n")));
  for (const char* origin : {"https://evil.example", "https://hmi.example.evil", "null"})
    EXPECT_THAT(
        ask(server, "OPTIONS /api/values", fmt::format("Origin: {}\r\n{}", origin, preflight)),
        Not(HasSubstr("Access-Control")));
  ServerForTest closed;
  EXPECT_THAT(ask(closed, "OPTIONS /api/values", listed + preflight),
              Not(HasSubstr("Access-Control")));
}

}  // namespace
}  // namespace tagwerk::servers::http
