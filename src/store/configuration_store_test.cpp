#include "store/configuration_store.hpp"

#include <chrono>
#include <cstdio>
#include <gmock/gmock.h>
#include <rapidcheck.h>
#include <set>

#include "base/build_for_test.hpp"
#include "store/store_for_test.hpp"

namespace tagwerk::store {
namespace {

using model::Project;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

class ConfigurationTest : public StoreTest {
 protected:
  /// Makes `after` the project and returns what that did.
  Result<AppliedChange> become(const Project& after, std::optional<std::uint64_t> back_to = {}) {
    ConfigurationStore store(*database_);
    auto now = store.load();
    if (!now) return std::unexpected(now.error());
    ChangeRequest request;
    request.expected_revision = now->revision;
    request.changes = difference(now->project, after, true);
    request.who = "anna";
    request.source = "test";
    request.at = kNow;
    request.back_to = back_to;
    return store.apply(request);
  }
  Configuration load() { return *ConfigurationStore(*database_).load(); }

  static Project with_tags(std::initializer_list<const char*> paths) {
    Project project;
    for (const char* path : paths) {
      project.tags[path].path = path;
      project.tags[path].unit = "bar";
    }
    return project;
  }
  static Project with_type(std::vector<const char*> tags, std::vector<const char*> objects) {
    Project project;
    auto& type = project.types["Pump"];
    type.name = "Pump";
    for (const char* tag : tags)
      type.tags.emplace_back(tag, *model::parse_json(R"({"type":"int"})", ""));
    for (const char* path : objects) {
      project.objects[path].path = path;
      project.objects[path].type = "Pump";
    }
    return project;
  }

