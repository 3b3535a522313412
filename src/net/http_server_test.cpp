#include "net/http_server.hpp"

#include <algorithm>
#include <filesystem>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include "base/directory_for_test.hpp"
#include "base/new_file.hpp"
#include "net/test_server.hpp"

namespace tagwerk::net {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// Says what it was asked: method, target, body.
void echo(Request&& request, Responder responder) {
  responder.send(Response(
      200, "text/plain",
      fmt::format("{} {} {}", to_string(request.method()), request.target(), request.body())));
}

HttpServerOptions impatient() {
  HttpServerOptions options;
  options.limits.header_timeout = 60ms;
  options.limits.body_timeout = 60ms;
  options.limits.idle_timeout = 60ms;
  options.limits.write_timeout = 100ms;
  return options;
}

TEST(HttpServer, AnswersRequestsOnAKeptConnection) {
  TestServer server(echo);
  HttpClient client = server.client();
  EXPECT_EQ(client.get("/a?b=c")->body, "GET /a?b=c ");
  const auto answer = client.post("/x", "hello");
  EXPECT_EQ(answer->body, "POST /x hello");
  EXPECT_EQ(answer->header("content-type"), "text/plain");
  EXPECT_THAT(std::string(answer->header("Date").value()), HasSubstr("GMT"));
  EXPECT_EQ(server.server().counts().accepted, 1u);
}

TEST(HttpServer, AnswersHeadWithTheLengthButNoBody) {
  TestServer server(echo);
  const std::string answer =
      server.talk("HEAD /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Content-Length: 8\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST(HttpServer, FindsHeadersWithoutRegardToCase) {
  TestServer server([](Request&& request, Responder responder) {
    responder.send(
        Response(200, "text/plain", std::string(request.header("x-thing").value_or("-"))));
  });
  EXPECT_THAT(server.talk("GET / HTTP/1.1\r\nhost: a\r\nX-Other: 1\r\nX-THING:  value \r\n"
                          "Connection: close\r\n\r\n"),
              testing::EndsWith("\r\n\r\nvalue"));
}

TEST(HttpServer, AnswersPipelinedRequestsInOrder) {
  TestServer server([](Request&& request, Responder responder) {
    // The first one takes longest; the others must wait for it.
    auto timer = std::make_shared<Timer>(request.loop());
    timer->start_after(
        request.target() == "/0" ? 30ms : 0ms,
        [timer, r = std::move(responder), t = std::string(request.target())]() mutable {
          r.send(Response(200, "text/plain", "<" + t + ">"));
          timer.reset();
        });
  });
  std::string requests;
  for (int i = 0; i < 50; ++i)
    requests += fmt::format("GET /{} HTTP/1.1\r\nHost: a\r\n{}\r\n", i,
                            i == 49 ? "Connection: close\r\n" : "");
  const std::string answers = server.talk(requests);
  std::size_t last = 0;
  for (int i = 0; i < 50; ++i) {
    const auto at = answers.find(fmt::format("</{}>", i));
    ASSERT_NE(at, std::string::npos) << i;
    EXPECT_GE(at, last);
    last = at;
  }
}

TEST(HttpServer, TakesAnswersFromOtherThreadsAndFromForgottenRespondersToo) {
  TestServer server([](Request&& request, Responder responder) {
    if (request.target() == "/forget") return;
    std::thread([r = std::move(responder)]() mutable {
      r.send(Response(200, "text/plain", "from elsewhere"));
    }).detach();
  });
  HttpClient client = server.client();
  EXPECT_EQ(client.get("/")->body, "from elsewhere");
  EXPECT_EQ(client.get("/forget")->status, 500);
}

TEST(HttpServer, ReadsChunkedBodiesAndIgnoresTrailers) {
  TestServer server([](Request&& request, Responder responder) {
    EXPECT_FALSE(request.header("Authorization"));
    echo(std::move(request), std::move(responder));
  });
  const std::string answer = server.talk(
      "PUT /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
      "5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nAuthorization: Bearer x\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("PUT /c hello world"));
}

TEST(HttpServer, SendsContinueBeforeTheBodyButNotForOneThatIsTooLarge) {
  TestServer server(echo);
  BlockingStream stream = server.connect();
  ASSERT_TRUE(
      stream.write("PUT /e HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
                   "Expect: 100-continue\r\nConnection: close\r\n\r\n",
                   TestServer::deadline()));
  EXPECT_EQ(TestServer::read_until(stream, "\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  ASSERT_TRUE(stream.write("abc", TestServer::deadline()));
  EXPECT_THAT(TestServer::read_all(stream), HasSubstr("PUT /e abc"));

  const std::string refused = server.talk(
      "PUT /e HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n"
      "Expect: 100-continue\r\n\r\n");
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 413 "));
}

TEST(HttpServer, SpeaksHttp10) {
  TestServer server(echo);
  EXPECT_THAT(server.talk("GET /old HTTP/1.0\r\n\r\n"), HasSubstr("Connection: close"));
  BlockingStream stream = server.connect();
  ASSERT_TRUE(
      stream.write("GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", TestServer::deadline()));
  EXPECT_THAT(TestServer::read_until(stream, "/old"), HasSubstr("Connection: keep-alive"));
}

struct Bad {
  const char* request;
  int status;
};

TEST(HttpServer, RefusesWhatIsMalformedOrCouldBeReadInTwoWays) {
  TestServer server(echo);
  const std::vector<Bad> all{
      {"\x16\x03\x01\x02\x00\x01\r\n\r\n", 400},
      {"GET\r\n\r\n", 400},
      {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
      {"GET / HTTP/1.1\nHost: a\n\n\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
       400},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
       400},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\n\r\n", 417}};
  for (const Bad& bad : all) {
    const std::string answer = server.talk(bad.request);
    EXPECT_THAT(answer, StartsWith(fmt::format("HTTP/1.1 {} ", bad.status))) << bad.request;
    EXPECT_THAT(answer, HasSubstr("Connection: close")) << bad.request;
    EXPECT_THAT(answer, HasSubstr("{\"detail\":\"")) << bad.request;
  }
  EXPECT_EQ(server.server().counts().bad_requests, all.size());
  EXPECT_EQ(server.client().get("/still")->status, 200);
}

TEST(HttpServer, RefusesWhatIsTooLargeWithTheMatchingStatus) {
  TestServer server(echo);
  const std::string host = " HTTP/1.1\r\nHost: a\r\n";
  EXPECT_THAT(server.talk("GET /" + std::string(9000, 'x') + host + "\r\n"),
              StartsWith("HTTP/1.1 414 "));
  EXPECT_THAT(server.talk("GET /" + std::string(40'000, 'x') + host + "\r\n"),
              StartsWith("HTTP/1.1 414 "));
  EXPECT_THAT(server.talk("GET /" + host + "X: " + std::string(40'000, 'x') + "\r\n\r\n"),
              StartsWith("HTTP/1.1 431 "));
  std::string many;
  for (int i = 0; i < 3000; ++i)
    many += fmt::format("X-{}: y\r\n", i);
  EXPECT_THAT(server.talk("GET /" + host + many + "\r\n"), StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(server.talk("PUT /" + host + "Content-Length: 1025\r\n\r\n" + std::string(1025, 'x')),
              StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(server.talk("PUT /" + host + "Transfer-Encoding: chunked\r\n\r\n401\r\n" +
                          std::string(0x401, 'x') + "\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(server.talk("PUT /" + host + "Transfer-Encoding: chunked\r\n\r\n1;" +
                          std::string(60'000, 'x')),
              StartsWith("HTTP/1.1 400 "));
}

TEST(HttpServer, TakesAndGivesLargeBodies) {
  TestServer server([](Request&& request, Responder responder) {
    responder.send(Response(200, "text/plain", request.body()));
  });
  const std::string body(16 * 1024 * 1024, 'x');
  EXPECT_EQ(server.client().put("/big", body)->body.size(), body.size());
}

TEST(HttpServer, GivesAFileThatIsNotHeldInMemory) {
  const base::TestDirectory directory;
  std::string bytes(5'000'000, 'x');
  bytes.back() = 'y';
  const auto unnamed = base::unnamed_file(directory.path());
  ASSERT_TRUE(base::write_all(unnamed->get(), bytes));
  const auto file = base::MappedFile::map(unnamed->get()).value();
  TestServer server([&](Request&&, Responder responder) {
    responder.send(Response(200, "application/zstd", file));
  });
  HttpClient client = server.client();
  EXPECT_EQ(client.get("/")->body, bytes);
  EXPECT_EQ(client.request("HEAD", "/", {}, {})->header("Content-Length"), "5000000");
  EXPECT_EQ(server.server().counts().accepted, 1u);
}

TEST(HttpServer, TurnsSlowClientsAway) {
  TestServer server(echo, impatient());
  EXPECT_EQ(server.talk(""), "");
  EXPECT_THAT(server.talk("GET / HT"), StartsWith("HTTP/1.1 408 "));
  EXPECT_THAT(server.talk("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc"),
              StartsWith("HTTP/1.1 408 "));
  const std::string idle = server.talk("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(idle, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(idle, Not(HasSubstr("408")));
}

TEST(HttpServer, TurnsAClientAwayThatSendsOneByteAtATime) {
  TestServer server(echo, impatient());
  BlockingStream stream = server.connect();
  const std::string request = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
  std::string got;
  const MonoTime begin = base::mono_now();
  for (std::size_t i = 0; got.empty() && base::mono_now() < begin + 5s; ++i) {
    const std::string_view next = i < request.size() ? std::string_view(request).substr(i, 1) : "y";
    if (!stream.write(next, TestServer::deadline())) break;
    (void)stream.read(got, base::mono_now() + 5ms);
  }
  EXPECT_THAT(got, StartsWith("HTTP/1.1 408 "));
}

TEST(HttpServer, TurnsAClientAwayThatDoesNotReadItsAnswer) {
  TestServer server(
      [](Request&&, Responder responder) {
        responder.send(Response(200, "text/plain", std::string(32 << 20, 'x')));
      },
      impatient());
  BlockingStream stream = server.connect();
  ASSERT_TRUE(stream.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n", TestServer::deadline()));
  while (server.server().counts().requests == 0 || server.server().counts().connections > 0)
    std::this_thread::yield();
  EXPECT_LT(TestServer::read_all(stream).size(), 32u << 20);
}

TEST(HttpServer, RefusesConnectionsOverItsLimitWith503) {
  HttpServerOptions options;
  options.limits.connections = 5;
  TestServer server(echo, options);
  std::vector<BlockingStream> held;
  for (int i = 0; i < 5; ++i)
    held.push_back(server.connect());
  EXPECT_THAT(server.talk("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(server.server().counts().refused, 1u);
  held.clear();
  while (server.server().counts().connections > 0)
    std::this_thread::yield();
  EXPECT_EQ(server.client().get("/")->status, 200);
}

TEST(HttpServer, ServesManyConnectionsOnSeveralLoops) {
  TestServer server(echo, {}, 2);
  std::vector<BlockingStream> all;
  for (int i = 0; i < 200; ++i) {
    all.push_back(server.connect());
    ASSERT_TRUE(
        all.back().write(fmt::format("GET /{} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", i),
                         TestServer::deadline()));
  }
  for (int i = 0; i < 200; ++i)
    EXPECT_THAT(TestServer::read_all(all[static_cast<std::size_t>(i)]),
                HasSubstr(fmt::format("GET /{} ", i)));
  EXPECT_EQ(server.server().counts().accepted, 200u);
}

TEST(HttpServer, SurvivesClientsThatVanish) {
  TestServer server(echo);
  for (const char* part :
       {"", "G", "GET / HTTP/1.1\r\nHost: a\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab"}) {
    BlockingStream stream = server.connect();
    ASSERT_TRUE(stream.write(part, TestServer::deadline()));
  }
  while (server.server().counts().accepted < 5 || server.server().counts().connections > 0)
    std::this_thread::yield();
  EXPECT_EQ(server.client().get("/")->status, 200);
}

TEST(HttpServer, KeepsOutsideTextFromAddingHeaders) {
  TestServer server([](Request&&, Responder responder) {
    responder.send(Response(200, "text/plain", "x").header("X-Name", "a\r\nSet-Cookie: evil"));
  });
  const auto answer = server.client().get("/");
  EXPECT_EQ(answer->header("X-Name"), "aSet-Cookie: evil");
  EXPECT_FALSE(answer->header("Set-Cookie"));
}

TEST(HttpServer, ListensOnAUnixSocketOfItsGroup) {
  const std::string path = fmt::format("/tmp/tagwerk-http-test-{}.sock", ::getpid());
  {
    HttpServerOptions options;
    options.unix_path = path;
    options.address = "";
    TestServer server(
        [](Request&& request, Responder responder) {
          responder.send(Response(request.peer()->loopback ? 200 : 500, "text/plain",
                                  request.peer()->address));
        },
        options, 2);
    struct stat info{};
    ASSERT_EQ(::stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0660u);
    HttpClient client({.url = "http://localhost", .unix_path = path});
    EXPECT_EQ(client.get("/")->body, "unix");

    EventLoopThread other("io");
    EventLoop* const loop = &other.loop();
    const auto second = HttpServer::start({&loop, 1}, options, server.handler());
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error().message, HasSubstr(path));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(HttpServer, SaysWhenItsPortIsTakenAlthoughPortsAreShared) {
  TestServer server(echo);
  EventLoop* const loop = &server.loop();
  HttpServerOptions options;
  options.port = server.server().port();
  const auto second = HttpServer::start({&loop, 1}, options, server.handler());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::unavailable);
  EXPECT_THAT(second.error().message, HasSubstr("another program"));
  options.address = "not-an-address";
  EXPECT_EQ(HttpServer::start({&loop, 1}, options, server.handler()).error().code,
            ErrorCode::invalid_argument);
}

TEST(HttpServer, FinishesTheAnswerUnderWayWhenItStops) {
  std::promise<Responder> asked;
  TestServer server([&](Request&&, Responder responder) { asked.set_value(std::move(responder)); });
  BlockingStream idle = server.connect();
  BlockingStream busy = server.connect();
  ASSERT_TRUE(busy.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n", TestServer::deadline()));
  Responder responder = asked.get_future().get();
  auto stopping = std::async(std::launch::async, [&] { server.server().stop(); });
  EXPECT_EQ(TestServer::read_all(idle), "");
  responder.send(Response(200, "text/plain", "the last word"));
  const std::string answer = TestServer::read_all(busy);
  EXPECT_THAT(answer, HasSubstr("the last word"));
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
  EXPECT_EQ(stopping.wait_for(5s), std::future_status::ready);
}

TEST(HttpServer, StopsInTimeAlthoughAnAnswerNeverComes) {
  HttpServerOptions options;
  options.limits.stop_timeout = 50ms;
  std::promise<Responder> asked;
  TestServer server([&](Request&&, Responder responder) { asked.set_value(std::move(responder)); },
                    options);
  BlockingStream busy = server.connect();
  ASSERT_TRUE(busy.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n", TestServer::deadline()));
  Responder responder = asked.get_future().get();
  const MonoTime begin = base::mono_now();
  server.server().stop();
  EXPECT_LT(base::mono_now() - begin, 2s);
  EXPECT_EQ(TestServer::read_all(busy), "");
  responder.send(Response(200));
}

TEST(HttpClient, SaysWhatWentWrong) {
  HttpClient nobody({.url = "http://127.0.0.1:1"});
  EXPECT_EQ(nobody.get("/").error().code, ErrorCode::unavailable);
  HttpClient wrong({.url = "ftp://x"});
  EXPECT_EQ(wrong.get("/").error().code, ErrorCode::invalid_argument);
  TestServer server([](Request&&, Responder responder) {
    static std::vector<Responder> kept;
    kept.push_back(std::move(responder));
    if (kept.size() == 1) return;
    kept.clear();
  });
  HttpClient hasty({.url = server.url(), .timeout = 50ms});
  EXPECT_EQ(hasty.get("/").error().code, ErrorCode::timeout);
  EXPECT_EQ(server.client().get("/")->status, 500);
}

TEST(HttpClient, HandsALargeBodyOnPieceByPiece) {
  TestServer server([](Request&& request, Responder responder) {
    const int status = request.target() == "/big" ? 200 : 409;
    responder.send(Response(status, "text/plain", std::string(3'000'000, 'x')));
  });
  HttpClient client({.url = server.url(), .body_limit = 4'000'000});
  std::size_t pieces = 0, bytes = 0;
  const BodySink count = [&](std::string_view piece, std::uint64_t total) -> Status {
    EXPECT_EQ(total, 3'000'000u);
    EXPECT_FALSE(piece.empty());
    ++pieces, bytes += piece.size();
    return {};
  };
  const auto answer = client.download("/big", count);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "");
  EXPECT_EQ(bytes, 3'000'000u);
  EXPECT_GT(pieces, 10u);
  // Of another answer the body says why.
  EXPECT_EQ(client.download("/refused", count)->body.size(), 3'000'000u);
  HttpClient modest({.url = server.url(), .body_limit = 1'000'000});
  EXPECT_EQ(modest.download("/refused", count).error().code, ErrorCode::limit_exceeded);
  EXPECT_TRUE(modest.download("/big", count));
  EXPECT_EQ(server.server().counts().accepted, 3u);
}

TEST(HttpClient, EndsADownloadWithTheFaultOfItsSink) {
  TestServer server([](Request&&, Responder responder) {
    responder.send(Response(200, "text/plain", std::string(3'000'000, 'x')));
  });
  HttpClient client = server.client();
  const auto full = [](std::string_view, std::uint64_t) -> Status {
    return fail(ErrorCode::io, "the disk is full");
  };
  EXPECT_EQ(client.download("/", full).error().message, "the disk is full");
  EXPECT_EQ(client.get("/")->status, 200);
}

TEST(HttpClient, SendsItsTokenAndReconnectsAfterTheServerClosed) {
  TestServer server(
      [](Request&& request, Responder responder) {
        responder.send(Response(200, "text/plain",
                                std::string(request.header("Authorization").value_or("none"))));
      },
      impatient());
  HttpClient client = server.client();
  EXPECT_EQ(client.get("/")->body, "none");
  client.set_bearer("abc");
  while (server.server().counts().connections > 0)
    std::this_thread::yield();
  EXPECT_EQ(client.get("/")->body, "Bearer abc");
}

}  // namespace
}  // namespace tagwerk::net
