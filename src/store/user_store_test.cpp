#include "store/user_store.hpp"

#include <gmock/gmock.h>

#include "store/store_for_test.hpp"
#include "store/token_store.hpp"

namespace tagwerk::store {
namespace {

using testing::ElementsAre;

class UserTest : public StoreTest {
 protected:
  static User user(const char* name) {
    User out;
    out.name = name;
    out.password_hash = "$argon2id$x";
    out.full_name = "Ä B";
    out.created = kNow;
    return out;
  }
  static RefreshToken token(const char* id, UserId user) {
    RefreshToken out;
    out.id = id;
    out.user = user;
    out.family = "f";
    out.hash = "h";
    out.issued = kNow;
    out.expires = kNow + std::chrono::hours(1);
    return out;
  }

  std::unique_ptr<Database> database_ = open();
  UserStore users_{*database_};
  TokenStore tokens_{*database_};
};

TEST_F(UserTest, AreAddedFoundChangedAndRemoved) {
  const auto anna = users_.add(user("anna"));
  ASSERT_TRUE(anna) << anna.error().to_string();
  EXPECT_EQ(**users_.find("anna"), *anna);
  EXPECT_FALSE(users_.find("Anna")->has_value());
  EXPECT_EQ(users_.add(user("anna")).error().code, ErrorCode::already_exists);
  auto changed = *anna;
  changed.disabled = true;
  changed.email = "a@example.org";
  ASSERT_TRUE(users_.update(changed));
  EXPECT_EQ(users_.users()->front(), changed);
  const auto ben = *users_.add(user("ben"));
  changed.name = "ben";
  EXPECT_EQ(users_.update(changed).error().code, ErrorCode::already_exists);
  ASSERT_TRUE(users_.remove(ben.id));
  EXPECT_EQ(users_.remove(ben.id).error().code, ErrorCode::not_found);
  EXPECT_GT(users_.add(user("ben"))->id, ben.id);
}

TEST_F(UserTest, HaveGrantsInSubtrees) {
  const auto anna = *users_.add(user("anna"));
  const std::vector<Grant> grants{{anna.id, "operator", "/Plant"}, {anna.id, "viewer", ""}};
  auto doubled = grants;
  doubled.push_back(grants[0]);
  ASSERT_TRUE(users_.set_grants(anna.id, doubled));
  EXPECT_EQ(*users_.grants_of(anna.id), grants);
  EXPECT_EQ(*users_.grants(), grants);
  EXPECT_TRUE(users_.grants_of(99)->empty());
  EXPECT_EQ(users_.set_grants(99, grants).error().code, ErrorCode::not_found);
  ASSERT_TRUE(users_.remove(anna.id));
  EXPECT_TRUE(users_.grants()->empty());
}

TEST_F(UserTest, TakeRolesThatSomebodyMade) {
  const auto anna = *users_.add(user("anna"));
  const Role role{"shift", {"read", "queue:a\"b"}};
  ASSERT_TRUE(users_.set_role(role));
  ASSERT_TRUE(users_.set_role(role));
  EXPECT_THAT(*users_.roles(), ElementsAre(role));
  ASSERT_TRUE(users_.set_grants(anna.id, {{anna.id, "shift", ""}}));
  EXPECT_EQ(users_.remove_role("shift").error().code, ErrorCode::conflict);
  ASSERT_TRUE(users_.set_grants(anna.id, {}));
  EXPECT_TRUE(users_.remove_role("shift"));
  EXPECT_EQ(users_.remove_role("shift").error().code, ErrorCode::not_found);
}

TEST_F(UserTest, TheFirstOneNeedsAValidSetupTokenOnce) {
  ASSERT_TRUE(tokens_.set_setup_token("hash", kNow + std::chrono::hours(1)));
  const std::vector<Grant> grants{{0, "admin", ""}};
  EXPECT_EQ(users_.add_first(user("anna"), grants, "other", kNow).error().code,
            ErrorCode::unauthenticated);
  EXPECT_EQ(
      users_.add_first(user("anna"), grants, "hash", kNow + std::chrono::hours(2)).error().code,
      ErrorCode::unauthenticated);
  EXPECT_TRUE(users_.users()->empty());
  const auto anna = users_.add_first(user("anna"), grants, "hash", kNow);
  ASSERT_TRUE(anna) << anna.error().to_string();
  EXPECT_EQ(users_.grants_of(anna->id)->front().role, "admin");
  EXPECT_EQ(users_.add_first(user("ben"), grants, "hash", kNow).error().code, ErrorCode::conflict);
  ASSERT_TRUE(users_.remove(anna->id));
  EXPECT_EQ(users_.add_first(user("ben"), grants, "hash", kNow).error().code,
            ErrorCode::unauthenticated);
  EXPECT_TRUE(users_.add_first(user("ben"), grants, std::nullopt, kNow));
}

TEST_F(UserTest, ARefreshTokenIsUsedOnce) {
  const auto anna = *users_.add(user("anna"));
  ASSERT_TRUE(tokens_.add(token("1", anna.id)));
  EXPECT_EQ(tokens_.add(token("1", anna.id)).error().code, ErrorCode::already_exists);
  EXPECT_EQ(tokens_.add(token("2", 99)).error().code, ErrorCode::not_found);
  EXPECT_EQ(**tokens_.find("1"), token("1", anna.id));
  EXPECT_TRUE(*tokens_.rotate("1", token("2", anna.id), kNow));
  EXPECT_FALSE(*tokens_.rotate("1", token("3", anna.id), kNow));
  EXPECT_FALSE(tokens_.find("3")->has_value());
  EXPECT_EQ((*tokens_.find("1"))->revoked, kNow);
  EXPECT_FALSE((*tokens_.find("2"))->revoked);
  ASSERT_TRUE(tokens_.revoke_family("f", kNow));
  EXPECT_EQ((*tokens_.find("2"))->revoked, kNow);
}

TEST_F(UserTest, TokensEndWithTheirUserAndTheirTime) {
  const auto anna = *users_.add(user("anna"));
  ASSERT_TRUE(tokens_.add(token("1", anna.id)));
  ASSERT_TRUE(tokens_.add(token("2", anna.id)));
  ASSERT_TRUE(tokens_.revoke("1", kNow));
  EXPECT_FALSE((*tokens_.find("2"))->revoked);
  ASSERT_TRUE(tokens_.revoke_all_of(anna.id, kNow));
  EXPECT_TRUE((*tokens_.find("2"))->revoked);
  ASSERT_TRUE(tokens_.remove_expired(kNow));
  EXPECT_TRUE(tokens_.find("1")->has_value());
  ASSERT_TRUE(tokens_.remove_expired(kNow + std::chrono::hours(2)));
  EXPECT_FALSE(tokens_.find("1")->has_value());
  ASSERT_TRUE(tokens_.add(token("4", anna.id)));
  ASSERT_TRUE(users_.remove(anna.id));
  EXPECT_FALSE(tokens_.find("4")->has_value());
}

TEST_F(UserTest, FamiliesThatEndedAreFoundAndRotatedOnesAreNot) {
  const auto anna = *users_.add(user("anna"));
  for (const char* family : {"ended", "rotated", "long ago"}) {
    auto first = token(family, anna.id);
    first.family = family;
    ASSERT_TRUE(tokens_.add(first));
    auto next = first;
    next.id += " 2";
    ASSERT_TRUE(*tokens_.rotate(first.id, next, kNow));
  }
  ASSERT_TRUE(tokens_.revoke_family("ended", kNow + std::chrono::hours(1)));
  ASSERT_TRUE(tokens_.revoke_family("long ago", kNow));
  EXPECT_THAT(*tokens_.families_revoked_since(kNow + std::chrono::seconds(1)),
              ElementsAre("ended"));
  EXPECT_EQ(tokens_.families_revoked_since(kNow)->size(), 2u);
}

TEST_F(UserTest, AFailedWriteLeavesNoHalfUser) {
  fail_inserts("grants", 0);
  EXPECT_FALSE(users_.add_first(user("anna"), {{0, "admin", ""}}, std::nullopt, kNow));
  mend();
  EXPECT_TRUE(users_.users()->empty());
  EXPECT_TRUE(users_.add_first(user("anna"), {{0, "admin", ""}}, std::nullopt, kNow));
}

}  // namespace
}  // namespace tagwerk::store
