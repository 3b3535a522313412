#include <gmock/gmock.h>

#include "net/blocking_stream.hpp"
#include "net/websocket_client.hpp"
#include "servers/http/server_for_test.hpp"

namespace tagwerk::servers::http {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

model::Node json(const Result<net::HttpAnswer>& answer) {
  EXPECT_TRUE(answer);
  auto node = model::parse_json(answer->body, "answer");
  EXPECT_TRUE(node) << answer->body;
  return node ? *node : model::Node{};
}

std::string text(const model::Node& node, std::string_view key) {
  const model::Node* found = node.find(key);
  return found == nullptr ? "(missing)" : found->is_null() ? "(null)" : found->text;
}

class Keys : public testing::Test {
 protected:
  static void SetUpTestSuite() { server = std::make_unique<ServerForTest>(); }
  static void TearDownTestSuite() { server.reset(); }

  struct Made {
    std::string id;
    std::string key;
  };
  Made make(std::string_view name, std::string_view more = "",
            std::string_view grants = R"([{"role":"operator","subtree":"/Plant"}])") {
    const auto answer = admin.post(
        "/api/keys", fmt::format(R"({{"name":"{}","grants":{}{}}})", name, grants, more));
    EXPECT_EQ(answer->status, 201) << answer->body;
    EXPECT_EQ(answer->header("Cache-Control"), "no-store");
    const model::Node node = json(answer);
    return {text(node, "id"), text(node, "key")};
  }
  static net::HttpClient with(const std::string& key) {
    net::HttpClient client = server->client();
    client.set_bearer(key);
    return client;
  }
  /// The whole answer of GET /api/user under header lines of the test's own.
  static std::string ask(std::string_view headers) {
    const MonoTime deadline = base::mono_now() + 10s;
    auto stream = net::BlockingStream::connect_tcp("127.0.0.1", server->port(), deadline);
    EXPECT_TRUE(stream->write(fmt::format("GET /api/user HTTP/1.1\r\nHost: a\r\n{}"
                                          "Connection: close\r\n\r\n",
                                          headers),
                              deadline));
    std::string answer;
    while (true) {
      const auto got = stream->read(answer, deadline);
      if (!got || *got == 0) return answer;
    }
  }
  static std::string basic(const std::string& name_and_key) {
    std::string coded = auth::encode_base64url(name_and_key);
    std::ranges::replace(coded, '-', '+');
    std::ranges::replace(coded, '_', '/');
    return fmt::format("Authorization: Basic {}\r\n", coded);
  }

