#include "app/nightly_backup.hpp"

#include <cstdlib>
#include <fstream>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/directory_for_test.hpp"
#include "store/database.hpp"

namespace tagwerk::app {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

UtcTime at(std::string_view text) {
  return base::parse_rfc3339(text).value();
}

/// The clock on the wall is that of Berlin.
class NightlyBackups : public testing::Test {
 protected:
  NightlyBackups() {
    zone("CET-1CEST,M3.5.0,M10.5.0/3");
    EXPECT_TRUE(store::Database::open(directory / "config.sqlite", kMade));
    fs::create_directory(backup());
  }
  ~NightlyBackups() override { ::unsetenv("TZ"), ::tzset(); }
  static void zone(const char* name) { ::setenv("TZ", name, 1), ::tzset(); }

  fs::path backup() const { return directory / "backup"; }
  store::BackupSource source(std::string instance = "here", std::string host = "plant") const {
    return {directory.path(), "0.1.0", std::move(instance), std::move(host)};
  }
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& each : fs::directory_iterator(backup()))
      out.push_back(each.path().filename());
    std::ranges::sort(out);
    return out;
  }
  /// What is there after this moment; "" for a failure.
  std::vector<std::string> after(std::string_view now) {
    const auto done = make_nightly_if_due(plan, source(), at(now), {});
    EXPECT_TRUE(done) << done.error().message;
    return names();
  }
  std::string fault(std::string_view now) {
    const auto done = make_nightly_if_due(plan, source(), at(now), {});
    return done ? "(good)" : done.error().message;
  }
  void write(const std::string& name, std::string_view text) const {
    std::ofstream(backup() / name) << text;
  }

  static constexpr UtcTime kMade{1'795'000'000s};  // 2026-11-18T10:26:40Z
  base::TestDirectory directory;
  NightlyBackup::Plan plan{.settings = {}, .data_since = kMade};
};

TEST_F(NightlyBackups, AreMadeByTheClockOnTheWall) {
  const auto half_past_two = std::chrono::minutes(150);
  EXPECT_EQ(last_time_of_day(at("2026-11-21T01:30:00Z"), half_past_two),
            at("2026-11-21T01:30:00Z"));
  EXPECT_EQ(last_time_of_day(at("2026-11-21T01:29:59Z"), half_past_two),
            at("2026-11-20T01:30:00Z"));
  EXPECT_EQ(last_time_of_day(at("2026-07-01T12:00:00Z"), half_past_two),
            at("2026-07-01T00:30:00Z"));
  // On one Sunday in March there is no half past two: half an hour before or after the change,
  // then.
  EXPECT_THAT(last_time_of_day(at("2026-03-29T12:00:00Z"), half_past_two),
              testing::AnyOf(at("2026-03-29T00:30:00Z"), at("2026-03-29T01:30:00Z")));
  EXPECT_EQ(last_time_of_day(at("2026-11-01T00:00:00Z"), half_past_two),
            at("2026-10-31T01:30:00Z"));
  EXPECT_EQ(nightly_name(at("2026-11-20T23:30:00Z")), "nightly-20261121.tar.zst");
  zone("UTC0");
  EXPECT_EQ(nightly_name(at("2026-11-20T23:30:00Z")), "nightly-20261120.tar.zst");
}

TEST_F(NightlyBackups, BeginWithTheFirstNight) {
  EXPECT_THAT(after("2026-11-18T10:27:00Z"), ElementsAre());
  EXPECT_THAT(after("2026-11-19T01:29:00Z"), ElementsAre());
  EXPECT_THAT(after("2026-11-19T01:30:00Z"), ElementsAre("nightly-20261119.tar.zst"));
}

TEST_F(NightlyBackups, ThatWereMissedAreMadeLaterOncePerDay) {
  EXPECT_THAT(after("2026-11-25T09:00:00Z"), ElementsAre("nightly-20261125.tar.zst"));
  const auto before = fs::last_write_time(backup() / "nightly-20261125.tar.zst");
  after("2026-11-25T20:00:00Z");
  EXPECT_EQ(fs::last_write_time(backup() / "nightly-20261125.tar.zst"), before);
  EXPECT_THAT(after("2026-11-26T01:30:00Z"),
              ElementsAre("nightly-20261125.tar.zst", "nightly-20261126.tar.zst"));
}

TEST_F(NightlyBackups, TooManyOfThemGoOldestFirstAndNothingElse) {
  plan.settings.keep = 2;
  write("nightly-20200101.tar.zst", "somebody's");
  write("nightly-2020.tar.zst", "somebody's");
  write("config-schema4.sqlite", "a copy");
  ASSERT_TRUE(store::make_backup(source("elsewhere"), backup() / "nightly-20200102.tar.zst",
                                 at("2020-01-02T00:00:00Z")));
  ASSERT_TRUE(store::make_backup(source("here", "other"), backup() / "nightly-20200103.tar.zst",
                                 at("2020-01-03T00:00:00Z")));
  for (const char* day : {"19", "20", "21", "22"})
    after(fmt::format("2026-11-{}T02:00:00Z", day));
  EXPECT_THAT(names(), ElementsAre("config-schema4.sqlite", "nightly-2020.tar.zst",
                                   "nightly-20200101.tar.zst", "nightly-20200102.tar.zst",
                                   "nightly-20200103.tar.zst", "nightly-20261121.tar.zst",
                                   "nightly-20261122.tar.zst"));
}

