#include "store/lock_store.hpp"

#include <gmock/gmock.h>

#include "store/store_for_test.hpp"

namespace tagwerk::store {
namespace {

using testing::ElementsAre;

class LockTest : public StoreTest {
 protected:
  static Lock lock(const char* path) {
    Lock out;
    out.path = path;
    out.who = "anna";
    out.owner = "user 7";
    out.reason = "bearing change";
    out.since = kNow;
    return out;
  }
};

TEST_F(LockTest, IsKeptUntilItIsTakenAway) {
  auto database = open();
  LockStore before(*database);
  const auto pump = *before.add(lock("/Plant/Pump1"));
  auto whole = lock("/");
  whole.until = kNow + std::chrono::hours(1);
  const auto plant = *before.add(whole);
  database.reset();
  database = open();
  LockStore locks(*database);
  EXPECT_THAT(*locks.locks(), ElementsAre(pump, plant));
  ASSERT_TRUE(locks.remove(plant.id));
  EXPECT_EQ(locks.remove(plant.id).error().code, ErrorCode::not_found);
  EXPECT_GT(locks.add(lock("/A"))->id, plant.id);
}

}  // namespace
}  // namespace tagwerk::store