  std::unique_ptr<Database> database_ = open();
};

TEST_F(ConfigurationTest, StartsEmptyAndKeepsWhatIsApplied) {
  EXPECT_EQ(load().revision, 0u);
  auto project = with_tags({"/A", "/B"});
  project.connectors["plc"] = {.name = "plc",
                               .type = "modbus",
                               .enabled = false,
                               .settings = *model::parse_json(R"({"host":"h","port":502})", "")};
  const auto applied = become(project);
  ASSERT_TRUE(applied) << applied.error().to_string();
  EXPECT_EQ(applied->revision, 1u);
  EXPECT_THAT(applied->new_tags, ElementsAre(Pair("/A", 1u), Pair("/B", 2u)));
  database_ = open();
  const auto loaded = load();
  EXPECT_EQ(loaded.revision, 1u);
  EXPECT_EQ(loaded.project, project);
  EXPECT_EQ(loaded.tag_ids, (model::Plant::TagIds{{"/A", 1}, {"/B", 2}}));
}

TEST_F(ConfigurationTest, MakesNoRevisionWithoutAChange) {
  ASSERT_TRUE(become(with_tags({"/A"})));
  EXPECT_EQ(become(with_tags({"/A"}))->revision, 1u);
  EXPECT_EQ(load().revision, 1u);
}

TEST_F(ConfigurationTest, NeverGivesAnIdTwice) {
  ASSERT_TRUE(become(with_tags({"/A", "/B"})));
  const auto gone = become(with_tags({"/A"}));
  EXPECT_THAT(gone->gone_tags, ElementsAre(Pair("/B", 2u)));
  database_ = open();
  const auto again = become(with_tags({"/A", "/B", "/C"}));
  EXPECT_THAT(again->new_tags, ElementsAre(Pair("/B", 3u), Pair("/C", 4u)));
  EXPECT_EQ(load().tag_ids, (model::Plant::TagIds{{"/A", 1}, {"/B", 3}, {"/C", 4}}));
}

TEST_F(ConfigurationTest, GivesIdsToTheTagsOfTypes) {
  const auto first = become(with_type({"Run"}, {"/P1", "/P2"}));
  EXPECT_THAT(first->new_tags, ElementsAre(Pair("/P1/Run", 1u), Pair("/P2/Run", 2u)));
  const auto second = become(with_type({"Run", "Amps"}, {"/P1", "/P3"}));
  EXPECT_THAT(second->gone_tags, ElementsAre(Pair("/P2/Run", 2u)));
  EXPECT_EQ(second->new_tags.size(), 3u);
  auto ids = model::Plant::TagIds{{"/P1/Run", 1}, {"/P2/Run", 2}};
  second->update(ids);
  EXPECT_EQ(ids, load().tag_ids);
  EXPECT_EQ(ids.size(), 4u);
}

TEST_F(ConfigurationTest, GoesBackToARevisionWithItsIds) {
  const auto one = with_tags({"/A", "/B"});
  auto two = with_tags({"/A", "/C"});
  two.tags["/A"].unit = "Pa";
  ASSERT_TRUE(become(one));
  ASSERT_TRUE(become(two));
  ConfigurationStore store(*database_);
  EXPECT_EQ(*store.project_at(1), one);
  EXPECT_EQ(*store.project_at(2), two);
  EXPECT_EQ(*store.project_at(0), Project{});
  EXPECT_EQ(store.project_at(3).error().code, ErrorCode::not_found);
  ASSERT_TRUE(become(*store.project_at(1), 1));
  EXPECT_EQ(load().project, one);
  EXPECT_EQ(load().tag_ids, (model::Plant::TagIds{{"/A", 1}, {"/B", 2}}));
  ASSERT_TRUE(become(*store.project_at(2), 2));
  EXPECT_EQ(load().project, two);
  EXPECT_EQ(load().tag_ids, (model::Plant::TagIds{{"/A", 1}, {"/C", 3}}));
}

TEST_F(ConfigurationTest, ListsRevisionsNewestFirstWithTheirChanges) {
  ASSERT_TRUE(become(with_tags({"/A"})));
  auto project = with_tags({"/A"});
  project.tags["/A"].unit = "Pa";
  ASSERT_TRUE(become(project));
  ConfigurationStore store(*database_);
  const auto revisions = *store.revisions(10);
  ASSERT_EQ(revisions.size(), 2u);
  EXPECT_EQ(revisions[0].number, 2u);
  EXPECT_EQ(revisions[0].who, "anna");
  EXPECT_EQ(revisions[0].at, kNow);
  EXPECT_EQ(store.revisions(1)->size(), 1u);
  EXPECT_EQ(store.revisions(10, 2)->front().number, 1u);
  const auto changes = *store.changes(2);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].what, model::ProjectChange::What::changed);
  EXPECT_EQ(changes[0].detail, "unit");
  EXPECT_EQ(changes[0].before.find("unit")->text, "bar");
  EXPECT_EQ(changes[0].after.find("unit")->text, "Pa");
  EXPECT_FALSE(store.changes(3));
}

TEST_F(ConfigurationTest, RefusesAChangeOfWhatHasMoved) {
  ASSERT_TRUE(become(with_tags({"/A"})));
  ConfigurationStore store(*database_);
  ChangeRequest request;
  request.changes = difference({}, with_tags({"/B"}), false);
  request.expected_revision = 0;
  EXPECT_EQ(store.apply(request).error().code, ErrorCode::conflict);
  request.expected_revision.reset();
  request.changes = difference({}, with_tags({"/B", "/A"}), false);
  const auto twice = store.apply(request);
  ASSERT_FALSE(twice);
  EXPECT_THAT(twice.error().message, HasSubstr("tag '/A' exists already"));
  request.changes = difference(with_tags({"/Z"}), {}, true);
  EXPECT_THAT(store.apply(request).error().message, HasSubstr("does not exist any more"));
  EXPECT_EQ(load().project, with_tags({"/A"}));
}

TEST_F(ConfigurationTest, RemembersWhichFilesWereApplied) {
  ConfigurationStore store(*database_);
  EXPECT_EQ(*store.applied_hash("plant.yaml"), "");
  ChangeRequest request;
  request.files = {{"plant.yaml", "abc"}};
  ASSERT_TRUE(store.apply(request));
  request.files = {{"plant.yaml", "def"}};
  EXPECT_EQ(store.apply(request)->revision, 0u);
  EXPECT_EQ(*store.applied_hash("plant.yaml"), "def");
}

