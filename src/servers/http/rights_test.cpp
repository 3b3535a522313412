#include <gmock/gmock.h>

#include "net/websocket_client.hpp"
#include "servers/http/server_for_test.hpp"

/// Roles that are made, locks and the end of sessions, over HTTP.
namespace tagwerk::servers::http {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

std::string member(const Result<net::HttpAnswer>& answer, std::string_view key) {
  EXPECT_TRUE(answer);
  const auto node = model::parse_json(answer->body, "answer");
  const model::Node* found = node ? node->find(key) : nullptr;
  return found == nullptr ? answer->body : found->text;
}

class Rights : public testing::Test {
 protected:
  static void SetUpTestSuite() { server = std::make_unique<ServerForTest>(); }
  static void TearDownTestSuite() { server.reset(); }

  /// A new user, logged in.
  net::HttpClient user(std::string_view name, std::string_view grants) {
    const auto made =
        admin.post("/api/users", fmt::format(R"({{"username":"{}","password":"{}","grants":{}}})",
                                             name, ServerForTest::kPassword, grants));
    EXPECT_EQ(made->status, 201) << made->body;
    return server->client(name);
  }
  static net::WebSocketClient socket_of(std::string_view name) {
    return std::move(*net::WebSocketClient::connect(
        {.url = server->url() + "/ws",
         .subprotocols = {"tagwerk", "bearer." + server->token(name)}}));
  }

