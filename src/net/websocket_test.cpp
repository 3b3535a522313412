#include "net/websocket.hpp"

#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mutex>
#include <thread>

#include "net/test_server.hpp"
#include "net/websocket_client.hpp"

namespace tagwerk::net {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kHandshake =
    "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Protocol: tagwerk, bearer.x\r\n\r\n";

/// One frame as a client sends it, with a mask of zeros unless told otherwise.
std::string frame(int opcode, std::string_view payload, bool final = true, bool masked = true) {
  std::string out;
  out.push_back(static_cast<char>((final ? 0x80 : 0) | opcode));
  const int mask = masked ? 0x80 : 0;
  if (payload.size() < 126) {
    out.push_back(static_cast<char>(mask | static_cast<int>(payload.size())));
  } else if (payload.size() < 65536) {
    out.push_back(static_cast<char>(mask | 126));
    out.push_back(static_cast<char>(payload.size() >> 8));
    out.push_back(static_cast<char>(payload.size()));
  } else {
    out.push_back(static_cast<char>(mask | 127));
    for (int shift = 56; shift >= 0; shift -= 8)
      out.push_back(static_cast<char>(payload.size() >> shift));
  }
  if (masked) out.append(4, '\0');
  return out.append(payload);
}

/// Echoes messages; "bye" closes with 4401, "burst" sends a hundred.
class Echo : public WebSocketHandler {
 public:
  void on_open(const std::shared_ptr<WebSocket>& socket) override { socket_ = socket; }
  void on_message(std::string_view message) override {
    if (message == "bye") return socket_->close(4401, "signed off");
    for (int i = 0; i < (message == "burst" ? 100 : 1); ++i)
      socket_->send(std::string(message));
  }
  void on_drained() override { ++drained; }
  void on_close(std::uint16_t code) override {
    socket_.reset();
    closed.set_value(code);
  }

  std::promise<std::uint16_t> closed;
  std::atomic<int> drained{0};
  std::shared_ptr<WebSocket> socket_;
};

class WebSocketServer : public testing::Test {
 protected:
  explicit WebSocketServer(HttpServerOptions options = {})
      : server([this](Request&& request, Responder responder) { handle(request, responder); },
               options) {}

  void handle(Request& request, Responder& responder) {
    if (!request.wants_websocket()) return responder.send(Response(426));
    if (request.header("Sec-WebSocket-Protocol").value_or("").find("bearer.") ==
        std::string_view::npos)
      return responder.send(Response(401));
    responder.accept_websocket("tagwerk", echo);
  }

  BlockingStream open() {
    BlockingStream stream = server.connect();
    EXPECT_TRUE(stream.write(kHandshake, TestServer::deadline()));
    handshake = TestServer::read_until(stream, "\r\n\r\n");
    return stream;
  }
  /// What the server sends back for these bytes, until it closes.
  std::string talk(std::string_view bytes) {
    BlockingStream stream = open();
    EXPECT_TRUE(stream.write(bytes, TestServer::deadline()));
    return TestServer::read_all(stream);
  }
  std::uint16_t closed() { return echo->closed.get_future().get(); }

