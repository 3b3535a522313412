#include "access/subtree_locks.hpp"

#include <gmock/gmock.h>

#include "store/store_for_test.hpp"

namespace tagwerk::access {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class SubtreeLocksTest : public store::StoreTest {
 protected:
  Lock add(std::string path, std::optional<UtcTime> until = {}) {
    auto added = locks.add({.path = std::move(path),
                            .who = "anna",
                            .owner = "user 7",
                            .reason = "bearing change",
                            .since = kNow,
                            .until = until});
    EXPECT_TRUE(added) << added.error().message;
    return std::move(*added);
  }
  /// The id of the lock that covers a path; 0 when none does.
  LockId covering(std::string_view path, UtcTime now = kNow) {
    const auto snapshot = locks.snapshot();
    const Lock* lock = snapshot->covering(path, now);
    return lock == nullptr ? 0 : lock->id;
  }

  std::unique_ptr<store::Database> database = open();
  store::LockStore rows{*database};
  SubtreeLocks locks{rows};
};

TEST_F(SubtreeLocksTest, CoverTheirPathAndEverythingBelow) {
  EXPECT_FALSE(locks.any());
  const auto pump = add("/Plant/Pump1");
  EXPECT_TRUE(locks.any());
  EXPECT_EQ(covering("/Plant/Pump1"), pump.id);
  EXPECT_EQ(covering("/Plant/Pump1/Motor/Current"), pump.id);
  for (const char* other : {"/Plant", "/", "", "/Plant/Pump10", "/Plant/Pump", "/Pump1"})
    EXPECT_EQ(covering(other), 0u) << other;
}

TEST_F(SubtreeLocksTest, TheNearestIsNamedAndTheOldestOfSeveral) {
  const auto plant = add("/");
  EXPECT_EQ(covering("/Plant/Pump1/Mode"), plant.id);
  const auto first = add("/Plant/Pump1");
  const auto second = add("/Plant/Pump1");
  EXPECT_EQ(covering("/Plant/Pump1/Mode"), first.id);
  ASSERT_TRUE(locks.remove(first.id));
  EXPECT_EQ(covering("/Plant/Pump1/Mode"), second.id);
  ASSERT_TRUE(locks.remove(second.id));
  EXPECT_EQ(covering("/Plant/Pump1/Mode"), plant.id);
  EXPECT_EQ(locks.remove(second.id).error().code, ErrorCode::not_found);
}

TEST_F(SubtreeLocksTest, AreOverInTimeAlsoBeforeTheyAreCleanedAway) {
  const auto brief = add("/A", kNow + 10s);
  const auto longer = add("/A", kNow + 20s);
  EXPECT_EQ(locks.first_end(), kNow + 10s);
  EXPECT_EQ(covering("/A/B", kNow + 10s - 1ns), brief.id);
  EXPECT_EQ(covering("/A/B", kNow + 10s), longer.id);
  EXPECT_EQ(covering("/A/B", kNow + 20s), 0u);
  EXPECT_THAT(*locks.remove_ended(kNow + 9s), IsEmpty());
  const auto ended = locks.remove_ended(kNow + 15s);
  ASSERT_THAT(*ended, SizeIs(1));
  EXPECT_EQ(ended->front(), brief);
  EXPECT_EQ(locks.first_end(), kNow + 20s);
  EXPECT_THAT(*rows.locks(), SizeIs(1));
}

TEST_F(SubtreeLocksTest, AreThereAgainAfterARestart) {
  const auto kept = add("/A", kNow + 10s);
  SubtreeLocks next(rows);
  ASSERT_TRUE(next.start());
  EXPECT_TRUE(next.any());
  EXPECT_EQ(*next.snapshot()->covering("/A", kNow), kept);
  EXPECT_EQ(next.first_end(), kNow + 10s);
}

TEST_F(SubtreeLocksTest, NothingIsLockedThatCouldNotBeStored) {
  fail_inserts("locks", 0);
  EXPECT_FALSE(locks.add({.path = "/A", .since = kNow}));
  EXPECT_FALSE(locks.any());
  mend();
  add("/A");
}

TEST_F(SubtreeLocksTest, SayWhoAndWhyAndUntilWhen) {
  EXPECT_EQ(explain(add("/Plant/Pump1", kNow)),
            "locked by anna: bearing change, until 2023-11-14T22:13:20.000000Z; the lock is on "
            "/Plant/Pump1");
  EXPECT_THAT(explain(add("/")), HasSubstr("bearing change, until it is unlocked; "));
}

}  // namespace
}  // namespace tagwerk::access
