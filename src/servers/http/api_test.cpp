#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/blocking_stream.hpp"
#include "servers/http/server_for_test.hpp"

namespace tagwerk::servers::http {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class Api : public testing::Test {
 protected:
  static void SetUpTestSuite() { server = std::make_unique<ServerForTest>(); }
  static void TearDownTestSuite() { server.reset(); }

  static std::unique_ptr<ServerForTest> server;
  net::HttpClient nobody = server->client();
};
std::unique_ptr<ServerForTest> Api::server;

TEST_F(Api, TellsHealthAndReadinessToEverybody) {
  EXPECT_EQ(nobody.get("/healthz")->body, "{\"status\":\"ok\"}");
  EXPECT_EQ(nobody.get("/readyz")->body, "{\"status\":\"ready\"}");
  server->access().set_ready("loading");
  EXPECT_EQ(nobody.get("/readyz")->status, 503);
  EXPECT_THAT(nobody.get("/readyz")->body, HasSubstr("loading"));
  server->access().set_ready("");
  EXPECT_EQ(json(nobody.get("/openapi.json")).find("openapi")->text, "3.1.0");
}

TEST_F(Api, GivesABackupAsAFileToAdministratorsOnly) {
  EXPECT_EQ(server->client("operator").get("/api/backup")->status, 403);
  const auto answer = server->client("admin").get("/api/backup");
  ASSERT_EQ(answer->status, 200) << answer->body;
  EXPECT_EQ(answer->header("Content-Type"), "application/zstd");
  EXPECT_EQ(answer->header("Cache-Control"), "no-store");
  EXPECT_THAT(std::string(answer->header("Content-Disposition").value_or("")),
              testing::MatchesRegex("attachment; "
                                    "filename=\"tagwerk-http[0-9-]+-[0-9]+-[0-9]+\\.tar\\.zst\""));
  EXPECT_THAT(answer->body, StartsWith("\x28\xb5\x2f\xfd"));
  EXPECT_THAT(server->client("admin").get("/api/audit?action=backup")->body,
              HasSubstr(R"("user":"admin")"));
}

TEST_F(Api, AsksForATokenEverywhereElse) {
  for (const char* path : {"/api/values", "/api/user", "/api/tree", "/api/status", "/api/audit",
                           "/api/connectors", "/api/project/export", "/api/users", "/api/backup"}) {
    const auto answer = nobody.get(path);
    EXPECT_EQ(answer->status, 401) << path;
    EXPECT_EQ(answer->header("WWW-Authenticate"), "Bearer");
  }
  nobody.set_bearer("nonsense");
  EXPECT_EQ(nobody.get("/api/values")->status, 401);
  EXPECT_EQ(nobody.get("/healthz")->status, 200);
}

TEST_F(Api, LogsInByFormAndByJsonAndRotatesRefreshTokens) {
  const auto answer = nobody.post("/login", "username=viewer&password=long+enough",
                                  "application/x-www-form-urlencoded");
  EXPECT_EQ(answer->status, 200) << answer->body;
  EXPECT_EQ(answer->header("Cache-Control"), "no-store");
  const model::Node tokens = json(answer);
  EXPECT_EQ(text(tokens, "token_type"), "bearer");
  EXPECT_EQ(text(tokens, "expires_in"), "900");

  const std::string refresh =
      fmt::format(R"({{"refresh_token":"{}"}})", text(tokens, "refresh_token"));
  const auto again = nobody.post("/login/refresh", refresh);
  EXPECT_EQ(again->status, 200);
  const std::string newer =
      fmt::format(R"({{"refresh_token":"{}"}})", text(json(again), "refresh_token"));
  EXPECT_EQ(nobody.post("/logout", newer)->status, 204);
  EXPECT_EQ(nobody.post("/login/refresh", newer)->status, 401);

  const auto wrong = nobody.post("/login", R"({"username":"viewer","password":"wrong"})");
  EXPECT_EQ(wrong->status, 401);
  EXPECT_EQ(text(json(wrong), "detail"), "Incorrect username or password");
  EXPECT_EQ(nobody.post("/login", "{", "application/json")->status, 400);
  EXPECT_EQ(nobody.post("/login", "{}")->status, 422);
  EXPECT_EQ(nobody.post("/login", "x", "text/plain")->status, 415);
  EXPECT_EQ(nobody.post("/login", std::string(20'000, 'x'))->status, 413);
}

TEST_F(Api, LimitsLoginAttempts) {
  int last = 0;
  std::string retry;
  for (int i = 0; i < 50 && last != 429; ++i) {
    const auto answer = nobody.post("/login", R"({"username":"nobody here","password":"x"})");
    last = answer->status;
    retry = answer->header("Retry-After").value_or("");
  }
  EXPECT_EQ(last, 429);
  EXPECT_FALSE(retry.empty());
}

TEST_F(Api, NeedsNoSetupWhenThereAreUsers) {
  EXPECT_EQ(nobody.get("/api/setup")->body, "{\"needed\":false}");
  EXPECT_EQ(
      nobody.post("/api/setup", R"({"token":"x","name":"a","password":"long enough"})")->status,
      409);
}

TEST_F(Api, SaysWhoOneIs) {
  const model::Node user = json(server->client("operator").get("/api/user"));
  EXPECT_EQ(text(user, "username"), "operator");
  EXPECT_EQ(text(user, "role"), "operator");
  EXPECT_FALSE(user.find("rights")->items.empty());
  EXPECT_EQ(server->client("viewer").get("/api/roles")->status, 200);
}

TEST_F(Api, AdministersUsers) {
  net::HttpClient viewer = server->client("viewer");
  EXPECT_EQ(viewer.get("/api/users")->status, 403);
  EXPECT_EQ(
      viewer.post("/api/users", R"({"username":"x","password":"long enough","role":"viewer"})")
          ->status,
      403);
  net::HttpClient admin = server->client("admin");
  const auto made = admin.post("/api/users",
                               R"({"username":"shift1","password":"long enough","role":"operator",
                                   "subtree":"/Plant","full_name":"First shift"})");
  ASSERT_EQ(made->status, 201) << made->body;
  const std::string path = "/api/users/" + text(json(made), "id");
  EXPECT_EQ(text(json(made), "subtree"), "/Plant");
  EXPECT_EQ(
      admin.post("/api/users", R"({"username":"shift1","password":"long enough","role":"viewer"})")
          ->status,
      409);
  EXPECT_EQ(admin.post("/api/users", R"({"username":"shift2","password":"short","role":"viewer"})")
                ->status,
            422);
  EXPECT_EQ(text(json(admin.put(path, R"({"disabled":true})")), "disabled"), "true");
  EXPECT_EQ(admin.put(path, R"({"disabled":1})")->status, 422);
  EXPECT_EQ(admin.post(path + "/password", R"({"password":"another one"})")->status, 204);
  EXPECT_EQ(admin.remove(path)->status, 204);
  EXPECT_EQ(admin.remove(path)->status, 404);
  EXPECT_EQ(admin.remove("/api/users/abc")->status, 404);
  EXPECT_EQ(admin.remove(fmt::format("/api/users/{}", server->user_id("admin")))->status, 409);
  EXPECT_GE(json(admin.get("/api/users")).find("items")->items.size(), 3u);
}

TEST_F(Api, ReadsValuesByPathNameAndPattern) {
  server->set("/Plant/SetPoint", Value::of(4.5));
  net::HttpClient viewer = server->client("viewer");
  const auto one = viewer.get("/api/values?path=%2FPlant%2FSetPoint");
  EXPECT_THAT(one->body,
              StartsWith(R"({"items":[{"path":"/Plant/SetPoint","value":4.5,"quality":0,)"
                         R"("status":"Good","time":"2)"));
  EXPECT_THAT(one->body, testing::EndsWith(R"("unit":"bar"}],"cursor":null})"));
  EXPECT_EQ(json(viewer.get("/api/values?path=SetPoint")).find("items")->items.size(), 1u);
  const model::Node all = json(viewer.get("/api/values"));
  EXPECT_EQ(all.find("items")->items.size(), 5u);
  EXPECT_EQ(json(viewer.get("/api/values?path=/Plant/*")).find("items")->items.size(), 3u);
  EXPECT_EQ(json(viewer.get("/api/values?path=/Nothing/**")).find("items")->items.size(), 0u);
  const auto missing = viewer.get("/api/values?path=/Plant/Presure");
  EXPECT_EQ(missing->status, 404);
  EXPECT_THAT(missing->body, HasSubstr("/Plant/Presure"));
  EXPECT_EQ(viewer.get("/api/values?path=/Plant/%zz")->status, 422);
}

TEST_F(Api, ShowsTheNewValueWhenTheSameIsAskedAgain) {
  net::HttpClient viewer = server->client("viewer");
  for (int i = 0; i < 5; ++i) {
    server->set("/Plant/SetPoint", Value::of(i + 0.5));
    EXPECT_THAT(viewer.get("/api/values?path=/Plant/SetPoint")->body,
                HasSubstr(fmt::format("\"value\":{}.5,", i)));
  }
}

TEST_F(Api, GivesListsInPages) {
  net::HttpClient viewer = server->client("viewer");
  std::vector<std::string> paths;
  std::string cursor;
  do {
    const model::Node page = json(viewer.get("/api/values?limit=2&cursor=" + cursor));
    for (const model::Node& item : page.find("items")->items)
      paths.push_back(text(item, "path"));
    cursor = page.find("cursor")->is_null() ? "" : text(page, "cursor");
  } while (!cursor.empty());
  EXPECT_EQ(paths.size(), 5u);
  EXPECT_TRUE(std::ranges::is_sorted(paths));
  for (const char* query : {"limit=0", "limit=10001", "limit=x", "cursor=x", "cursor=o-1"})
    EXPECT_EQ(viewer.get(std::string("/api/values?") + query)->status, 422) << query;
}

TEST_F(Api, GivesAnEmptyPageHoweverFarBehindTheEndTheCursorIs) {
  net::HttpClient viewer = server->client("viewer");
  for (const char* list : {"values", "tags", "objects", "types"})
    for (const char* cursor : {"o1000", "o18446744073709551615"})
      EXPECT_EQ(viewer.get(fmt::format("/api/{}?limit=1&cursor={}", list, cursor))->body,
                R"({"items":[],"cursor":null})")
          << list;
}

TEST_F(Api, WritesValuesAndSaysWhatBecameOfEach) {
  net::HttpClient client = server->client("operator");
  const auto good =
      client.put("/api/values", R"({"items":[{"path":"/Plant/SetPoint","value":7.5}]})");
  EXPECT_EQ(good->status, 200) << good->body;
  EXPECT_THAT(client.get("/api/values?path=SetPoint")->body, HasSubstr("\"value\":7.5"));

  const auto mixed = client.put("/api/values", R"({"items":[
      {"path":"/Plant/SetPoint","value":3},
      {"path":"/Plant/SetPoint","value":11},
      {"path":"/Plant/SetPoint","value":"text"},
      {"path":"/Plant/Mode","value":1},
      {"path":"/Plant/Pump1/Current","value":1},
      {"path":"/Plant/Nothing","value":1}]})");
  EXPECT_EQ(mixed->status, 207);
  std::vector<std::string> statuses;
  const model::Node body = json(mixed);
  for (const model::Node& item : body.find("items")->items)
    statuses.push_back(text(item, "status"));
  EXPECT_THAT(statuses,
              testing::ElementsAre("Good", "BadOutOfRange", "BadTypeMismatch",
                                   "BadUserAccessDenied", "BadNotWritable", "BadNotFound"));
  EXPECT_EQ(text(body.find("items")->items[0], "ok"), "true");
  EXPECT_FALSE(text(body.find("items")->items[1], "detail").empty());
  EXPECT_EQ(client.put("/api/values", "{\"items\":")->status, 400);
  EXPECT_EQ(client.put("/api/values", "{\"items\":[]}")->status, 422);
  EXPECT_EQ(client.put("/api/values", "{}", "text/xml")->status, 415);
  EXPECT_EQ(client.put("/api/values", "\"" + std::string(2 << 20, 'x') + "\"")->status, 413);
}

TEST_F(Api, ShowsTheTree) {
  net::HttpClient client = server->client("operator");
  const model::Node root = json(client.get("/api/tree"));
  EXPECT_EQ(text(root, "path"), "/");
  EXPECT_EQ(text(root, "truncated"), "false");
  ASSERT_EQ(root.find("children")->items.size(), 1u);
  const model::Node plant = json(client.get("/api/tree?path=/Plant&depth=2"));
  EXPECT_EQ(text(plant, "child_count"), "4");
  const model::Node& pump = plant.find("children")->items.front();
  EXPECT_EQ(text(pump, "type"), "Pump");
  EXPECT_EQ(text(pump, "kind"), "object");
  EXPECT_EQ(pump.find("children")->items.size(), 2u);
  const model::Node set_point = json(client.get("/api/tree?path=/Plant/SetPoint&depth=0"));
  EXPECT_EQ(text(*set_point.find("tag"), "writable"), "true");
  EXPECT_EQ(text(*set_point.find("tag"), "confirm"), "true");
  EXPECT_EQ(set_point.find("tag")->find("range")->items.size(), 2u);
  EXPECT_EQ(client.get("/api/tree?path=/Nowhere")->status, 404);
  EXPECT_EQ(client.get("/api/tree?depth=33")->status, 422);
}

TEST_F(Api, ListsObjectsAndTagsWithTheirDefinitions) {
  net::HttpClient client = server->client("viewer");
  const model::Node objects = json(client.get("/api/objects?path=/Plant/Pump1"));
  ASSERT_EQ(objects.find("items")->items.size(), 1u);
  EXPECT_EQ(text(*objects.find("items")->items[0].find("with"), "base"), "10");
  EXPECT_EQ(client.get("/api/objects?path=/Nowhere")->status, 404);

  const model::Node tags = json(client.get("/api/tags?path=/Plant/Pump1/*"));
  ASSERT_EQ(tags.find("items")->items.size(), 2u);
  const model::Node& current = tags.find("items")->items[0];
  EXPECT_EQ(text(current, "path"), "/Plant/Pump1/Current");
  EXPECT_EQ(text(*current.find("source"), "address"), "HR:10");
  EXPECT_EQ(text(current, "object_type"), "Pump");
  EXPECT_EQ(text(current, "writable"), "false");

  const model::Node found = json(client.get("/api/tags?match=CURR%20pump1&limit=1"));
  ASSERT_EQ(found.find("items")->items.size(), 1u);
  EXPECT_EQ(text(found.find("items")->items[0], "path"), "/Plant/Pump1/Current");
  EXPECT_TRUE(json(client.get("/api/tags?match=nowhere")).find("items")->items.empty());

  const model::Node one = json(client.get("/api/tags/" + text(current, "id")));
  EXPECT_EQ(text(*one.find("current"), "path"), "/Plant/Pump1/Current");
  EXPECT_EQ(text(*one.find("current"), "status"), "BadWaitingForInitialData");
  EXPECT_EQ(client.get("/api/tags/999999")->status, 404);
  EXPECT_EQ(client.get("/api/tags/abc")->status, 404);
}

TEST_F(Api, ImportsAndExportsTheProject) {
  constexpr const char* kYaml = "tags:\n  Extra/Level: {type: float, unit: m}\n";
  net::HttpClient viewer = server->client("viewer");
  EXPECT_EQ(viewer.post("/api/project/import", kYaml, "application/yaml")->status, 403);
  EXPECT_EQ(viewer.get("/api/project/export")->status, 403);

  net::HttpClient admin = server->client("admin");
  const model::Node dry =
      json(admin.post("/api/project/import?dry_run=true", kYaml, "application/yaml"));
  EXPECT_EQ(text(dry, "applied"), "false");
  ASSERT_EQ(dry.find("changes")->items.size(), 1u);
  EXPECT_EQ(text(dry.find("changes")->items[0], "what"), "added");
  EXPECT_EQ(admin.get("/api/values?path=/Extra/Level")->status, 404);

  const model::Node real =
      json(admin.post("/api/project/import?name=extra.yaml", kYaml, "application/yaml"));
  EXPECT_EQ(text(real, "applied"), "true");
  EXPECT_EQ(admin.get("/api/values?path=/Extra/Level")->status, 200);
  EXPECT_THAT(admin.get("/api/project/export?format=yaml")->body, HasSubstr("Level"));
  EXPECT_THAT(admin.get("/api/project/revisions")->body, HasSubstr("extra.yaml"));
  EXPECT_EQ(admin.get("/api/project/export?format=ods")->status, 422);
  EXPECT_EQ(admin.get("/api/project/export?format=csv&separator=tab")->status, 422);

  const auto faulty = admin.post("/api/project/import?name=bad.yaml",
                                 "tags:\n  X/Y: {type: float, unti: m}\n", "application/yaml");
  EXPECT_EQ(faulty->status, 422);
  const model::Node fault = json(faulty).find("errors")->items.at(0);
  EXPECT_EQ(text(fault, "file"), "bad.yaml");
  EXPECT_EQ(text(fault, "line"), "2");
  EXPECT_THAT(text(fault, "message"), HasSubstr("unti"));
  EXPECT_EQ(admin.post("/api/project/import?dry_run=maybe", kYaml, "application/yaml")->status,
            422);
  EXPECT_EQ(admin.post("/api/project/import", kYaml, "text/xml")->status, 415);

  // Back to what the other tests expect.
  EXPECT_EQ(
      admin.post("/api/project/import?prune=true", ServerForTest::kProject, "application/yaml")
          ->status,
      200);
}

TEST_F(Api, ShowsConnectorsAndWhoMayControlThem) {
  net::HttpClient viewer = server->client("viewer");
  const model::Node list = json(viewer.get("/api/connectors"));
  ASSERT_EQ(list.find("items")->items.size(), 1u);
  EXPECT_EQ(text(list.find("items")->items[0], "name"), "plc1");
  EXPECT_EQ(text(list.find("items")->items[0], "state"), "stopped");
  EXPECT_EQ(viewer.get("/api/connectors/plc1")->status, 200);
  EXPECT_EQ(viewer.get("/api/connectors/plc2")->status, 404);
  EXPECT_EQ(viewer.post("/api/connectors/plc1/stop", "")->status, 403);
  EXPECT_EQ(viewer.get("/api/connectors/plc1/log")->status, 200);
  EXPECT_EQ(viewer.get("/api/connectors/plc1/log?lines=0")->status, 422);
  EXPECT_EQ(viewer.get("/api/connectors/plc2/log")->status, 404);
  EXPECT_EQ(server->client("admin").post("/api/connectors/plc1/stop", "")->status, 202);
}

TEST_F(Api, ShowsStatusAndMetrics) {
  const model::Node status = json(server->client("viewer").get("/api/status"));
  EXPECT_EQ(text(status, "ready"), "true");
  EXPECT_FALSE(status.find("parts")->items.empty());
  const std::string metrics = nobody.get("/metrics")->body;
  EXPECT_THAT(metrics, HasSubstr("# TYPE tagwerk_samples_total counter\n"));
  EXPECT_THAT(metrics, HasSubstr("tagwerk_ready 1\n"));
  EXPECT_THAT(metrics, HasSubstr("tagwerk_connector_running{connector=\"plc1\"} 0\n"));
  EXPECT_THAT(metrics, HasSubstr("tagwerk_http_requests_total "));
}

TEST_F(Api, RecordsWritesAndLoginsInTheAudit) {
  net::HttpClient admin = server->client("admin");
  (void)admin.put("/api/values", R"({"items":[{"path":"/Plant/Note","value":"for the audit"}]})");
  const model::Node writes = json(admin.get("/api/audit?action=write&user=admin&limit=1"));
  ASSERT_EQ(writes.find("items")->items.size(), 1u);
  EXPECT_EQ(text(writes.find("items")->items[0], "target"), "/Plant/Note");
  EXPECT_THAT(text(writes.find("items")->items[0], "origin"), StartsWith("http 127.0.0.1"));
  EXPECT_FALSE(json(admin.get("/api/audit?action=login")).find("items")->items.empty());
  EXPECT_EQ(admin.get("/api/audit?from=yesterday")->status, 422);
  EXPECT_EQ(server->client("viewer").get("/api/audit")->status, 403);
}

TEST_F(Api, SaysWhichMethodsAPathKnows) {
  net::HttpClient admin = server->client("admin");
  const auto answer = admin.post("/api/values", "{}");
  EXPECT_EQ(answer->status, 405);
  EXPECT_EQ(answer->header("Allow"), "GET, HEAD, PUT");
  EXPECT_EQ(admin.request("OPTIONS", "/api/values", "", "")->status, 204);
  EXPECT_EQ(admin.get("/api/nothing")->status, 404);
  EXPECT_EQ(admin.get("/api/%2e%2e/%2e%2e/etc/passwd")->status, 400);
  EXPECT_EQ(admin.get("/ws")->status, 426);
  EXPECT_EQ(admin.request("HEAD", "/healthz", "", "")->body, "");
}

TEST(ApiWithPages, GivesABrowserThePageAndAProgramTheError) {
  static constexpr std::string_view kPage = "<html>";
  const std::array assets{
      Asset{"index.html", "text/html", "\"1\"", false, false, std::as_bytes(std::span(kPage))}};
  ServerForTest server({.assets = assets});
  for (const char* path : {"/", "/login", "/tree"}) {
    auto stream = net::BlockingStream::connect_tcp("127.0.0.1", server.port(),
                                                   base::mono_now() + std::chrono::seconds(5));
    ASSERT_TRUE(stream);
    ASSERT_TRUE(stream->write(fmt::format("GET {} HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n"
                                          "Connection: close\r\n\r\n",
                                          path),
                              base::mono_now() + std::chrono::seconds(5)));
    std::string answer;
    for (auto got = stream->read(answer, base::mono_now() + std::chrono::seconds(5));
         got && *got > 0;)
      got = stream->read(answer, base::mono_now() + std::chrono::seconds(5));
    EXPECT_THAT(answer, testing::EndsWith(kPage)) << path;
  }
  EXPECT_EQ(server.client().get("/login")->status, 405);
  EXPECT_EQ(server.client().get("/tree")->status, 404);
}

TEST_F(Api, CarriesTheSecurityHeaders) {
  const auto answer = nobody.get("/healthz");
  EXPECT_EQ(answer->header("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(answer->header("Referrer-Policy"), "no-referrer");
  EXPECT_FALSE(answer->header("Access-Control-Allow-Origin"));
}

TEST(ApiUnderABasePath, AnswersThereAndNowhereElse) {
  ServerForTest server({.base_path = "/plant-a"});
  net::HttpClient client = server.client();
  EXPECT_EQ(client.get("/plant-a/healthz")->status, 200);
  EXPECT_EQ(client.get("/healthz")->status, 404);
  EXPECT_EQ(client.get("/plant-abc/healthz")->status, 404);
  const auto bare = client.get("/plant-a");
  EXPECT_EQ(bare->status, 308);
  EXPECT_EQ(bare->header("Location"), "/plant-a/");
}

}  // namespace
}  // namespace tagwerk::servers::http
