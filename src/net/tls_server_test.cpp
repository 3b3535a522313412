// HTTP and WebSocket over TLS, as a client sees them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

#include "net/test_server.hpp"
#include "net/tls_for_test.hpp"
#include "net/websocket_client.hpp"

namespace tagwerk::net {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

/// Echoes the size of the body, with as many bytes as the target asks for: "/1000".
void answer(Request&& request, Responder responder) {
  const std::size_t size = std::stoul(std::string(request.target().substr(1)));
  responder.send(Response(200, "text/plain",
                          fmt::format("{}:{}", request.body().size(), std::string(size, 'x'))));
}

class TlsServer : public testing::Test {
 protected:
  void start(TestServer::Handle handle, HttpServerOptions options = {}) {
    options.tls = files.context();
    server = std::make_unique<TestServer>(std::move(handle), std::move(options));
    server->trust(files.trust());
  }
  HttpServerCounts counts() { return server->server().counts(); }
  void wait_for_failed_handshakes(std::uint64_t count) {
    const MonoTime deadline = TestServer::deadline();
    while (counts().failed_handshakes < count && base::mono_now() < deadline)
      std::this_thread::sleep_for(1ms);
    EXPECT_EQ(counts().failed_handshakes, count);
  }

  TestCertificate files;
  std::unique_ptr<TestServer> server;
};

TEST_F(TlsServer, AnswersOnAKeptConnection) {
  start(answer);
  HttpClient client = server->client();
  for (int i = 0; i < 20; ++i) {
    const auto got = client.get("/3");
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(got->body, "0:xxx");
  }
  EXPECT_EQ(counts().accepted, 1u);
}

TEST_F(TlsServer, CarriesBodiesOfEverySizeBothWays) {
  start([](Request&& request, Responder responder) {
    responder.send(Response(200, "text/plain", std::string(request.body())));
  });
  HttpClient client = server->client();
  for (const std::size_t size : {1, 1000, 16'383, 16'384, 16'385, 100'000, 10'000'000}) {
    std::string body(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
      body[i] = static_cast<char>('a' + i % 23);
    const auto got = client.post("/big", body);
    ASSERT_TRUE(got) << size << ": " << got.error().message;
    EXPECT_EQ(got->body, body) << size;
  }
}

TEST_F(TlsServer, AnswersPipelinedRequestsAndSaysGoodbye) {
  start(answer);
  BlockingStream stream = server->connect_securely();
  std::string requests;
  for (int i = 0; i < 30; ++i)
    requests += fmt::format("GET /{} HTTP/1.1\r\nHost: a\r\n{}\r\n", i,
                            i == 29 ? "Connection: close\r\n" : "");
  ASSERT_TRUE(stream.write(requests, TestServer::deadline()));
  const std::string answers = TestServer::read_all(stream);
  EXPECT_THAT(answers, testing::EndsWith("0:" + std::string(29, 'x')));
  EXPECT_EQ(counts().requests, 30u);
}

TEST_F(TlsServer, SaysContinueAndRefusesBodiesThatAreTooLarge) {
  start(answer);
  BlockingStream stream = server->connect_securely();
  ASSERT_TRUE(
      stream.write("PUT /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
                   "Expect: 100-continue\r\n\r\n",
                   TestServer::deadline()));
  EXPECT_THAT(TestServer::read_until(stream, "\r\n\r\n"), StartsWith("HTTP/1.1 100 Continue"));
  ASSERT_TRUE(stream.write("abcPUT /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3000\r\n\r\n",
                           TestServer::deadline()));
  const std::string answers = TestServer::read_all(stream);
  EXPECT_THAT(answers, HasSubstr("3:x"));
  EXPECT_THAT(answers, HasSubstr("413 Content Too Large"));
}

TEST_F(TlsServer, TellsTheApplicationThatTheClientIsSecure) {
  start([](Request&& request, Responder responder) {
    responder.send(Response(200, "text/plain", request.peer()->secure ? "secure" : "plain"));
  });
  EXPECT_EQ(server->client().get("/")->body, "secure");
}

TEST_F(TlsServer, TellsOneWhoSpeaksPlainHttpWhatToDo) {
  start(answer);
  const std::string answer_to_plain = server->talk("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(answer_to_plain, StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(answer_to_plain, HasSubstr("this port speaks HTTPS"));
  EXPECT_EQ(counts().failed_handshakes, 1u);
}

TEST_F(TlsServer, ClosesOnGarbageAndServesTheNext) {
  start(answer);
  for (const char* garbage : {"\x16\x03\x01\xff\xff garbage", "hello, is anybody there?\r\n\r\n"})
    (void)server->talk(garbage);
  wait_for_failed_handshakes(2);
  EXPECT_EQ(server->client().get("/0")->status, 200);
}

TEST_F(TlsServer, GivesUpOnASlowHandshake) {
  HttpServerOptions options;
  options.limits.handshake_timeout = 60ms;
  start(answer, std::move(options));
  BlockingStream silent = server->connect();
  EXPECT_EQ(TestServer::read_all(silent), "");
  BlockingStream half = server->connect();
  ASSERT_TRUE(half.write("\x16\x03\x01\x02", TestServer::deadline()));
  EXPECT_EQ(TestServer::read_all(half), "");
}

TEST_F(TlsServer, ShowsANewCertificateToNewConnections) {
  start(answer);
  HttpClient old = server->client();
  EXPECT_EQ(old.get("/0")->status, 200);
  const TestCertificate next;
  server->server().set_tls(next.context());
  const MonoTime deadline = TestServer::deadline();
  HttpClient fresh({.url = server->url(), .trust = next.trust()});
  while (!fresh.get("/0") && base::mono_now() < deadline)
    std::this_thread::sleep_for(1ms);
  EXPECT_EQ(fresh.get("/0")->status, 200);
  EXPECT_EQ(old.get("/0")->status, 200);
  EXPECT_FALSE(server->client().get("/0"));
}

TEST_F(TlsServer, StopsWithConnectionsOpenInEveryState) {
  start(answer);
  HttpClient idle = server->client();
  EXPECT_EQ(idle.get("/0")->status, 200);
  BlockingStream silent = server->connect();
  BlockingStream half = server->connect();
  ASSERT_TRUE(half.write("\x16\x03\x01\x02", TestServer::deadline()));
  const MonoTime before = base::mono_now();
  server->server().stop();
  EXPECT_LT(base::mono_now() - before, 1500ms);
}

TEST_F(TlsServer, IsNotBelievedByAClientThatDoesNotKnowIt) {
  start(answer);
  HttpClient stranger({.url = server->url()});
  const auto got = stranger.get("/0");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::permission_denied);
  EXPECT_THAT(got.error().message, HasSubstr("not trusted"));
  HttpClient careless({.url = server->url(), .trust = {.verify_server = false}});
  EXPECT_EQ(careless.get("/0")->status, 200);
}

TEST_F(TlsServer, IsNotBelievedUnderAnotherNameOrAfterItsTime) {
  files.write({"other.example"});
  start(answer);
  auto got = server->client().get("/0");
  ASSERT_FALSE(got);
  EXPECT_THAT(got.error().message, HasSubstr("IP address mismatch"));
  files.write({"127.0.0.1"}, -1h);
  start(answer);
  got = server->client().get("/0");
  ASSERT_FALSE(got);
  EXPECT_THAT(got.error().message, HasSubstr("expired"));
}

TEST_F(TlsServer, SpeaksNoTlsOnItsUnixSocket) {
  const base::TestDirectory directory;
  HttpServerOptions options;
  options.unix_path = directory / "http.sock";
  start(answer, options);
  HttpClient client({.url = "unix:" + options.unix_path});
  EXPECT_EQ(client.get("/1")->body, "0:x");
}

/// Echoes every message.
class SecureEcho : public WebSocketHandler {
 public:
  void on_open(const std::shared_ptr<WebSocket>& socket) override { socket_ = socket; }
  void on_message(std::string_view message) override { socket_->send(std::string(message)); }
  void on_drained() override {}
  void on_close(std::uint16_t) override { socket_.reset(); }

 private:
  std::shared_ptr<WebSocket> socket_;
};

class TlsWebSocket : public TlsServer {
 protected:
  void SetUp() override {
    start([](Request&&, Responder responder) {
      responder.accept_websocket("", std::make_shared<SecureEcho>());
    });
  }
  Result<WebSocketClient> connect() {
    return WebSocketClient::connect({.url = server->url() + "/ws", .trust = files.trust()});
  }
};

TEST_F(TlsWebSocket, CarriesMessagesOfEverySizeBothWays) {
  auto socket = connect();
  ASSERT_TRUE(socket) << socket.error().message;
  for (const std::size_t size : {1, 125, 126, 16'000, 17'000, 70'000, 1'000'000}) {
    const std::string message(size, 'm');
    ASSERT_TRUE(socket->send(message));
    const auto got = socket->receive(TestServer::deadline());
    ASSERT_TRUE(got) << size << ": " << got.error().message;
    EXPECT_EQ(*got, message);
  }
}

TEST_F(TlsWebSocket, SaysGoodbyeWhenTheClientDoes) {
  auto socket = connect();
  ASSERT_TRUE(socket);
  socket->close(1000);
  const auto got = socket->receive(TestServer::deadline());
  EXPECT_FALSE(got);
  EXPECT_EQ(socket->close_code(), 1000);
}

TEST_F(TlsWebSocket, IsClosedWithTheServer) {
  auto socket = connect();
  ASSERT_TRUE(socket);
  std::thread stopping([this] { server->server().stop(); });
  EXPECT_FALSE(socket->receive(TestServer::deadline()));
  EXPECT_EQ(socket->close_code(), 1001);
  stopping.join();
}

}  // namespace
}  // namespace tagwerk::net