  static std::unique_ptr<ServerForTest> server;
  net::HttpClient admin = server->client("admin");
};
std::unique_ptr<ServerForTest> Keys::server;

TEST_F(Keys, AreShownOnceListedAndRevoked) {
  const Made made = make("grafana", R"(,"description":"Dashboards","expires":null)");
  EXPECT_THAT(made.key, StartsWith("twk_"));
  const std::string list = admin.get("/api/keys")->body;
  EXPECT_THAT(list, Not(HasSubstr(made.key)));
  EXPECT_THAT(list, HasSubstr(R"("name":"grafana","description":"Dashboards","grants":)"
                              R"([{"role":"operator","subtree":"/Plant"}],"created":"2)"));
  EXPECT_THAT(list, HasSubstr(R"("created_by":"admin","expires":null,"last_used":null,)"
                              R"("revoked":null})"));
  net::HttpClient service = with(made.key);
  EXPECT_EQ(service.get("/api/values")->status, 200);
  EXPECT_THAT(admin.get("/api/keys")->body, HasSubstr(R"("last_used":"2)"));

  EXPECT_EQ(admin.remove("/api/keys/" + made.id)->status, 204);
  const auto refused = service.get("/api/values");
  EXPECT_EQ(refused->status, 401);
  EXPECT_THAT(refused->body, HasSubstr("the service key 'grafana' was revoked at 2"));
  EXPECT_THAT(admin.get("/api/keys")->body, HasSubstr(R"("revoked":"2)"));
  EXPECT_EQ(admin.remove("/api/keys/" + made.id)->status, 204);
  EXPECT_EQ(admin.remove("/api/keys/99")->status, 404);
  EXPECT_EQ(admin.remove("/api/keys/x")->status, 404);
}

TEST_F(Keys, AreForThoseWhoManageUsers) {
  net::HttpClient operating = server->client("operator");
  EXPECT_EQ(operating.get("/api/keys")->status, 403);
  EXPECT_EQ(operating.post("/api/keys", R"({"name":"x","grants":[{"role":"viewer"}]})")->status,
            403);
  EXPECT_EQ(operating.remove("/api/keys/1")->status, 403);
}

TEST_F(Keys, FaultsAreNamed) {
  const auto fault = [&](std::string_view body) {
    const auto answer = admin.post("/api/keys", body);
    EXPECT_GE(answer->status, 400) << body;
    return fmt::format("{} {}", answer->status, answer->body);
  };
  EXPECT_THAT(fault(R"({"grants":[{"role":"viewer"}]})"), StartsWith("422 {\"detail\":\"'name'"));
  EXPECT_THAT(fault(R"({"name":"x"})"), HasSubstr("'grants' must be a list"));
  EXPECT_THAT(fault(R"({"name":"x","grants":[]})"), HasSubstr("without a grant"));
  EXPECT_THAT(fault(R"({"name":"x","grants":[{"role":"viewer"},{"rol":"viewer"}]})"),
              HasSubstr("grant 2: 'role'"));
  EXPECT_THAT(fault(R"({"name":"x","grants":[{"role":"boss"}]})"), HasSubstr("not a role"));
  EXPECT_THAT(fault(R"({"name":"x","grants":[{"role":"viewer"}],"expires":"soon"})"),
              HasSubstr("'expires' must be a time like"));
  EXPECT_THAT(fault(R"({"name":"x","grants":[{"role":"viewer"}],"expires":"2020-01-01"})"),
              StartsWith("422"));
  EXPECT_THAT(fault(R"({"name":"admin","grants":[{"role":"viewer"}]})"), StartsWith("409"));
  make("twice");
  EXPECT_THAT(fault(R"({"name":"twice","grants":[{"role":"viewer"}]})"), StartsWith("409"));
}

TEST_F(Keys, ComeAsBearerAsXApiKeyAndAsBasicWithTheirName) {
  const Made made = make("1C");
  for (const std::string& header :
       {"Authorization: Bearer " + made.key + "\r\n", "authorization: bEARER " + made.key + "\r\n",
        "X-API-Key: " + made.key + "\r\n", "x-api-key: " + made.key + "\r\n",
        basic("1C:" + made.key),
        // A proxy of somebody else's may ask for a password of its own.
        basic("proxy:password") + "X-API-Key: " + made.key + "\r\n"}) {
    const std::string answer = ask(header);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200")) << header;
    EXPECT_THAT(answer, HasSubstr(R"({"kind":"key","id":)")) << header;
  }
}

TEST_F(Keys, WhatIsNoKeyIsRefusedWithASentence) {
  const Made made = make("named");
  const auto refusal = [&](const std::string& header) {
    const std::string answer = ask(header);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 401")) << header;
    EXPECT_THAT(answer, HasSubstr("WWW-Authenticate: Bearer")) << header;
    return answer.substr(answer.rfind('\n') + 1);
  };
  EXPECT_THAT(refusal(""), HasSubstr("Not authenticated"));
  EXPECT_THAT(refusal("Authorization: Digest x\r\n"), HasSubstr("Not authenticated"));
  EXPECT_THAT(refusal(basic("admin:long enough")), HasSubstr("people log in with POST /login"));
  EXPECT_THAT(refusal(basic("other:" + made.key)), HasSubstr("is named 'named', not 'other'"));
  EXPECT_THAT(refusal(basic("no colon")), HasSubstr("NAME:KEY"));
  EXPECT_THAT(refusal("Authorization: Basic !!!\r\n"), HasSubstr("NAME:KEY"));
  EXPECT_THAT(refusal("Authorization: Basic \r\n"), HasSubstr("NAME:KEY"));
  EXPECT_THAT(refusal("X-API-Key: " + server->token("admin") + "\r\n"), HasSubstr("twk_"));
  EXPECT_THAT(refusal("X-API-Key: twk_nonsense\r\n"), HasSubstr("Could not validate"));
  EXPECT_THAT(refusal(basic("named:twk_" + std::string(43, 'A'))), HasSubstr("Could not validate"));
}

TEST_F(Keys, SayWhoTheyAreAndWhatTheyMay) {
  const Made made =
      make("scoped", R"(,"description":"For a test","expires":"2099-01-01T00:00:00Z")",
           R"([{"role":"operator","subtree":"/Plant/Pump1"}])");
  const model::Node who = json(with(made.key).get("/api/user"));
  EXPECT_EQ(text(who, "kind"), "key");
  EXPECT_EQ(text(who, "id"), made.id);
  EXPECT_EQ(text(who, "username"), "scoped");
  EXPECT_EQ(text(who, "full_name"), "For a test");
  EXPECT_EQ(text(who, "role"), "operator");
  EXPECT_EQ(text(who, "subtree"), "/Plant/Pump1");
  EXPECT_EQ(text(who, "expires"), "2099-01-01T00:00:00.000000Z");
  EXPECT_EQ(who.find("grants")->items.size(), 1u);
  EXPECT_EQ(text(who.find("rights")->items.front(), "subtree"), "/Plant/Pump1");
  const model::Node admin_user = json(admin.get("/api/user"));
  EXPECT_EQ(text(admin_user, "kind"), "user");
  EXPECT_EQ(text(admin_user, "expires"), "(null)");
}

TEST_F(Keys, WriteUnderTheirNameWithinTheirSubtree) {
  net::HttpClient service =
      with(make("writer", "", R"([{"role":"operator","subtree":"/Plant/Pump1"}])").key);
  const auto answer = service.put("/api/values", R"({"items":[
      {"path":"/Plant/Pump1/Running","value":true},{"path":"/Plant/SetPoint","value":1}]})");
  EXPECT_EQ(answer->status, 207);
  EXPECT_THAT(answer->body, HasSubstr(R"("path":"/Plant/Pump1/Running","ok":true)"));
  EXPECT_THAT(answer->body,
              HasSubstr(R"("path":"/Plant/SetPoint","ok":false,"status":"BadNotFound")"));
  EXPECT_THAT(admin.get("/api/audit?action=write&user=writer")->body,
              HasSubstr(R"("target":"/Plant/Pump1/Running")"));
}

TEST_F(Keys, HaveNoPasswordAndNoSessionsOfTheUserWithTheirNumber) {
  // The ids of users and keys are counted apart.
  const Made made = make("seven", "", R"([{"role":"viewer"}])");
  net::HttpClient service = with(made.key);
  EXPECT_EQ(service
                .post(fmt::format("/api/users/{}/password", made.id),
                      R"({"password":"long enough","current":"long enough"})")
                ->status,
            403);
  EXPECT_EQ(service.remove(fmt::format("/api/users/{}/sessions", made.id))->status, 403);
}

TEST_F(Keys, OpenAWebSocketAndEndItWhenTheyAreRevoked) {
  const Made made = make("socket");
  auto socket = net::WebSocketClient::connect(
      {.url = server->url() + "/ws", .subprotocols = {"tagwerk", "bearer." + made.key}});
  ASSERT_TRUE(socket) << socket.error().message;
  ASSERT_TRUE(socket->send(R"({"op":"ping"})"));
  EXPECT_THAT(*socket->receive(base::mono_now() + 10s), HasSubstr("pong"));
  EXPECT_EQ(admin.remove("/api/keys/" + made.id)->status, 204);
  // At once: nothing that is asked from here on is answered.
  ASSERT_TRUE(
      socket->send(R"({"op":"write","id":1,"items":[{"path":"/Plant/SetPoint","value":9}]})"));
  EXPECT_FALSE(socket->receive(base::mono_now() + 10s));
  EXPECT_EQ(socket->close_code(), 4401);
  EXPECT_THAT(admin.get("/api/audit?action=write&user=socket")->body, HasSubstr(R"("items":[])"));
}

TEST_F(Keys, AreInTheAuditFromTheirMakingToTheirEnd) {
  const Made made = make("audited", R"(,"expires":"2099-01-01T00:00:00Z")");
  EXPECT_EQ(admin.remove("/api/keys/" + made.id)->status, 204);
  const std::string audit = admin.get("/api/audit?user=admin&limit=2")->body;
  EXPECT_THAT(audit, HasSubstr(R"("action":"key.revoke","target":"key audited")"));
  EXPECT_THAT(audit, HasSubstr(R"("action":"key.add","target":"key audited")"));
  EXPECT_THAT(audit, HasSubstr("operator in /Plant, until 2099-01-01"));
  EXPECT_THAT(audit, Not(HasSubstr("twk_")));
}

TEST_F(Keys, TheSecretRotatesWithOverlap) {
  net::HttpClient viewer = server->client("viewer");
  EXPECT_EQ(viewer.post("/api/secret/rotate", "")->status, 403);
  EXPECT_EQ(admin.post("/api/secret/rotate", "")->status, 204);
  EXPECT_EQ(viewer.get("/api/user")->status, 200);
  net::HttpClient renewed = server->client("admin");
  EXPECT_EQ(renewed.post("/api/secret/rotate", "")->status, 204);
  EXPECT_EQ(viewer.get("/api/user")->status, 401);
  EXPECT_EQ(renewed.get("/api/user")->status, 200);
}

}  // namespace
}  // namespace tagwerk::servers::http