TEST_F(ConfigurationTest, ChangesNothingWhereverTheDiskFails) {
  ASSERT_TRUE(become(with_tags({"/A"})));
  const auto target = with_tags({"/A", "/B", "/C", "/D"});
  for (const char* table : {"revisions", "items", "changes", "tag_ids"}) {
    const int rows = std::string_view(table) == "revisions" ? 1 : 3;
    for (int step = 1; step <= rows; ++step) {
      fail_inserts(table, step);
      const auto applied = become(target);
      ASSERT_FALSE(applied) << table << step;
      EXPECT_THAT(applied.error().message, HasSubstr("cannot save the project"));
      mend();
      EXPECT_EQ(load().revision, 1u);
      EXPECT_EQ(load().project, with_tags({"/A"}));
      EXPECT_EQ(load().tag_ids.size(), 1u);
    }
  }
  EXPECT_TRUE(become(target));
  EXPECT_EQ(load().tag_ids.at("/D"), 4u);
}

TEST_F(ConfigurationTest, NamesADefinitionItCannotRead) {
  ASSERT_TRUE(become(with_tags({"/A"})));
  execute("UPDATE items SET body = '{\"type\":\"colour\"}'");
  const auto loaded = ConfigurationStore(*database_).load();
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::corrupt);
  EXPECT_THAT(loaded.error().message, HasSubstr("the configured tag '/A' cannot be read"));
}

/// Any sequence of projects: every revision stays readable, ids stay unique for ever.
TEST_F(ConfigurationTest, AnyHistoryCanBeReadBack) {
  const auto any_path = rc::gen::element<std::string>("/A", "/B", "/C/D", "/P1/E", "/F");
  std::vector<Project> history{{}};
  std::set<TagId> given;
  const bool good = rc::check("revisions", [&] {
    auto project = with_type({"Run", "Amps"}, {});
    for (const auto& path : *rc::gen::container<std::set<std::string>>(any_path)) {
      project.tags[path].path = path;
      project.tags[path].unit = *rc::gen::element<std::string>("", "bar", "Pa");
    }
    if (*rc::gen::arbitrary<bool>()) {
      project.objects["/P1"].path = "/P1";
      project.objects["/P1"].type = "Pump";
    }
    const auto applied = become(project);
    RC_ASSERT(applied.has_value());
    if (applied->revision == history.size()) history.push_back(project);
    for (const auto& entry : applied->new_tags)
      RC_ASSERT(given.insert(entry.second).second);
    RC_ASSERT(load().tag_ids.size() == tag_paths(project).size());
    const auto back = *rc::gen::inRange<std::size_t>(0, history.size());
    RC_ASSERT(*ConfigurationStore(*database_).project_at(back) == history[back]);
  });
  EXPECT_TRUE(good);
}

/// Not a limit that fails a build: prints what a large project costs on this machine.
TEST_F(ConfigurationTest, KeepsAHundredThousandTags) {
  Project project;
  const int count = base::many(100'000, 5'000);
  for (int i = 0; i < count; ++i) {
    auto path = fmt::format("/Plant/Area{}/Tag{}", i / 1000, i);
    auto& tag = project.tags[path];
    tag.path = path;
    tag.unit = "bar";
    tag.range = model::Range{0, 10};
    tag.source.emplace().connector = "plc1";
    tag.source->address = fmt::format("HR:{}", i);
    tag.source->dtype = "float32";
  }
  const auto t0 = std::chrono::steady_clock::now();
  ASSERT_TRUE(become(project));
  const auto t1 = std::chrono::steady_clock::now();
  const auto loaded = load();
  const auto t2 = std::chrono::steady_clock::now();
  EXPECT_EQ(loaded.project, project);
  EXPECT_EQ(std::ssize(loaded.tag_ids), count);
  project.objects["/X"].path = "/X";
  const auto t3 = std::chrono::steady_clock::now();
  ASSERT_TRUE(become(project));
  const auto t4 = std::chrono::steady_clock::now();
  using Ms = std::chrono::duration<double, std::milli>;
  std::printf("%d tags: difference and save %.0f ms, load %.0f ms, one object more %.0f ms\n",
              count, Ms(t1 - t0).count(), Ms(t2 - t1).count(), Ms(t4 - t3).count());
}

}  // namespace
}  // namespace tagwerk::store
