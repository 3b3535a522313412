#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "servers/http/server_for_test.hpp"

/// The routes that change the project, over HTTP.
namespace tagwerk::servers::http {
namespace {

using model::Node;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class ProjectApi : public testing::Test {
 protected:
  /// Every test finds the same project.
  void SetUp() override {
    const auto answer =
        admin.post("/api/project/import?prune=true", ServerForTest::kProject, "application/yaml");
    ASSERT_EQ(answer->status, 200) << answer->body;
  }
  static void SetUpTestSuite() { server = std::make_unique<ServerForTest>(); }
  static void TearDownTestSuite() { server.reset(); }

  Node tag(const std::string& path) {
    const Node list = json(admin.get("/api/tags?path=" + path));
    return list.find("items") == nullptr ? Node{} : list.find("items")->items.at(0);
  }
  std::string id(const std::string& path) { return text(tag(path), "id"); }
  std::string definition(const Node& thing) {
    const Node* found = thing.find("definition");
    return found == nullptr ? "(missing)" : model::to_json(*found);
  }
  std::string revision() { return text(json(admin.get("/api/status")), "revision"); }
  /// "what kind name" of each change of an answer.
  static std::vector<std::string> changes(const Node& answer) {
    std::vector<std::string> out;
    if (const Node* list = answer.find("changes"))
      for (const Node& each : list->items)
        out.push_back(text(each, "what") + " " + text(each, "kind") + " " + text(each, "name"));
    return out;
  }

  static std::unique_ptr<ServerForTest> server;
  net::HttpClient admin = server->client("admin");
  net::HttpClient viewer = server->client("viewer");
};
std::unique_ptr<ServerForTest> ProjectApi::server;

// --- one step ------------------------------------------------------------------------------------

TEST_F(ProjectApi, EditsManyThingsInOneRevision) {
  const std::string before = revision();
  const auto answer = admin.post("/api/project/edit", R"({"summary": "spring",
      "set": {"types": {"Lamp": {"tags": {"On": {"type": "bool"}}}},
              "connectors": {"plc2": {"type": "field", "enabled": false}},
              "objects": {"/Yard/Lamp": {"type": "Lamp"}},
              "tags": {"Yard/Gate": {"type": "int", "source": {"connector": "plc2", "address": "HR:1"}}}},
      "rename": {"tags": {"/Plant/Note": "/Plant/Remark"}, "objects": {"/Plant/Pump1": "/Plant/P1"}},
      "remove": {"tags": ["/Plant/Mode"]}})");
  ASSERT_EQ(answer->status, 200) << answer->body;
  const Node body = json(answer);
  EXPECT_EQ(text(body, "applied"), "true");
  EXPECT_THAT(
      changes(body),
      ElementsAre("added connector plc2", "added object /Plant/P1", "removed object /Plant/Pump1",
                  "added object /Yard/Lamp", "removed tag /Plant/Mode", "removed tag /Plant/Note",
                  "added tag /Plant/Remark", "added tag /Yard/Gate", "added type Lamp"));
  EXPECT_EQ(std::stoi(text(body, "revision")), std::stoi(before) + 1);
  EXPECT_EQ(admin.get("/api/values?path=/Plant/P1/Running")->status, 200);
  EXPECT_EQ(admin.get("/api/values?path=/Yard/Lamp/On")->status, 200);
  EXPECT_EQ(admin.get("/api/values?path=/Plant/Note")->status, 404);
  const Node shown = json(admin.get("/api/project/revisions/" + text(body, "revision")));
  EXPECT_EQ(text(shown, "summary"), "spring");
  EXPECT_EQ(text(shown, "who"), "admin");
  EXPECT_EQ(text(shown, "source"), "api");
  EXPECT_THAT(text(shown, "at"), StartsWith("20"));
  EXPECT_EQ(shown.find("changes")->items.size(), 9u);
  EXPECT_TRUE(shown.find("changes")->items[0].find("before")->is_null());
}

TEST_F(ProjectApi, KeepsTheIdAndTheValueOfARenamedTag) {
  server->set("/Plant/SetPoint", Value::of(7.5));
  const std::string before = id("/Plant/SetPoint");
  ASSERT_EQ(
      admin.post("/api/project/edit", R"({"rename": {"objects": {"/Plant": "/Works"}}})")->status,
      200);
  EXPECT_EQ(id("/Works/SetPoint"), before);
  EXPECT_THAT(admin.get("/api/values?path=/Works/SetPoint")->body, HasSubstr("\"value\":7.5"));
}

TEST_F(ProjectApi, TriesAnEditWithoutApplyingIt) {
  const std::string before = revision();
  const Node tried = json(
      admin.post("/api/project/edit?dry_run=true", R"({"remove": {"tags": ["/Plant/Note"]}})"));
  EXPECT_EQ(text(tried, "applied"), "false");
  EXPECT_THAT(changes(tried), ElementsAre("removed tag /Plant/Note"));
  EXPECT_EQ(revision(), before);
  EXPECT_EQ(admin.get("/api/values?path=/Plant/Note")->status, 200);
}

TEST_F(ProjectApi, AnswersEveryFaultWithKindNameAndKey) {
  const auto answer = admin.post("/api/project/edit", R"({"set": {"tags": {
      "/A": {"type": "float", "source": {"connector": "plc9", "address": "HR:1"}},
      "/B": {"type": "float", "uint": "m"}}}})");
  EXPECT_EQ(answer->status, 422);
  const Node body = json(answer);
  EXPECT_THAT(text(body, "detail"), StartsWith("2 faults, nothing was applied; the first: "));
  std::vector<std::string> faults;
  for (const Node& each : body.find("errors")->items)
    faults.push_back(text(each, "kind") + " " + text(each, "name") + " " + text(each, "key"));
  EXPECT_THAT(faults, testing::UnorderedElementsAre("tag /A source.connector", "tag /B uint"));
  const Node one = json(admin.post("/api/project/edit", R"({"remove": {"tags": ["/X"]}})"));
  EXPECT_EQ(text(one, "detail"), "there is no tag '/X' to remove");
}

