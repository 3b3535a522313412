#include "store/key_store.hpp"

#include <gmock/gmock.h>

#include "store/store_for_test.hpp"
#include "store/user_store.hpp"

namespace tagwerk::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class KeyTest : public StoreTest {
 protected:
  static ServiceKey key(const char* name, const char* hash) {
    ServiceKey out;
    out.name = name;
    out.description = "for Ä";
    out.hash = hash;
    out.created = kNow;
    out.created_by = "anna";
    out.expires = kNow + std::chrono::hours(1);
    out.grants = {{"operator", "/Plant"}, {"viewer", ""}};
    return out;
  }

  std::unique_ptr<Database> database_ = open();
  KeyStore keys_{*database_};
};

TEST_F(KeyTest, AreAddedUsedAndRevokedAndStayInTheList) {
  auto grafana = keys_.add(key("grafana", "h1"));
  ASSERT_TRUE(grafana) << grafana.error().to_string();
  auto endless = key("1c", "h2");
  endless.expires.reset();
  const auto other = *keys_.add(endless);
  EXPECT_THAT(*keys_.keys(), ElementsAre(*grafana, other));
  ASSERT_TRUE(keys_.set_last_used(grafana->id, kNow + std::chrono::seconds(1)));
  ASSERT_TRUE(keys_.revoke(grafana->id, kNow + std::chrono::seconds(2)));
  ASSERT_TRUE(keys_.revoke(grafana->id, kNow + std::chrono::seconds(3)));
  grafana->last_used = kNow + std::chrono::seconds(1);
  grafana->revoked = kNow + std::chrono::seconds(2);
  EXPECT_THAT(*keys_.keys(), ElementsAre(*grafana, other));
  EXPECT_EQ(keys_.revoke(99, kNow).error().code, ErrorCode::not_found);
  EXPECT_TRUE(keys_.set_last_used(99, kNow));
}

TEST_F(KeyTest, HaveANameThatIsFreeAgainWhenTheyAreRevoked) {
  const auto first = *keys_.add(key("grafana", "h1"));
  const auto taken = keys_.add(key("grafana", "h2"));
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::already_exists);
  EXPECT_THAT(taken.error().message, HasSubstr("'grafana'"));
  ASSERT_TRUE(keys_.revoke(first.id, kNow));
  EXPECT_GT(keys_.add(key("grafana", "h2"))->id, first.id);
}

TEST_F(KeyTest, TheSameGrantTwiceIsOne) {
  auto wanted = key("grafana", "h1");
  wanted.grants = {{"viewer", ""}, {"operator", "/A"}, {"viewer", ""}};
  ASSERT_TRUE(keys_.add(wanted));
  EXPECT_THAT(keys_.keys()->front().grants,
              ElementsAre(KeyGrant{"operator", "/A"}, KeyGrant{"viewer", ""}));
}

TEST_F(KeyTest, KeepARoleFromBeingRemovedUntilTheyAreRevoked) {
  UserStore users(*database_);
  ASSERT_TRUE(users.set_role({"shift", {"read"}}));
  auto wanted = key("grafana", "h1");
  wanted.grants = {{"shift", ""}};
  const auto added = *keys_.add(wanted);
  EXPECT_EQ(users.remove_role("shift").error().code, ErrorCode::conflict);
  ASSERT_TRUE(keys_.revoke(added.id, kNow));
  EXPECT_TRUE(users.remove_role("shift"));
}

TEST_F(KeyTest, AFailedWriteLeavesNoHalfKey) {
  fail_inserts("key_grants", 1);
  EXPECT_FALSE(keys_.add(key("grafana", "h1")));
  mend();
  EXPECT_THAT(*keys_.keys(), IsEmpty());
  EXPECT_TRUE(keys_.add(key("grafana", "h1")));
}

}  // namespace
}  // namespace tagwerk::store
