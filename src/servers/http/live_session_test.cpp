#include "servers/http/live_session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>

#include "net/websocket_client.hpp"
#include "servers/http/server_for_test.hpp"

namespace tagwerk::servers::http {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

/// A client of /ws with an answer for every question.
class LiveClient {
 public:
  LiveClient(ServerForTest& server, std::string_view user) {
    auto made = net::WebSocketClient::connect(
        {.url = server.url() + "/ws", .subprotocols = {"tagwerk", "bearer." + server.token(user)}});
    EXPECT_TRUE(made) << made.error().message;
    socket_.emplace(std::move(*made));
  }

  void send(std::string_view message) { EXPECT_TRUE(socket_->send(message)); }
  std::string receive() {
    auto text = socket_->receive(base::mono_now() + 10s);
    EXPECT_TRUE(text) << text.error().message;
    return text.value_or("");
  }
  std::string ask(std::string_view message) {
    send(message);
    return receive();
  }
  /// Reads on until a message holds the text.
  std::string receive_until(std::string_view part) {
    for (;;) {
      std::string text = receive();
      if (text.empty() || text.find(part) != std::string::npos) return text;
    }
  }
  net::WebSocketClient& socket() { return *socket_; }

 private:
  std::optional<net::WebSocketClient> socket_;
};

class LiveSocket : public testing::Test {
 protected:
  static void SetUpTestSuite() { server = std::make_unique<ServerForTest>(); }
  static void TearDownTestSuite() { server.reset(); }