TEST_F(ProjectApi, RefusesAnEditThatComesTooLate) {
  const std::string seen = revision();
  const std::string edit =
      fmt::format(R"({{"revision": {}, "set": {{"tags": {{"/A": {{"type": "int"}}}}}}}})", seen);
  EXPECT_EQ(admin.post("/api/project/edit", edit)->status, 200);
  const auto late = admin.post("/api/project/edit", edit);
  EXPECT_EQ(late->status, 409);
  EXPECT_THAT(late->body, HasSubstr(fmt::format("not {}; load it again", seen)));
  EXPECT_EQ(admin.put("/api/tags/" + id("/A") + "?revision=" + seen, R"({"type":"int"})")->status,
            409);
}

TEST_F(ProjectApi, SaysWhatIsWrongWithARequest) {
  for (const char* body :
       {R"([])", R"({"sett": {}})", R"({"set": []})", R"({"set": {"tag": {}}})",
        R"({"set": {"tags": []}})", R"({"remove": {"tags": "/A"}})", R"({"remove": {"tags": [1]}})",
        R"({"rename": {"tags": ["/A"]}})", R"({"rename": {"types": {"A": "B"}}})",
        R"({"rename": {"tags": {"/A": 1}}})", R"({"revision": "1"})", R"({"revision": -1})",
        R"({"summary": 1})"})
    EXPECT_EQ(admin.post("/api/project/edit", body)->status, 422) << body;
  EXPECT_EQ(admin.post("/api/project/edit", "{")->status, 400);
  EXPECT_EQ(admin.post("/api/project/edit", "x", "text/plain")->status, 415);
  EXPECT_EQ(admin.post("/api/project/edit?dry_run=perhaps", "{}")->status, 422);
  EXPECT_EQ(viewer.post("/api/project/edit", R"({"remove": {"tags": ["/Plant/Note"]}})")->status,
            403);
}

// --- tags ----------------------------------------------------------------------------------------