  std::shared_ptr<Echo> echo = std::make_shared<Echo>();
  TestServer server;
  std::string handshake;
};

std::string goodbye(std::uint16_t code) {
  return {static_cast<char>(code >> 8), static_cast<char>(code & 255)};
}

TEST_F(WebSocketServer, AnswersTheHandshakeWithTheChosenSubprotocol) {
  BlockingStream stream = open();
  EXPECT_THAT(handshake, StartsWith("HTTP/1.1 101 "));
  EXPECT_THAT(handshake, HasSubstr("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
  EXPECT_THAT(handshake, HasSubstr("Sec-WebSocket-Protocol: tagwerk\r\n"));
}

TEST_F(WebSocketServer, MayBeRefusedBeforeTheUpgrade) {
  EXPECT_THAT(server.talk("GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: "
                          "Upgrade, close\r\nSec-WebSocket-Version: 13\r\n"
                          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"),
              StartsWith("HTTP/1.1 401 "));
  EXPECT_EQ(server.client().get("/ws")->status, 426);
}

TEST_F(WebSocketServer, EchoesTextFragmentsAndAnswersPings) {
  BlockingStream stream = open();
  ASSERT_TRUE(stream.write(frame(1, "hel", false) + frame(9, "ping") + frame(0, "lo") +
                               frame(1, std::string(70'000, 'x')) + frame(8, goodbye(1000)),
                           TestServer::deadline()));
  const std::string got = TestServer::read_all(stream);
  EXPECT_THAT(got, HasSubstr("\x8a\x04ping"));
  EXPECT_THAT(got, HasSubstr("\x81\x05hello"));
  EXPECT_THAT(got, HasSubstr(std::string(70'000, 'x')));
  stream.shutdown_write();
  EXPECT_EQ(closed(), 1000);
  EXPECT_GT(echo->drained, 0);
}

TEST_F(WebSocketServer, ClosesWithTheApplicationsCode) {
  EXPECT_EQ(talk(frame(1, "bye") + frame(8, goodbye(4401))),
            "\x88\x0c" + goodbye(4401) + "signed off");
}

TEST_F(WebSocketServer, SendsABurstInOrder) {
  BlockingStream stream = open();
  ASSERT_TRUE(stream.write(frame(1, "burst"), TestServer::deadline()));
  std::string got;
  while (got.size() < 700)
    ASSERT_TRUE(stream.read(got, TestServer::deadline()));
  std::string expected;
  for (int i = 0; i < 100; ++i)
    expected +=
        "\x81\x05"
        "burst";
  EXPECT_EQ(got, expected);
}

TEST_F(WebSocketServer, TalksWithOurOwnClient) {
  auto client = WebSocketClient::connect(
      {.url = server.url() + "/ws", .subprotocols = {"tagwerk", "bearer.x"}});
  ASSERT_TRUE(client) << client.error().message;
  for (const std::size_t size : {1, 125, 126, 65'535, 65'536, 1'000'000}) {
    const std::string message(size, 'm');
    ASSERT_TRUE(client->send(message));
    EXPECT_EQ(*client->receive(TestServer::deadline()), message);
  }
  EXPECT_EQ(client->receive(base::mono_now() + 5ms).error().code, ErrorCode::timeout);
  ASSERT_TRUE(client->send("bye"));
  EXPECT_EQ(client->receive(TestServer::deadline()).error().code, ErrorCode::unavailable);
  EXPECT_EQ(client->close_code(), 4401);

  const auto refused = WebSocketClient::connect({.url = server.url() + "/ws"});
  EXPECT_EQ(refused.error().code, ErrorCode::unauthenticated);
}

struct BadFrame {
  std::string name;
  std::string bytes;
  std::uint16_t code;
};

TEST_F(WebSocketServer, ClosesOnBadFramesWithTheMatchingCode) {
  const std::vector<BadFrame> all{{"unmasked", frame(1, "x", true, false), 1002},
                                  {"unknown opcode", frame(3, "x"), 1002},
                                  {"continuation without a start", frame(0, "x"), 1002},
                                  {"fragmented ping", frame(9, "x", false), 1002},
                                  {"reserved bits", "\xf1\x80" + std::string(4, '\0'), 1002},
                                  {"long ping", frame(9, std::string(126, 'x')), 1002},
                                  {"not UTF-8", frame(1, "\xff\xfe"), 1007},
                                  {"binary", frame(2, "x"), 1003},
                                  {"too large", frame(1, std::string(1024 * 1024 + 1, 'x')), 1009},
                                  {"close with one byte", frame(8, "x"), 1002},
                                  {"close with a reserved code", frame(8, goodbye(1005)), 1002}};
  for (const BadFrame& bad : all) {
    echo = std::make_shared<Echo>();
    BlockingStream stream = open();
    // The server may close before everything is sent.
    (void)stream.write(bad.bytes, TestServer::deadline());
    stream.shutdown_write();
    const std::string got = TestServer::read_all(stream);
    if (bad.name != "too large") {
      ASSERT_GE(got.size(), 4u) << bad.name;
      EXPECT_EQ(got.substr(2, 2), goodbye(bad.code)) << bad.name;
    }
    closed();
  }
}

TEST_F(WebSocketServer, NoticesAClientThatVanishes) {
  {
    BlockingStream stream = open();
  }
  EXPECT_EQ(closed(), 1006);
  while (server.server().counts().websockets > 0)
    std::this_thread::yield();
}

TEST_F(WebSocketServer, SaysGoingAwayWhenItStops) {
  BlockingStream stream = open();
  auto stopping = std::async(std::launch::async, [&] { server.server().stop(); });
  EXPECT_THAT(TestServer::read_until(stream, "stops"), HasSubstr(goodbye(1001)));
  ASSERT_TRUE(stream.write(frame(8, goodbye(1001)), TestServer::deadline()));
  stream.shutdown_write();
  EXPECT_EQ(stopping.wait_for(5s), std::future_status::ready);
}

class ImpatientWebSocketServer : public WebSocketServer {
 protected:
  ImpatientWebSocketServer() : WebSocketServer(options()) {}
  static HttpServerOptions options() {
    HttpServerOptions out;
    out.limits.websocket_ping = 50ms;
    out.limits.websocket_pending = 1000;
    out.limits.stop_timeout = 20ms;
    return out;
  }
};

TEST_F(ImpatientWebSocketServer, PingsASilentClientAndDropsADeadOne) {
  BlockingStream stream = open();
  const std::string got = TestServer::read_all(stream);
  EXPECT_THAT(got, StartsWith("\x89"));
  EXPECT_EQ(closed(), 1006);
}

TEST_F(ImpatientWebSocketServer, StopsInTimeWithAClientThatDoesNotAnswer) {
  BlockingStream stream = open();
  const MonoTime begin = base::mono_now();
  server.server().stop();
  EXPECT_LT(base::mono_now() - begin, 2s);
  closed();
}

TEST_F(ImpatientWebSocketServer, RefusesToQueueMoreThanItsLimit) {
  BlockingStream stream = open();
  std::promise<std::vector<std::size_t>> done;
  while (server.server().counts().websockets == 0)
    std::this_thread::yield();
  // The socket may still be opening; ask on its loop until the handler has it.
  std::function<void()> fill = [&] {
    if (!echo->socket_) return server.loop().post(fill);
    std::vector<std::size_t> fills;
    while (echo->socket_->send(std::string(300, 'x')))
      fills.push_back(echo->socket_->pending_bytes());
    done.set_value(fills);
  };
  server.loop().post(fill);
  EXPECT_EQ(done.get_future().get(), (std::vector<std::size_t>{300, 600, 900}));
  while (echo->drained == 0)
    std::this_thread::yield();
}

}  // namespace
}  // namespace tagwerk::net