  static std::unique_ptr<ServerForTest> server;
  net::HttpClient admin = server->client("admin");
};
std::unique_ptr<ServerForTest> Rights::server;

// --- roles ---------------------------------------------------------------------------------------

TEST_F(Rights, ARoleIsMadeChangedAndRemoved) {
  EXPECT_THAT(admin.get("/api/roles")->body,
              HasSubstr(R"({"name":"viewer","rights":["read"],"built_in":true})"));
  const auto made = admin.post("/api/roles", R"({"name":"Wartung","rights":["read","queue:a"]})");
  EXPECT_EQ(made->status, 201);
  EXPECT_EQ(made->body, R"({"name":"Wartung","rights":["read","queue:a"],"built_in":false})");
  EXPECT_EQ(admin.post("/api/roles", R"({"name":"Wartung","rights":["read"]})")->status, 409);
  EXPECT_EQ(admin.put("/api/roles/Wartung", R"({"rights":["ack"]})")->body,
            R"({"name":"Wartung","rights":["ack"],"built_in":false})");
  EXPECT_THAT(admin.get("/api/roles")->body, HasSubstr(R"("Wartung","rights":["ack"])"));
  EXPECT_EQ(admin.remove("/api/roles/Wartung")->status, 204);
  EXPECT_EQ(admin.remove("/api/roles/Wartung")->status, 404);
  EXPECT_EQ(admin.put("/api/roles/Wartung", R"({"rights":["ack"]})")->status, 404);
  EXPECT_THAT(admin.get("/api/audit?action=role.add")->body,
              HasSubstr(R"("target":"role Wartung","old":null,"new":null,"outcome":"ok",)"
                        R"("detail":"read, queue:a")"));
}

TEST_F(Rights, FaultsOfRolesAreNamed) {
  EXPECT_EQ(admin.put("/api/roles/viewer", R"({"rights":["ack"]})")->status, 409);
  EXPECT_EQ(admin.remove("/api/roles/admin")->status, 409);
  EXPECT_EQ(admin.post("/api/roles", R"({"name":"admin","rights":["read"]})")->status, 409);
  for (const char* body : {R"({"name":"x"})", R"({"name":"x","rights":[]})",
                           R"({"name":"x","rights":[1]})", R"({"name":"x","rights":["fly"]})",
                           R"({"name":"a/b","rights":["read"]})", R"({"rights":["read"]})"})
    EXPECT_EQ(admin.post("/api/roles", body)->status, 422) << body;
  net::HttpClient viewer = server->client("viewer");
  EXPECT_EQ(viewer.get("/api/roles")->status, 200);
  EXPECT_EQ(viewer.post("/api/roles", R"({"name":"x","rights":["read"]})")->status, 403);
  EXPECT_EQ(viewer.put("/api/roles/x", R"({"rights":["read"]})")->status, 403);
  EXPECT_EQ(viewer.remove("/api/roles/x")->status, 403);
}

TEST_F(Rights, AChangedRoleHoldsAtOnceAlsoOnAnOpenWebSocket) {
  ASSERT_EQ(admin.post("/api/roles", R"({"name":"eyes","rights":["read"]})")->status, 201);
  net::HttpClient person = user("eva", R"([{"role":"eyes","subtree":"/Plant"}])");
  net::WebSocketClient socket = socket_of("eva");
  const auto write = [&] {
    EXPECT_TRUE(
        socket.send(R"({"op":"write","id":1,"items":[{"path":"/Plant/SetPoint","value":2}]})"));
    return socket.receive(base::mono_now() + 10s).value_or("");
  };
  EXPECT_EQ(person.get("/api/audit")->status, 403);
  EXPECT_THAT(write(), HasSubstr("BadUserAccessDenied"));
  EXPECT_EQ(admin.remove("/api/roles/eyes")->status, 409);
  EXPECT_THAT(admin.remove("/api/roles/eyes")->body, HasSubstr("user 'eva'"));
  ASSERT_EQ(admin.put("/api/roles/eyes", R"({"rights":["read","write","ack","queue:*"]})")->status,
            200);
  EXPECT_THAT(write(), HasSubstr(R"("ok":true)"));
  EXPECT_THAT(person.get("/api/user")->body, HasSubstr(R"("right":"write")"));
  ASSERT_EQ(admin.put("/api/roles/eyes", R"({"rights":["read"]})")->status, 200);
  EXPECT_THAT(write(), HasSubstr("BadUserAccessDenied"));
}

TEST_F(Rights, NobodyGivesMoreThanHeHas) {
  ASSERT_EQ(admin.post("/api/roles", R"({"name":"people","rights":["read","users"]})")->status,
            201);
  net::HttpClient boss = user("boss", R"([{"role":"people"}])");
  EXPECT_EQ(boss.post("/api/roles", R"({"name":"x","rights":["configure"]})")->status, 403);
  EXPECT_EQ(boss.put("/api/roles/people", R"({"rights":["read","users","control"]})")->status, 403);
  EXPECT_EQ(boss.post("/api/keys", R"({"name":"x","grants":[{"role":"admin"}]})")->status, 403);
  EXPECT_EQ(
      boss.post("/api/users", R"({"username":"x","password":"long enough","role":"operator"})")
          ->status,
      403);
  const std::string other = fmt::format("/api/users/{}", server->user_id("admin"));
  EXPECT_EQ(boss.post(other + "/password", R"({"password":"long enough"})")->status, 403);
  EXPECT_EQ(boss.put(other, R"({"email":"a@example.org"})")->status, 403);
  EXPECT_EQ(boss.remove(other)->status, 403);
  EXPECT_EQ(boss.post("/api/keys", R"({"name":"eyes","grants":[{"role":"viewer"}]})")->status, 201);
}

TEST_F(Rights, AUserMayHaveSeveralRolesInSeveralPlaces) {
  net::HttpClient person = user("several", R"([{"role":"viewer","subtree":"/Plant"},
                          {"role":"engineer","subtree":"/Plant/Pump1"}])");
  EXPECT_EQ(member(person.get("/api/user"), "role"), "viewer");
  EXPECT_THAT(person.get("/api/user")->body,
              HasSubstr(R"("grants":[{"role":"viewer","subtree":"/Plant"},)"
                        R"({"role":"engineer","subtree":"/Plant/Pump1"}])"));
  const std::string path = fmt::format("/api/users/{}", server->user_id("several"));
  EXPECT_EQ(admin.put(path, R"({"grants":[{"role":"viewer"}],"role":"viewer"})")->status, 422);
  EXPECT_THAT(admin.put(path, R"({"grants":[]})")->body, HasSubstr(R"("grants":[])"));
  EXPECT_THAT(person.get("/api/values")->body, HasSubstr(R"("items":[])"));
}

// --- locks ---------------------------------------------------------------------------------------

