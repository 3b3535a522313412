#include "access/server_access.hpp"

#include <gmock/gmock.h>

#include "access/server_for_test.hpp"

namespace tagwerk::access {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kProject;
using testing::person;
using testing::ServerAccessTest;
using ::testing::SizeIs;

// --- writing -------------------------------------------------------------------------------------

TEST_F(ServerAccessTest, WritesAndRecordsOldAndNewValueBeforeItAnswers) {
  import_project();
  feed("/P/Level", Value::of(std::int64_t{40}));
  const int before = audit_rows();
  const auto results = write(operating, {{"P/Level", Value::of(5.0)}});
  ASSERT_THAT(results, SizeIs(1));
  EXPECT_TRUE(results[0].ok);
  EXPECT_EQ(results[0].path, "/P/Level");
  EXPECT_EQ(results[0].status, model::kGood);
  EXPECT_EQ(results[0].detail, "");
  EXPECT_EQ(results[0].value, Value::of(5.0));
  EXPECT_EQ(rows_before_answer, before + 1);
  EXPECT_THAT(audit_lines(), ElementsAre("otto write /P/Level 4->5 Good"));
  // The device has not shown it yet.
  EXPECT_EQ(shown("/P/Level"), Value::of(4.0));
}

TEST_F(ServerAccessTest, AnswersEachItemInOrderAndRecordsEveryOne) {
  import_project();
  const int before = audit_rows();
  const auto results = write(operating, {{"/P/Level", Value::of(11.0)},
                                         {"/P/Valve", Value::of(true)},
                                         {"/P/Fixed", Value::of(1.0)},
                                         {"/P/Nothing", Value::of(1.0)},
                                         {"/P/Local", Value::of(std::int64_t{1})},
                                         {"/P/Level", Value::string("high")},
                                         {"/P/Deaf", Value::of(1.0)},
                                         {"/P/Valve", Value()},
                                         {"/Q/Level", Value::of(1.0)},
                                         {"/P/Level", Value::of(3.0)}});
  std::vector<std::string> answers;
  for (const WriteItemResult& result : results) {
    EXPECT_EQ(result.ok, result.detail.empty()) << result.path;
    answers.push_back(fmt::format("{} {} {}", result.path, result.ok, model::name(result.status)));
  }
  EXPECT_THAT(answers,
              ElementsAre("/P/Level false BadOutOfRange", "/P/Valve true Good",
                          "/P/Fixed false BadNotWritable", "/P/Nothing false BadNotFound",
                          "/P/Local false BadUserAccessDenied", "/P/Level false BadTypeMismatch",
                          "/P/Deaf false BadTimeout", "/P/Valve false BadTypeMismatch",
                          "/Q/Level false BadNotFound", "/P/Level true Good"));
  EXPECT_EQ(rows_before_answer, before + 10);
  EXPECT_THAT(
      audit_lines(),
      ElementsAre(
          "otto write /P/Level null->11 BadOutOfRange", "otto write /P/Valve null->true Good",
          "otto write /P/Fixed null->1 BadNotWritable", "otto write /P/Nothing null->1 BadNotFound",
          "otto write /P/Local null->1 BadUserAccessDenied",
          "otto write /P/Level null->\"high\" BadTypeMismatch",
          "otto write /P/Deaf null->1 BadTimeout", "otto write /P/Valve null->null BadTypeMismatch",
          "otto write /Q/Level null->1 BadNotFound", "otto write /P/Level null->3 Good"));
}

TEST_F(ServerAccessTest, SaysNothingOfTagsThatTheCallerMayNotRead) {
  import_project();
  const auto results = write(
      operating,
      {{"/Q/Level", Value::of(1.0)}, {"/Q/Lebel", Value::of(1.0)}, {"Level", Value::of(2.0)}});
  EXPECT_THAT(results[0].detail, HasSubstr("no tag '/Q/Level'"));
  EXPECT_THAT(results[1].detail, HasSubstr("no tag '/Q/Lebel'"));
  EXPECT_EQ(results[0].detail.size(), results[1].detail.size());
  // Not ambiguous for him: the other Level is not his.
  EXPECT_EQ(results[2].path, "/P/Level");
  EXPECT_TRUE(results[2].ok);
  const auto vague = write(engineer, {{"Level", Value::of(2.0)}});
  EXPECT_THAT(vague[0].detail, HasSubstr("/P/Level, /Q/Level"));
}

TEST_F(ServerAccessTest, RefusesAWriteOfAViewer) {
  import_project();
  const auto results = write(viewer, {{"/P/Level", Value::of(1.0)}});
  EXPECT_EQ(results[0].status, model::kBadUserAccessDenied);
  EXPECT_THAT(results[0].detail, HasSubstr("operator"));
  const model::PlantTag& tag = *access->plant()->find("/P/Level");
  EXPECT_FALSE(access->may_write(*viewer, tag));
  EXPECT_TRUE(access->may_write(*operating, tag));
  EXPECT_FALSE(access->may_write(*engineer, *access->plant()->find("/P/Fixed")));
}

TEST_F(ServerAccessTest, WritesATagWithoutSourceIntoTheTableAtOnce) {
  import_project();
  EXPECT_TRUE(write(engineer, {{"/P/Local", Value::of(std::int64_t{7})}})[0].ok);
  EXPECT_EQ(shown("/P/Local"), Value::of(std::int64_t{7}));
}

TEST_F(ServerAccessTest, AnswersWritesOfManyItemsFromSeveralThreads) {
  import_project();
  std::vector<WriteItem> items;
  for (int i = 0; i < 500; ++i)
    items.push_back({i % 2 == 0 ? "/P/Level" : "/P/Deaf", Value::of(i / 100.0)});
  const auto results = write(operating, std::move(items), Duration::max());
  ASSERT_THAT(results, SizeIs(500));
  for (std::size_t i = 0; i < results.size(); ++i)
    EXPECT_EQ(results[i].ok, i % 2 == 0) << i;
  EXPECT_THAT(write(operating, {}), IsEmpty());
}

TEST_F(ServerAccessTest, KeepsTheAuditShortWhateverPathSomebodyNames) {
  import_project();
  const auto results = write(operating, {{std::string(100'000, 'x'), Value::of(1.0)}});
  EXPECT_EQ(results[0].status.code, 0x803E0000u);
  EXPECT_LE(audit_page(engineer)->entries.at(0).target.size(), 1001u);
}

TEST_F(ServerAccessTest, ShowsAnAuditThatCannotBeWrittenUntilItCanAgain) {
  import_project();
  const auto audit_part = [&] {
    for (const PartStatus& part : access->status().parts)
      if (part.name == "audit") return part;
    return PartStatus{};
  };
  EXPECT_EQ(audit_part().state, "good");
  fail_inserts("audit", 0);
  // The device has its value, so the answer is what happened there.
  EXPECT_TRUE(write(operating, {{"/P/Level", Value::of(1.0)}})[0].ok);
  EXPECT_EQ(audit_part().state, "bad");
  EXPECT_THAT(audit_part().detail, HasSubstr("no more"));
  mend();
  EXPECT_TRUE(write(operating, {{"/P/Level", Value::of(1.0)}})[0].ok);
  EXPECT_EQ(audit_part().state, "good");
}

// --- audit ---------------------------------------------------------------------------------------

TEST_F(ServerAccessTest, ShowsTheAuditOnlyToWhoHasTheRightEverywhere) {
  EXPECT_EQ(audit_page(viewer).error().code, ErrorCode::permission_denied);
  EXPECT_EQ(audit_page(operating).error().code, ErrorCode::permission_denied);
  EXPECT_EQ(audit_page(person("part", {{"engineer", "/P"}})).error().code,
            ErrorCode::permission_denied);
  EXPECT_TRUE(audit_page(engineer));
}

TEST_F(ServerAccessTest, RecordsWhatHappensOutsideTheDoor) {
  std::promise<Status> done;
  access->record({.at = base::utc_now(), .who = "otto", .action = "login", .outcome = "ok"},
                 [&](Status status) {
                   rows_before_answer = audit_rows();
                   done.set_value(std::move(status));
                 });
  EXPECT_TRUE(done.get_future().get());
  EXPECT_EQ(rows_before_answer, 1);
}

// --- the project ---------------------------------------------------------------------------------

TEST_F(ServerAccessTest, ShowsADryRunsChangesAndAppliesNone) {
  const auto tried = import(kProject, {.dry_run = true});
  ASSERT_TRUE(tried);
  EXPECT_FALSE(tried->applied);
  EXPECT_THAT(tried->changes, SizeIs(8));
  EXPECT_THAT(access->plant()->tags(), IsEmpty());
  EXPECT_EQ(access->status().revision, 0u);
  EXPECT_THAT(audit_lines({}), IsEmpty());
}

TEST_F(ServerAccessTest, AppliesAProjectOnceAndFindsNoChangeTheSecondTime) {
  const auto first = import(kProject);
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->applied);
  EXPECT_EQ(first->revision, 1u);
  EXPECT_THAT(access->plant()->tags(), SizeIs(6));
  EXPECT_EQ(access->plant()->revision(), 1u);
  const auto second = import(kProject);
  ASSERT_TRUE(second);
  EXPECT_FALSE(second->applied);
  EXPECT_THAT(second->changes, IsEmpty());
  EXPECT_EQ(second->revision, 1u);
  EXPECT_THAT(audit_lines({}), ElementsAre("emma import project ->1 Good"));
  EXPECT_THAT(*ask<std::vector<Revision>>([&](auto done) {
    access->revisions({engineer, "test"}, 10, 0, std::move(done));
  }),
              SizeIs(1));
}

TEST_F(ServerAccessTest, GivesFaultsWithTheirPlaceAndLeavesEverythingAsItWas) {
  import_project();
  feed("/P/Level", Value::of(std::int64_t{40}));
  const auto plant = access->plant();
  const auto result = import(
      "tags:\n"
      "  P/New: {type: float}\n"
      "  P/Level: {type: float, unti: m}\n"
      "  P/Other: {type: flaot}\n");
  ASSERT_TRUE(result);
  EXPECT_FALSE(result->applied);
  EXPECT_EQ(result->revision, 1u);
  ASSERT_THAT(result->errors, SizeIs(2));
  EXPECT_THAT(result->errors[0].to_string(), HasSubstr("plant.yaml:3:"));
  EXPECT_THAT(result->errors[1].to_string(), HasSubstr("plant.yaml:4:"));
  EXPECT_GT(result->errors[0].where->column, 1);
  EXPECT_EQ(access->plant(), plant);
  EXPECT_EQ(shown("/P/Level"), Value::of(4.0));
  EXPECT_FALSE(import("tags: [")->errors.empty());
  EXPECT_FALSE(
      import("tags:\n  A/B: {type: float, source: {connector: no, address: x}}\n")->errors.empty());
  EXPECT_EQ(access->plant(), plant);
}

TEST_F(ServerAccessTest, KeepsValuesOfTagsThatAnImportDoesNotTouch) {
  import_project();
  feed("/P/Level", Value::of(std::int64_t{40}));
  ASSERT_TRUE(import("tags:\n  A/New: {type: float}\n")->applied);
  EXPECT_EQ(shown("/P/Level"), Value::of(4.0));
  ASSERT_TRUE(import("tags:\n  A/New: {type: float}\n", {.prune = true})->applied);
  EXPECT_THAT(access->plant()->tags(), SizeIs(1));
}

TEST_F(ServerAccessTest, DoesNotShowATagsValueUnderTheNextNameOfItsSlot) {
  import_project();
  const auto before = access->plant();
  feed("/P/Deaf", Value::of(4.0));
  const model::PlantTag& old = *before->find("/P/Deaf");
  ASSERT_TRUE(import("tags:\n  Between: {type: float}\n", {.prune = true})->applied);
  ASSERT_TRUE(import("tags:\n  Other: {type: float}\n", {.prune = true})->applied);
  ASSERT_EQ(access->plant()->find("/Other")->slot, old.slot);
  engine.run([&](engine::Engine& running, engine::Now now) {
    std::vector<Sample> samples;
    for (const model::PlantTag& tag : running.plant()->tags())
      samples.push_back({Value::of(9.0), now.utc, {}, tag.slot});
    running.step(now, samples);
  });
  EXPECT_EQ(shown("/Other"), Value::of(9.0));
  EXPECT_TRUE(access->current(old).value.is_null());
  EXPECT_FALSE(access->current(old).quality.good());
}

TEST_F(ServerAccessTest, RefusesAnImportWhenSomebodyElseMovedTheRevisionAndThenSeesHisWork) {
  import_project();
  const model::ProjectText theirs{"x", "tags:\n  Theirs: {type: float}\n"};
  on_store([&] {
    const auto check = model::check_project({theirs}, configuration.load()->project, catalogue);
    const auto changes = model::difference({}, check.project, false);
    EXPECT_TRUE(configuration.apply({.changes = changes, .who = "other", .at = base::utc_now()}));
    return true;
  });
  const auto refused = import("tags:\n  Mine: {type: float}\n");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
  EXPECT_NE(access->plant()->find("/Theirs"), nullptr);
  EXPECT_EQ(access->plant()->find("/Mine"), nullptr);
  const auto repeated = import("tags:\n  Mine: {type: float}\n");
  ASSERT_TRUE(repeated) << repeated.error().message;
  EXPECT_EQ(repeated->revision, 3u);
  EXPECT_THAT(access->plant()->tags(), SizeIs(8));
}

TEST_F(ServerAccessTest, AppliesAtTheStartOnlyFilesWhoseContentChanged) {
  const model::ProjectText a{"a.yaml", "tags:\n  A: {type: float, unit: bar}\n"};
  model::ProjectText b{"b.yaml", "tags:\n  B: {type: float}\n"};
  const auto start = [&] { return on_store([&] { return access->import_changed({a, b}); }); };
  EXPECT_TRUE(start()->applied);
  EXPECT_FALSE(start()->applied);
  // What people changed since stays when only the other file is new.
  ASSERT_TRUE(import("tags:\n  A: {type: float, unit: Pa}\n")->applied);
  b.text = "tags:\n  B: {type: int}\n";
  EXPECT_TRUE(start()->applied);
  EXPECT_EQ(access->plant()->find("/A")->definition.unit, "Pa");
  EXPECT_EQ(access->plant()->find("/B")->definition.type, model::Type::integer);
  EXPECT_THAT(audit_lines({.who = "serve"}), SizeIs(2));
}

TEST_F(ServerAccessTest, LetsOnlyConfiguratorsChangeAndReadTheProject) {
  import_project();
  const auto part = person("part", {{"engineer", "/P"}});
  for (const auto& who : {viewer, operating, part}) {
    EXPECT_EQ(import(kProject, {}, who).error().code, ErrorCode::permission_denied);
    EXPECT_EQ(ask<std::string>(
                  [&](auto done) { access->export_project({who, "test"}, {}, std::move(done)); })
                  .error()
                  .code,
              ErrorCode::permission_denied);
    EXPECT_EQ(ask<std::vector<Revision>>(
                  [&](auto done) { access->revisions({who, "test"}, 10, 0, std::move(done)); })
                  .error()
                  .code,
              ErrorCode::permission_denied);
  }
  const auto yaml = ask<std::string>(
      [&](auto done) { access->export_project({engineer, "test"}, {}, std::move(done)); });
  ASSERT_TRUE(yaml);
  EXPECT_THAT(import(*yaml)->changes, IsEmpty());
}

// --- connectors ----------------------------------------------------------------------------------

class ConnectorAccessTest : public ServerAccessTest {
 protected:
  ConnectorAccessTest() {
    import_project();
    std::promise<void> taken;
    loop.post([&] { taken.set_value(); });
    taken.get_future().wait();
  }
  std::vector<std::string> names(const auth::Principal& who) {
    std::vector<std::string> out;
    const auto connectors = access->connectors(who).value();
    for (const supervisor::ConnectorStatus& connector : connectors)
      out.push_back(connector.name);
    return out;
  }
  Result<supervisor::ConnectorStatus> control(const std::shared_ptr<const auth::Principal>& who,
                                              std::string connector, Access::Control what) {
    return ask<supervisor::ConnectorStatus>([&](auto done) {
      access->control({who, "test"}, std::move(connector), what, std::move(done));
    });
  }
};

TEST_F(ConnectorAccessTest, ListsThoseBehindTheTagsThatTheCallerMayRead) {
  EXPECT_THAT(names(*viewer), ElementsAre("plc1", "plc2"));
  EXPECT_THAT(names(*operating), ElementsAre("plc1"));
  EXPECT_THAT(names(*testing::viewer_of("/Nowhere")), IsEmpty());
  EXPECT_EQ(access->connectors(*person("nobody", {})).error().code, ErrorCode::permission_denied);
}

TEST_F(ConnectorAccessTest, ShowsLogsToWhoMayReadEverything) {
  EXPECT_TRUE(access->connector_log(*viewer, "plc1", 10));
  EXPECT_EQ(access->connector_log(*viewer, "plc3", 10).error().code, ErrorCode::not_found);
  EXPECT_EQ(access->connector_log(*operating, "plc1", 10).error().code,
            ErrorCode::permission_denied);
  EXPECT_EQ(access->connector_log(*operating, "plc2", 10).error().code, ErrorCode::not_found);
}

TEST_F(ConnectorAccessTest, ControlsWithTheRightAndRecordsIt) {
  EXPECT_EQ(control(operating, "plc1", Access::Control::stop).error().code,
            ErrorCode::permission_denied);
  EXPECT_EQ(control(engineer, "plc3", Access::Control::stop).error().code, ErrorCode::not_found);
  const auto stopped = control(engineer, "plc1", Access::Control::stop);
  ASSERT_TRUE(stopped);
  EXPECT_EQ(stopped->state, supervisor::ConnectorState::stopped);
  EXPECT_THAT(audit_lines({.action = "connector stop"}),
              ElementsAre("emma connector stop plc3 -> Bad", "emma connector stop plc1 -> Good"));
}

// --- status --------------------------------------------------------------------------------------

TEST_F(ServerAccessTest, SaysWhyItIsNotReadyAndThenThatItIs) {
  EXPECT_FALSE(access->status().ready);
  EXPECT_EQ(access->status().not_ready_because, "starting");
  access->set_ready("");
  EXPECT_TRUE(access->status().ready);
  EXPECT_EQ(access->status().instance, instance);
}

TEST_F(ServerAccessTest, SaysThatTooManyRequestsWaitInsteadOfKeepingThem) {
  std::promise<void> release;
  auto held = release.get_future().share();
  ASSERT_TRUE(store.post([held] { held.wait(); }));
  while (store.post([] {}))
    continue;
  EXPECT_EQ(audit_page(engineer).error().code, ErrorCode::unavailable);
  release.set_value();
}

}  // namespace
}  // namespace tagwerk::access