  static std::unique_ptr<ServerForTest> server;
};
std::unique_ptr<ServerForTest> LiveSocket::server;

TEST_F(LiveSocket, RefusesAClientWithoutAGoodTokenBeforeTheUpgrade) {
  for (const std::vector<std::string>& offer : {std::vector<std::string>{"tagwerk"},
                                                {"tagwerk", "bearer."},
                                                {"tagwerk", "bearer.nonsense"}})
    EXPECT_EQ(net::WebSocketClient::connect({.url = server->url() + "/ws", .subprotocols = offer})
                  .error()
                  .code,
              ErrorCode::unauthenticated);
}

TEST_F(LiveSocket, GivesASnapshotAndThenEveryChangeInOrder) {
  server->set("/Plant/SetPoint", Value::of(1.5));
  LiveClient client(*server, "viewer");
  const std::string snapshot =
      client.ask(R"({"op":"subscribe","id":1,"paths":["/Plant/SetPoint"]})");
  EXPECT_THAT(snapshot, StartsWith(R"({"op":"snapshot","id":1,"items":[{"path":"/Plant/SetPoint",)"
                                   R"("value":1.5,)"));
  EXPECT_THAT(snapshot, HasSubstr(R"("unit":"bar"})"));
  for (int i = 2; i < 7; ++i) {
    server->set("/Plant/SetPoint", Value::of(i + 0.5));
    const std::string change = client.receive();
    EXPECT_THAT(change,
                StartsWith(R"({"op":"changes","id":1,"items":[{"path":"/Plant/SetPoint",)"));
    EXPECT_THAT(change, HasSubstr(fmt::format("\"value\":{}.5,", i)));
    EXPECT_THAT(change, testing::Not(HasSubstr("unit")));
  }
}

TEST_F(LiveSocket, GivesTheLatestAtMostOncePerPeriod) {
  LiveClient client(*server, "viewer");
  client.ask(R"({"op":"subscribe","id":1,"paths":["/Plant/SetPoint"],"max_rate_ms":100})");
  for (int i = 0; i < 50; ++i)
    server->set("/Plant/SetPoint", Value::of(2 + i * 0.1));
  int messages = 0;
  for (std::string text; text.find("\"value\":6.9") == std::string::npos; ++messages) {
    text = client.receive();
    ASSERT_FALSE(text.empty());
  }
  EXPECT_LT(messages, 25);
}

TEST_F(LiveSocket, StopsAfterUnsubscribeAndReplacesAnIdThatIsUsedAgain) {
  LiveClient client(*server, "viewer");
  client.ask(R"({"op":"subscribe","id":1,"paths":["/Plant/SetPoint"]})");
  const std::string again = client.ask(R"({"op":"subscribe","id":1,"paths":["/Plant/Note"]})");
  EXPECT_THAT(again, HasSubstr("/Plant/Note"));
  server->set("/Plant/SetPoint", Value::of(9.25));
  server->set("/Plant/Note", Value::string("seen"));
  EXPECT_THAT(client.receive(), HasSubstr("seen"));
  client.send(R"({"op":"unsubscribe","id":1})");
  EXPECT_THAT(client.ask(R"({"op":"ping"})"), StartsWith(R"({"op":"pong","time":"2)"));
  server->set("/Plant/Note", Value::string("unseen"));
  EXPECT_THAT(client.ask(R"({"op":"ping"})"), StartsWith(R"({"op":"pong")"));
}

TEST_F(LiveSocket, WritesAndSaysWhatBecameOfIt) {
  LiveClient client(*server, "operator");
  const std::string written = client.ask(
      R"({"op":"write","id":7,"items":[{"path":"/Plant/SetPoint","value":3},{"path":"/Plant/Mode","value":1}]})");
  EXPECT_THAT(written,
              StartsWith(R"({"op":"written","id":7,"items":[{"path":"/Plant/SetPoint","ok":true)"));
  EXPECT_THAT(written, HasSubstr("BadUserAccessDenied"));
  net::HttpClient admin = server->client("admin");
  EXPECT_THAT(admin.get("/api/audit?action=write&user=operator&limit=1")->body,
              HasSubstr("websocket 127.0.0.1"));
}

TEST_F(LiveSocket, AnswersFaultsAndGoesOn) {
  LiveClient client(*server, "viewer");
  const std::map<std::string, std::string> all{
      {"{", "message:1"},
      {"[]", "must be a JSON object"},
      {"{}", "'' needs an 'id'"},
      {R"({"op":"subscribe","paths":["/A"]})", "needs an 'id'"},
      {R"({"op":"dance","id":1})", "unknown op 'dance'"},
      {R"({"op":"subscribe","id":1})", "'paths' must be a list"},
      {R"({"op":"subscribe","id":1,"paths":[]})", "1 to 10000"},
      {R"({"op":"subscribe","id":1,"paths":[1]})", "texts only"},
      {R"({"op":"subscribe","id":1,"paths":["/A{/*"]})", "/A{"},
      {R"({"op":"subscribe","id":1,"paths":["/A"],"max_rate_ms":1})", "max_rate_ms"},
      {R"({"op":"subscribe","id":1,"paths":["/A"],"speed":1})", "unknown member 'speed'"},
      {R"({"op":"write","id":1,"items":[]})", "'items' must hold"},
      {R"({"op":"token","token":"nonsense"})", "Could not validate"}};
  for (const auto& [message, part] : all) {
    const std::string answer = client.ask(message);
    EXPECT_THAT(answer, StartsWith(R"({"op":"error","id":)")) << message;
    EXPECT_THAT(answer, HasSubstr(part)) << message;
  }
  EXPECT_THAT(client.ask(R"({"op":"ping"})"), HasSubstr("pong"));
}

TEST_F(LiveSocket, TellsTheStatusToThoseWhoAsk) {
  LiveClient client(*server, "viewer");
  const std::string first = client.ask(R"({"op":"subscribe_status","id":2})");
  EXPECT_THAT(first, StartsWith(R"({"op":"status","id":2,"status":{"instance":)"));
  EXPECT_THAT(first, HasSubstr(R"("connectors":[{"name":"plc1")"));
  EXPECT_TRUE(model::parse_json(first, "status"));
  EXPECT_THAT(client.receive(), StartsWith(R"({"op":"status","id":2)"));
}

TEST_F(LiveSocket, GivesANewSnapshotWhenTheConfigurationChangesWhatIsNamed) {
  LiveClient client(*server, "viewer");
  EXPECT_THAT(client.ask(R"({"op":"subscribe","id":1,"paths":["/New/**"]})"),
              HasSubstr(R"("items":[])"));
  server->import("tags:\n  New/Level: {type: float, unit: m}\n");
  EXPECT_THAT(client.receive_until("snapshot"), HasSubstr("/New/Level"));
}

TEST_F(LiveSocket, ShowsATagWithinThePartThatTheUserMaySee) {
  net::HttpClient admin = server->client("admin");
  ASSERT_EQ(admin
                .post("/api/users", R"({"username":"guest","password":"long enough",
                                        "role":"viewer","subtree":"/Elsewhere"})")
                ->status,
            201);
  LiveClient client(*server, "guest");
  EXPECT_THAT(client.ask(R"({"op":"subscribe","id":1,"paths":["/Plant/**"]})"),
              HasSubstr(R"("items":[])"));
}

TEST_F(LiveSocket, TakesANewTokenOfTheSameUserOnly) {
  LiveClient client(*server, "viewer");
  const std::string stranger =
      client.ask(fmt::format(R"({{"op":"token","token":"{}"}})", server->token("operator")));
  EXPECT_THAT(stranger, HasSubstr("another user"));
  client.send(fmt::format(R"({{"op":"token","token":"{}"}})", server->token("viewer")));
  EXPECT_THAT(client.ask(R"({"op":"ping"})"), HasSubstr("pong"));
}

TEST_F(LiveSocket, EndsWhenTheUserIsDisabled) {
  net::HttpClient admin = server->client("admin");
  const auto made =
      admin.post("/api/users", R"({"username":"leaver","password":"long enough","role":"viewer"})");
  LiveClient client(*server, "leaver");
  ASSERT_EQ(
      admin.put(fmt::format("/api/users/{}", server->user_id("leaver")), R"({"disabled":true})")
          ->status,
      200);
  while (client.socket().receive(base::mono_now() + 10s)) {
  }
  EXPECT_EQ(client.socket().close_code(), 4401);
}

TEST_F(LiveSocket, SendsAPlantOfThousandsInPieces) {
  std::string yaml = "tags:\n";
  for (int i = 0; i < 5000; ++i)
    yaml += fmt::format("  Many/T{:04}: {{type: float, unit: m}}\n", i);
  server->import(yaml);
  LiveClient client(*server, "viewer");
  client.send(R"({"op":"subscribe","id":1,"paths":["/Many/**"]})");
  std::set<std::string> seen;
  int messages = 0;
  while (seen.size() < 5000) {
    const auto message = model::parse_json(client.receive(), "message");
    ASSERT_TRUE(message);
    EXPECT_EQ(message->find("op")->text, messages++ == 0 ? "snapshot" : "changes");
    for (const model::Node& item : message->find("items")->items)
      seen.insert(item.find("path")->text);
  }
  EXPECT_GT(messages, 2);
}

TEST_F(LiveSocket, GivesASlowClientTheLatestAndCountsWhatItSkipped) {
  constexpr int kTags = 2000;
  std::string yaml = "tags:\n";
  for (int i = 0; i < kTags; ++i)
    yaml += fmt::format("  Slow/T{:04}: {{type: string, write: operator}}\n", i);
  server->import(yaml);
  LiveClient client(*server, "viewer");
  client.ask(R"({"op":"subscribe","id":1,"paths":["/Slow/**"]})");

  // More than socket buffers hold, while the client does not read.
  const std::string filler(200, 'x');
  constexpr int kRounds = 20;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<access::WriteItem> items;
    for (int i = 0; i < kTags; ++i)
      items.push_back(
          {fmt::format("/Slow/T{:04}", i), Value::string(fmt::format("{}#{}", round, filler))});
    std::promise<void> done;
    server->access().write({auth::Principal::system("test"), "test"}, std::move(items), 5s,
                           [&](auto) { done.set_value(); });
    done.get_future().get();
  }
  std::map<std::string, int> last;
  std::uint64_t coalesced = 0, items = 0;
  const auto complete = [&] {
    return last.size() == kTags &&
           std::ranges::all_of(last, [](const auto& each) { return each.second == kRounds - 1; });
  };
  while (!complete()) {
    const auto message = model::parse_json(client.receive(), "message");
    ASSERT_TRUE(message);
    if (const auto* count = message->find("coalesced"))
      coalesced += static_cast<std::uint64_t>(*count->as_integer());
    for (const model::Node& item : message->find("items")->items) {
      const int round = std::atoi(item.find("value")->text.c_str());
      int& newest = last[item.find("path")->text];
      EXPECT_GE(round, newest);
      newest = round;
      ++items;
    }
  }
  EXPECT_GT(coalesced, 0u);
  EXPECT_LT(items, std::uint64_t{kTags} * kRounds);
}

TEST_F(LiveSocket, ForgetsAClientThatVanishes) {
  {
    LiveClient client(*server, "viewer");
    client.ask(R"({"op":"subscribe","id":1,"paths":["/**"]})");
  }
  net::HttpClient viewer = server->client("viewer");
  for (std::string body;
       body.find(R"("websocket":{"clients":0,"subscriptions":0)") == std::string::npos;)
    body = viewer.get("/api/status")->body;
}

}  // namespace
}  // namespace tagwerk::servers::http