TEST_F(Rights, ALockKeepsEverybodyFromWritingAndSaysWhoAndWhy) {
  const auto made = admin.post(
      "/api/locks",
      R"({"path":"/Plant/Pump1","reason":"bearing change","until":"2099-01-01T00:00:00Z"})");
  ASSERT_EQ(made->status, 201) << made->body;
  const std::string id = member(made, "id");
  EXPECT_THAT(made->body, HasSubstr(R"("path":"/Plant/Pump1","who":"admin",)"
                                    R"("reason":"bearing change","since":"2)"));
  const auto written = admin.put(
      "/api/values",
      R"({"items":[{"path":"/Plant/Pump1/Running","value":true},{"path":"/Plant/SetPoint","value":3}]})");
  EXPECT_EQ(written->status, 207);
  EXPECT_THAT(written->body,
              HasSubstr(R"("path":"/Plant/Pump1/Running","ok":false,"status":"BadNotWritable",)"
                        R"("detail":"locked by admin: bearing change, until )"
                        R"(2099-01-01T00:00:00.000000Z; the lock is on /Plant/Pump1")"));
  EXPECT_THAT(written->body, HasSubstr(R"("path":"/Plant/SetPoint","ok":true)"));

  net::WebSocketClient socket = socket_of("operator");
  ASSERT_TRUE(socket.send(
      R"({"op":"write","id":1,"items":[{"path":"/Plant/Pump1/Running","value":true}]})"));
  EXPECT_THAT(*socket.receive(base::mono_now() + 10s), HasSubstr("locked by admin: bearing"));

  net::HttpClient operating = server->client("operator");
  const std::string tags = operating.get("/api/tags?path=/Plant/Pump1/Running")->body;
  EXPECT_THAT(tags, HasSubstr(R"("writable":false)"));
  const auto tag_id = server->access().plant()->find("/Plant/Pump1/Running")->id;
  const std::string tag = fmt::format("/api/tags/{}", tag_id);
  EXPECT_THAT(operating.get(tag)->body, HasSubstr(R"("lock":{"id":)"));
  EXPECT_THAT(operating.get("/api/locks")->body, HasSubstr("bearing change"));

  EXPECT_EQ(operating.remove("/api/locks/" + id)->status, 403);
  EXPECT_EQ(admin.remove("/api/locks/" + id)->status, 204);
  EXPECT_EQ(admin.remove("/api/locks/" + id)->status, 404);
  EXPECT_THAT(operating.get(tag)->body, HasSubstr(R"("lock":null)"));
  EXPECT_THAT(
      operating.put("/api/values", R"({"items":[{"path":"/Plant/Pump1/Running","value":true}]})")
          ->body,
      HasSubstr(R"("ok":true)"));
  const std::string audit = admin.get("/api/audit?path=/Plant/Pump1")->body;
  EXPECT_THAT(audit, HasSubstr(R"("action":"lock","target":"/Plant/Pump1")"));
  EXPECT_THAT(audit, HasSubstr(R"("action":"unlock","target":"/Plant/Pump1")"));
  EXPECT_THAT(audit, HasSubstr(R"("outcome":"BadNotWritable")"));
}

TEST_F(Rights, LocksNeedControlWhereTheyAreAndAReason) {
  net::HttpClient engineer =
      user("part", R"([{"role":"engineer","subtree":"/Plant/Pump1"},{"role":"viewer"}])");
  const auto lock = [](net::HttpClient& who, std::string_view path, std::string_view more = "") {
    return who.post("/api/locks", fmt::format(R"({{"path":"{}","reason":"test"{}}})", path, more))
        ->status;
  };
  net::HttpClient operating = server->client("operator");
  EXPECT_EQ(lock(operating, "/Plant/Pump1"), 403);
  EXPECT_EQ(lock(engineer, "/Plant"), 403);
  EXPECT_EQ(lock(engineer, "/"), 403);
  EXPECT_EQ(lock(admin, "/Plant/Pmup1"), 404);
  EXPECT_EQ(lock(admin, "/Plant/*"), 422);
  EXPECT_EQ(lock(admin, "/Plant", R"(,"until":"2020-01-01T00:00:00Z")"), 422);
  EXPECT_EQ(admin.post("/api/locks", R"({"path":"/Plant","reason":""})")->status, 422);
  EXPECT_EQ(admin.post("/api/locks", R"({"path":"/Plant"})")->status, 422);
  EXPECT_EQ(lock(engineer, "Plant/Pump1/Running"), 201);
}

TEST_F(Rights, WhatOneMayNotSeeIsNotLockedAndLocksThereAreNotSeen) {
  net::HttpClient stranger = user("stranger", R"([{"role":"engineer","subtree":"/Elsewhere"}])");
  EXPECT_EQ(stranger.post("/api/locks", R"({"path":"/Plant/Pump1","reason":"x"})")->status, 404);
  const std::string id = member(
      admin.post("/api/locks", R"({"path":"/Plant/Pump1/Current","reason":"hidden"})"), "id");
  EXPECT_THAT(stranger.get("/api/locks")->body, Not(HasSubstr("hidden")));
  EXPECT_EQ(stranger.remove("/api/locks/" + id)->status, 404);
  // One on the whole plant is everybody's.
  const std::string whole =
      member(admin.post("/api/locks", R"({"path":"/","reason":"storm"})"), "id");
  EXPECT_THAT(stranger.get("/api/locks")->body, HasSubstr("storm"));
  EXPECT_EQ(admin.remove("/api/locks/" + whole)->status, 204);
  EXPECT_EQ(admin.remove("/api/locks/" + id)->status, 204);
}

TEST_F(Rights, ALockIsTakenAwayByItsOwnerOrWithConfigure) {
  ASSERT_EQ(admin.post("/api/roles", R"({"name":"fitter","rights":["read","control"]})")->status,
            201);
  net::HttpClient fitter = user("fitter1", R"([{"role":"fitter","subtree":"/Plant/Pump1"}])");
  net::HttpClient other = user("fitter2", R"([{"role":"fitter"}])");
  const auto lock = [&] {
    return "/api/locks/" +
           member(fitter.post("/api/locks", R"({"path":"/Plant/Pump1","reason":"x"})"), "id");
  };
  const std::string first = lock(), second = lock();
  EXPECT_EQ(other.remove(first)->status, 403);
  EXPECT_THAT(other.remove(first)->body, HasSubstr("is by fitter1"));
  EXPECT_EQ(fitter.remove(first)->status, 204);
  EXPECT_EQ(admin.remove(second)->status, 204);
}

// --- sessions ------------------------------------------------------------------------------------

TEST_F(Rights, AllSessionsOfAUserEnd) {
  net::HttpClient person = user("leaver", R"([{"role":"viewer"}])");
  net::WebSocketClient socket = socket_of("leaver");
  const std::string path = fmt::format("/api/users/{}/sessions", server->user_id("leaver"));
  EXPECT_EQ(server->client("viewer").remove(path)->status, 403);
  EXPECT_EQ(admin.remove(path)->status, 204);
  EXPECT_EQ(person.get("/api/user")->status, 401);
  while (socket.receive(base::mono_now() + 10s)) {
  }
  EXPECT_EQ(socket.close_code(), 4401);
  net::HttpClient again = server->client("leaver");
  EXPECT_EQ(again.get("/api/user")->status, 200);
  EXPECT_EQ(again.remove(path)->status, 204);
  EXPECT_EQ(again.get("/api/user")->status, 401);
  EXPECT_EQ(admin.remove("/api/users/999/sessions")->status, 404);
  EXPECT_THAT(admin.get("/api/audit?action=user.sessions")->body,
              HasSubstr(R"("target":"user leaver")"));
}

TEST_F(Rights, GuessingOnesOwnPasswordIsAnsweredWithTheTimeToWait) {
  net::HttpClient person = user("guesser", R"([{"role":"viewer"}])");
  const std::string path = fmt::format("/api/users/{}/password", server->user_id("guesser"));
  Result<net::HttpAnswer> answer;
  for (int i = 0; i < 30; ++i) {
    answer = person.post(path, R"({"password":"another one","current":"wrong"})");
    if (answer->status != 403) break;
  }
  EXPECT_EQ(answer->status, 429);
  EXPECT_THAT(std::string(answer->header("Retry-After").value_or("")),
              testing::MatchesRegex("[1-6]"));
}

}  // namespace
}  // namespace tagwerk::servers::http