TEST_F(ProjectApi, MakesChangesAndRemovesATag) {
  const auto made = admin.post(
      "/api/tags", R"({"path": "Tank/Level", "type": "float", "unit": "m", "range": [0, 4]})");
  ASSERT_EQ(made->status, 201) << made->body;
  EXPECT_EQ(text(json(made), "path"), "/Tank/Level");
  EXPECT_EQ(definition(json(made)), R"({"type":"float","unit":"m","range":[0,4]})");
  const std::string resource = "/api/tags/" + text(json(made), "id");
  const auto changed = admin.put(resource, R"({"type": "float", "unit": "cm"})");
  EXPECT_EQ(changed->status, 200) << changed->body;
  EXPECT_EQ(text(json(changed), "unit"), "cm");
  EXPECT_TRUE(json(changed).find("range")->is_null());
  EXPECT_EQ(definition(json(admin.get(resource))), R"({"type":"float","unit":"cm"})");
  EXPECT_EQ(admin.post("/api/tags", R"({"path": "/Tank/Level", "type": "int"})")->status, 409);
  EXPECT_EQ(admin.post("/api/tags", R"({"type": "int"})")->status, 422);
  EXPECT_EQ(admin.post("/api/tags", R"({"path": "/A/*", "type": "int"})")->status, 422);
  const auto faulty = admin.put(resource, R"({"type": "float", "uint": "cm"})");
  EXPECT_EQ(faulty->status, 422);
  EXPECT_EQ(text(json(faulty).find("errors")->items.at(0), "key"), "uint");
  EXPECT_EQ(viewer.put(resource, R"({"type": "float"})")->status, 403);
  EXPECT_EQ(viewer.remove(resource)->status, 403);
  EXPECT_EQ(admin.remove(resource)->status, 204);
  EXPECT_EQ(admin.remove(resource)->status, 404);
  EXPECT_EQ(admin.put(resource, R"({"type": "float"})")->status, 404);
}

TEST_F(ProjectApi, ChangesATagOfATypeByAnOverrideAtItsObject) {
  const Node before = tag("/Plant/Pump1/Current");
  EXPECT_TRUE(before.find("definition")->is_null());
  EXPECT_EQ(text(before, "from_type"), "Pump");
  EXPECT_EQ(text(before, "object"), "/Plant/Pump1");
  const std::string resource = "/api/tags/" + text(before, "id");
  const auto changed = admin.put(
      resource,
      R"({"type": "float", "unit": "mA", "source": {"connector": "plc1", "address": "HR:10"}})");
  ASSERT_EQ(changed->status, 200) << changed->body;
  EXPECT_EQ(text(json(changed), "unit"), "mA");
  EXPECT_EQ(json(changed).find("overridden")->items.at(0).text, "unit");
  EXPECT_EQ(text(json(changed), "id"), text(before, "id"));
  const Node object = json(admin.get("/api/objects?path=/Plant/Pump1")).find("items")->items.at(0);
  EXPECT_EQ(model::to_json(*object.find("override")), R"({"Current":{"unit":"mA"}})");
  const auto removed = admin.remove(resource);
  EXPECT_EQ(removed->status, 409);
  EXPECT_THAT(removed->body, HasSubstr("comes from type 'Pump'"));
}

// --- objects and types ---------------------------------------------------------------------------

TEST_F(ProjectApi, MakesChangesAndRemovesAnObject) {
  const auto made = admin.post("/api/objects",
                               R"({"path": "/Plant/Pump2", "type": "Pump", "with": {"base": 20}})");
  ASSERT_EQ(made->status, 201) << made->body;
  EXPECT_EQ(definition(json(made)), R"({"type":"Pump","with":{"base":20}})");
  EXPECT_EQ(text(*tag("/Plant/Pump2/Current").find("source"), "address"), "HR:20");
  const auto changed =
      admin.put("/api/objects?path=/Plant/Pump2", R"({"type": "Pump", "with": {"base": 30}})");
  EXPECT_EQ(changed->status, 200) << changed->body;
  EXPECT_EQ(text(*tag("/Plant/Pump2/Current").find("source"), "address"), "HR:30");
  EXPECT_EQ(admin.post("/api/objects", R"({"path": "/Plant/Pump2"})")->status, 409);
  EXPECT_EQ(admin.put("/api/objects?path=/Nowhere", "{}")->status, 404);
  EXPECT_EQ(admin.put("/api/objects", "{}")->status, 422);
  EXPECT_EQ(viewer.put("/api/objects?path=/Plant/Pump2", "{}")->status, 403);
  EXPECT_EQ(admin.put("/api/objects?path=/Plant", R"({"description": "All"})")->status, 200);
  EXPECT_EQ(admin.remove("/api/objects?path=/Plant/Pump2")->status, 204);
  EXPECT_EQ(admin.get("/api/values?path=/Plant/Pump2/Current")->status, 404);
  const auto refused = admin.remove("/api/objects?path=/Plant");
  EXPECT_EQ(refused->status, 409);
  EXPECT_THAT(refused->body, HasSubstr("recursive=true"));
  EXPECT_EQ(admin.remove("/api/objects?path=/Plant&recursive=maybe")->status, 422);
  EXPECT_EQ(admin.remove("/api/objects?path=/Plant&recursive=true")->status, 204);
  EXPECT_EQ(json(admin.get("/api/tags")).find("items")->items.size(), 0u);
}

TEST_F(ProjectApi, ShowsTheDefinitionOnlyOfObjectsThatAreConfigured) {
  const auto object = [&](const char* path) {
    return json(admin.get(std::string("/api/objects?path=") + path)).find("items")->items.at(0);
  };
  EXPECT_EQ(definition(object("/Plant")), "null");
  EXPECT_THAT(definition(object("/Plant/Pump1")), HasSubstr("First pump"));
}

TEST_F(ProjectApi, MakesChangesAndRemovesAType) {
  const auto made = admin.post("/api/types", R"({"name": "Lamp", "parameters": {"base": "int"},
          "tags": {"On": {"type": "bool", "source": {"connector": "plc1", "address": "HR:{base}"}}}})");
  ASSERT_EQ(made->status, 201) << made->body;
  EXPECT_EQ(text(json(made), "objects"), "0");
  EXPECT_EQ(json(made).find("tags")->items.at(0).text, "On");
  EXPECT_EQ(admin.post("/api/types", R"({"name": "Lamp"})")->status, 409);
  const auto changed = admin.put("/api/types/Lamp", R"({"description": "Any lamp"})");
  EXPECT_EQ(changed->status, 200) << changed->body;
  EXPECT_EQ(definition(json(admin.get("/api/types/Lamp"))), R"({"description":"Any lamp"})");
  EXPECT_EQ(admin.remove("/api/types/Lamp")->status, 204);
  EXPECT_EQ(admin.get("/api/types/Lamp")->status, 404);
  EXPECT_EQ(admin.put("/api/types/Lamp", "{}")->status, 404);
  const auto used = admin.remove("/api/types/Pump");
  EXPECT_EQ(used->status, 409);
  EXPECT_THAT(used->body, HasSubstr("/Plant/Pump1"));
  const Node list = json(viewer.get("/api/types"));
  ASSERT_EQ(list.find("items")->items.size(), 1u);
  EXPECT_EQ(text(list.find("items")->items[0], "objects"), "1");
  EXPECT_EQ(viewer.put("/api/types/Pump", "{}")->status, 403);
  const auto broken = admin.put("/api/types/Pump", R"({"tags": {"Running": {"type": "bool"}}})");
  EXPECT_EQ(broken->status, 422) << "the object still gives the parameter";
}

TEST_F(ProjectApi, CopiesAPartOfThePlant) {
  const auto copied =
      admin.post("/api/objects/copy", R"({"from": "/Plant/Pump1", "to": "/Plant/Pump2",
      "replace": [{"in": "with.base", "find": "10", "with": "40"}]})");
  ASSERT_EQ(copied->status, 201) << copied->body;
  EXPECT_EQ(text(json(copied), "objects"), "1");
  EXPECT_EQ(text(*tag("/Plant/Pump2/Current").find("source"), "address"), "HR:40");
  const auto tried =
      admin.post("/api/objects/copy?dry_run=1", R"({"from": "/Plant", "to": "/Works"})");
  EXPECT_EQ(tried->status, 200) << tried->body;
  EXPECT_EQ(text(json(tried), "tags"), "3");
  EXPECT_EQ(text(json(tried), "applied"), "false");
  EXPECT_EQ(
      admin.post("/api/objects/copy", R"({"from": "/Plant/Pump1", "to": "/Plant/Pump2"})")->status,
      409);
  EXPECT_EQ(admin.post("/api/objects/copy", R"({"from": "/No", "to": "/Yes"})")->status, 404);
  EXPECT_EQ(admin.post("/api/objects/copy", R"({"from": "/Plant"})")->status, 422);
  EXPECT_EQ(
      admin.post("/api/objects/copy", R"({"from": "/Plant", "to": "/W", "replace": [{}]})")->status,
      422);
  EXPECT_EQ(viewer.post("/api/objects/copy", R"({"from": "/Plant", "to": "/Works"})")->status, 403);
}

// --- connectors ----------------------------------------------------------------------------------

TEST_F(ProjectApi, MakesChangesAndRemovesAConnector) {
  const auto made =
      admin.post("/api/connectors",
                 R"({"name": "plc2", "type": "field", "enabled": false, "host": "10.0.0.7"})");
  ASSERT_EQ(made->status, 201) << made->body;
  EXPECT_EQ(text(json(made), "enabled"), "false");
  EXPECT_EQ(definition(json(made)), R"({"type":"field","enabled":false,"host":"10.0.0.7"})");
  const auto changed =
      admin.put("/api/connectors/plc2", R"({"type": "field", "enabled": false, "host": "h"})");
  EXPECT_EQ(changed->status, 200) << changed->body;
  EXPECT_EQ(admin.post("/api/connectors", R"({"name": "plc2", "type": "field"})")->status, 409);
  const auto faulty = admin.put("/api/connectors/plc2", R"({"type": "field", "hsot": "h"})");
  EXPECT_EQ(faulty->status, 422);
  EXPECT_EQ(text(json(faulty).find("errors")->items.at(0), "key"), "hsot");
  EXPECT_EQ(admin.put("/api/connectors/plc3", R"({"type": "field"})")->status, 404);
  EXPECT_EQ(admin.remove("/api/connectors/plc2")->status, 204);
  EXPECT_EQ(admin.remove("/api/connectors/plc2")->status, 404);
  const auto used = admin.remove("/api/connectors/plc1");
  EXPECT_EQ(used->status, 409);
  EXPECT_THAT(used->body, HasSubstr("/Plant/Pump1/Current"));
  EXPECT_EQ(viewer.remove("/api/connectors/plc1")->status, 403);
}

TEST_F(ProjectApi, ShowsSettingsOfConnectorsToWhoMayConfigureThem) {
  EXPECT_THAT(definition(json(admin.get("/api/connectors/plc1"))), HasSubstr("127.0.0.1"));
  EXPECT_EQ(definition(json(viewer.get("/api/connectors/plc1"))), "null");
  EXPECT_EQ(definition(json(viewer.get("/api/connectors")).find("items")->items.at(0)), "null");
}

// --- files and revisions -------------------------------------------------------------------------

TEST_F(ProjectApi, TakesTagsAsATableAndGivesThemBack) {
  const auto taken = admin.post("/api/project/import?name=tags.csv",
                                "name;type_;min_;max_\r\nTank/Level;float;0;4,5\r\n", "text/csv");
  ASSERT_EQ(taken->status, 200) << taken->body;
  EXPECT_THAT(changes(json(taken)), ElementsAre("added tag /Tank/Level"));
  const auto comma = admin.get("/api/project/export?format=csv&path=/Tank");
  EXPECT_EQ(comma->header("Content-Type"), "text/csv; charset=utf-8");
  EXPECT_THAT(comma->body, HasSubstr("\r\n/Tank/Level,float,0,4.5,"));
  const auto semicolon = admin.get("/api/project/export?format=csv&path=/Tank&separator=semicolon");
  EXPECT_THAT(semicolon->body, HasSubstr("\r\n/Tank/Level;float;0;4,5;"));
  EXPECT_THAT(changes(json(admin.post("/api/project/import", semicolon->body, "text/csv"))),
              ElementsAre());
  const auto faulty =
      admin.post("/api/project/import?name=tags.csv", "name,type_\nA,floot\n", "text/csv");
  EXPECT_EQ(faulty->status, 422);
  const Node fault = json(faulty).find("errors")->items.at(0);
  EXPECT_EQ(text(fault, "file") + text(fault, "line") + text(fault, "column"), "tags.csv23");
  EXPECT_EQ(admin.get("/api/project/export?path=/A//B")->status, 422);
}

TEST_F(ProjectApi, TakesSeveralFilesAsOneRevision) {
  const std::string before = revision();
  const auto answer = admin.post("/api/project/import", R"({"files": [
      {"name": "a.yaml", "text": "connectors: {plc2: {type: field, enabled: false}}"},
      {"name": "b.csv", "text": "name,type_,connector,source\nA,int,plc2,HR:1\n"}]})");
  ASSERT_EQ(answer->status, 200) << answer->body;
  EXPECT_EQ(std::stoi(text(json(answer), "revision")), std::stoi(before) + 1);
  EXPECT_THAT(json(admin.get("/api/project/revisions?limit=1"))
                  .find("items")
                  ->items.at(0)
                  .find("source")
                  ->text,
              HasSubstr("a.yaml and 1 more"));
  for (const char* body : {R"({"files": []})", R"({"files": [{"name": "a"}]})", R"({"file": []})"})
    EXPECT_EQ(admin.post("/api/project/import", body)->status, 422) << body;
}

TEST_F(ProjectApi, ShowsRevisionsInPagesAndGoesBackToOne) {
  const std::string first = revision();
  const std::string level = id("/Plant/SetPoint");
  ASSERT_EQ(admin.remove("/api/tags/" + level)->status, 204);
  const Node page = json(admin.get("/api/project/revisions?limit=1"));
  const Node next =
      json(admin.get("/api/project/revisions?limit=1&cursor=" + text(page, "cursor")));
  EXPECT_EQ(text(next.find("items")->items.at(0), "number"), first);
  EXPECT_EQ(admin.get("/api/project/revisions?cursor=x")->status, 422);

  const std::string path = "/api/project/revisions/" + first;
  const Node behind = json(admin.get(path + "?limit=1&cursor=o18446744073709551615"));
  EXPECT_TRUE(behind.find("changes")->items.empty());
  const Node tried = json(admin.post(path + "/restore?dry_run=true", ""));
  EXPECT_THAT(changes(tried), ElementsAre("added tag /Plant/SetPoint"));
  EXPECT_EQ(text(tried, "applied"), "false");
  const Node done = json(admin.post(path + "/restore", ""));
  EXPECT_EQ(text(done, "applied"), "true");
  EXPECT_EQ(id("/Plant/SetPoint"), level);
  EXPECT_EQ(text(json(admin.get("/api/project/revisions/" + text(done, "revision"))), "source"),
            "revision " + first);
  for (const char* wrong : {"0", "99999", "x", "99999999999999999999"}) {
    EXPECT_EQ(admin.get(std::string("/api/project/revisions/") + wrong)->status, 404) << wrong;
    EXPECT_EQ(admin.post(fmt::format("/api/project/revisions/{}/restore", wrong), "")->status, 404);
  }
  EXPECT_EQ(viewer.get(path)->status, 403);
  EXPECT_EQ(viewer.post(path + "/restore", "")->status, 403);
}

TEST_F(ProjectApi, RecordsEachChangeInTheAudit) {
  ASSERT_EQ(admin.post("/api/tags", R"({"path": "/Tank/Audited", "type": "int"})")->status, 201);
  const Node entries = json(admin.get("/api/audit?action=configure&path=/Tank&limit=1"));
  const Node& entry = entries.find("items")->items.at(0);
  EXPECT_EQ(text(entry, "user"), "admin");
  EXPECT_EQ(text(entry, "target"), "/Tank/Audited");
  EXPECT_EQ(text(entry, "new"), R"({"type":"int"})");
  EXPECT_THAT(text(entry, "detail"), StartsWith("revision "));
}

}  // namespace
}  // namespace tagwerk::servers::http