TEST_F(NightlyBackups, DoNotWaitForAClockThatWasWrongOnce) {
  ASSERT_TRUE(store::make_backup(source(), backup() / "nightly-20990101.tar.zst",
                                 at("2099-01-01T00:00:00Z")));
  EXPECT_THAT(after("2026-11-20T02:00:00Z"),
              ElementsAre("nightly-20261120.tar.zst", "nightly-20990101.tar.zst"));
}

TEST_F(NightlyBackups, GoWhereTheyAreWantedIfThatIsThere) {
  plan.settings.directory = directory / "elsewhere";
  EXPECT_THAT(fault("2026-11-20T02:00:00Z"),
              AllOf(HasSubstr("elsewhere"), HasSubstr("make it, or mount")));
  fs::create_directory(plan.settings.directory);
  EXPECT_EQ(fault("2026-11-20T02:00:00Z"), "(good)");
  EXPECT_TRUE(fs::exists(plan.settings.directory + "/nightly-20261120.tar.zst"));
  EXPECT_THAT(names(), ElementsAre());
}

TEST_F(NightlyBackups, DoNotReplaceWhatIsNotTheirOwn) {
  write("nightly-20261120.tar.zst", "somebody's");
  EXPECT_THAT(fault("2026-11-20T02:00:00Z"), HasSubstr("is not of this server; move it away"));
  EXPECT_EQ(fs::file_size(backup() / "nightly-20261120.tar.zst"), 10u);
  fs::remove(backup() / "nightly-20261120.tar.zst");
  fs::create_symlink("/nowhere", backup() / "nightly-20261120.tar.zst");
  EXPECT_THAT(fault("2026-11-20T02:00:00Z"), HasSubstr("is not of this server"));
}

/// The whole thing, with a thread.
class NightlyTicks : public NightlyBackups {
 protected:
  /// Ticks, and waits for what comes of it.
  access::PartStatus tick(std::string_view now, Duration since_start) {
    nightly.tick(at(now), MonoTime{since_start});
    base::run_on(worker, [] { return 0; });
    return nightly.status();
  }
  base::Worker worker{"backup"};
  store::Backups backups{source(), worker};
  NightlyBackup nightly{plan, backups};
};

TEST_F(NightlyTicks, LeaveTheServerAloneWhileItStartsThenSayWhatTheyDid) {
  EXPECT_EQ(tick("2026-11-20T02:00:00Z", 1s).detail, "the first one is made at 02:30");
  EXPECT_THAT(names(), ElementsAre());
  const auto made = tick("2026-11-20T02:00:30Z", 31s);
  EXPECT_EQ(made.name, "backup");
  EXPECT_EQ(made.state, "good");
  EXPECT_THAT(made.detail, HasSubstr("the last one is of 2026-11-20T02:00:30Z"));
  EXPECT_THAT(names(), ElementsAre("nightly-20261120.tar.zst"));
  EXPECT_THAT(tick("2026-11-21T02:00:00Z", 24h).detail, HasSubstr("2026-11-21T02:00:00Z"));
}

TEST_F(NightlyTicks, TryAgainAfterAnHourWhenTheyFail) {
  fs::rename(directory / "config.sqlite", directory / "away");
  EXPECT_EQ(tick("2026-11-20T02:00:00Z", 31s).state, "warning");
  EXPECT_THAT(nightly.status().detail, HasSubstr("config.sqlite"));
  fs::rename(directory / "away", directory / "config.sqlite");
  EXPECT_EQ(tick("2026-11-20T02:30:00Z", 31min).state, "warning");
  EXPECT_EQ(tick("2026-11-20T03:00:31Z", 61min).state, "good");
}

TEST_F(NightlyTicks, ComeAfterTheOneThatSomebodyTakes) {
  std::promise<void> go;
  auto ready = go.get_future().share();
  ASSERT_TRUE(
      backups.start([ready](const std::stop_token&) { return ready.wait(), 0; }, [](int) {}));
  nightly.tick(at("2026-11-20T02:00:00Z"), MonoTime{31s});
  go.set_value();
  base::run_on(worker, [] { return 0; });
  EXPECT_EQ(nightly.status().state, "good");
  EXPECT_THAT(names(), ElementsAre());
  tick("2026-11-20T02:00:10Z", 41s);
  EXPECT_THAT(names(), ElementsAre("nightly-20261120.tar.zst"));
}

TEST_F(NightlyTicks, AreNotMadeWhenTheyAreSwitchedOff) {
  plan.settings.enabled = false;
  NightlyBackup off(plan, backups);
  off.tick(at("2026-11-20T02:00:00Z"), MonoTime{24h});
  base::run_on(worker, [] { return 0; });
  EXPECT_THAT(names(), ElementsAre());
  EXPECT_THAT(off.status().detail, HasSubstr("backup.enabled"));
}

}  // namespace
}  // namespace tagwerk::app
