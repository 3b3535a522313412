#include "auth/key_admin.hpp"

#include <gmock/gmock.h>

#include "auth/account_for_test.hpp"
#include "auth/crypto.hpp"
#include "auth/memory_accounts.hpp"
#include "auth/role_admin.hpp"
#include "auth/user_admin.hpp"

namespace tagwerk::auth {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class Keys : public testing::Test {
 protected:
  Result<MadeKey> add(std::string name, std::vector<AccountGrant> grants = {{"viewer", "/"}},
                      std::optional<UtcTime> expires = {}) {
    return admin_.add({.name = std::move(name),
                       .description = "for a test",
                       .grants = std::move(grants),
                       .expires = expires},
                      kNow);
  }
  By person(std::vector<Grant> grants) {
    return std::make_shared<const Principal>(5, "boss", std::move(grants));
  }
  static Role role(std::string_view name) { return *find_builtin_role(name); }

  MemoryAccounts store_;
  KeyAdmin admin_{store_};
};

TEST_F(Keys, AreShownOnceAndStoredAsAHash) {
  const auto made = add("grafana", {{"user", "Plant/A"}, {"operator", "/Plant/A"}});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_THAT(made->text, StartsWith("twk_"));
  EXPECT_EQ(made->text.size(), 47u);
  EXPECT_EQ(made->key.grants, (std::vector<AccountGrant>{{"operator", "/Plant/A"}}));
  const ServiceKey stored = store_.keys()->front();
  EXPECT_EQ(stored.hash, to_hex(sha256(made->text)));
  EXPECT_THAT(stored.hash, Not(HasSubstr(made->text.substr(4))));
  EXPECT_NE(add("other")->text, made->text);
}

TEST_F(Keys, WithWrongNamesGrantsOrTimesAreRefused) {
  EXPECT_EQ(add("").error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(add("a:b").error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(add("a", {}).error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(add("a", {{"boss", "/"}}).error().message,
              HasSubstr("'boss' is not a role; there are viewer, operator, engineer, admin"));
  EXPECT_EQ(add("a", {{"viewer", "/Plant/*"}}).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(add("a", std::vector<AccountGrant>(65)).error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(add("a", {{"viewer", "/"}}, kNow).error().message, HasSubstr("is past"));
  EXPECT_TRUE(add("a", {{"viewer", "/"}}, kNow + std::chrono::seconds(1)));
  EXPECT_TRUE(store_.keys()->size() == 1);
}

TEST_F(Keys, UsersAndKeysHaveDifferentNames) {
  UserAdmin users(store_);
  ASSERT_TRUE(users.add({.name = "anna", .password_hash = kHash}, kNow));
  EXPECT_THAT(add("anna").error().message, HasSubstr("there is a user named 'anna'"));
  const auto key = add("grafana");
  ASSERT_TRUE(key);
  EXPECT_EQ(users.add({.name = "grafana", .password_hash = kHash}, kNow).error().code,
            ErrorCode::already_exists);
  ASSERT_TRUE(admin_.revoke(key->key.id, kNow));
  EXPECT_TRUE(users.add({.name = "grafana", .password_hash = kHash}, kNow));
}

TEST_F(Keys, AreRevokedForGood) {
  const auto key = add("grafana");
  const auto revoked = admin_.revoke(key->key.id, kNow);
  ASSERT_TRUE(revoked);
  EXPECT_EQ(revoked->name, "grafana");
  EXPECT_EQ(revoked->revoked, kNow);
  EXPECT_EQ(admin_.revoke(key->key.id, kNow + std::chrono::hours(1))->revoked, kNow);
  EXPECT_EQ(admin_.revoke(99, kNow).error().code, ErrorCode::not_found);
  EXPECT_TRUE(add("grafana"));
}

TEST_F(Keys, ThereAreAThousandAtMost) {
  for (int i = 0; i < 1000; ++i)
    ASSERT_TRUE(add(fmt::format("key{}", i)));
  EXPECT_EQ(add("one more").error().code, ErrorCode::conflict);
  ASSERT_TRUE(admin_.revoke(7, kNow));
  EXPECT_TRUE(add("one more"));
}

// --- nobody gives more than he has ---------------------------------------------------------------

class Delegation : public Keys {
 protected:
  /// May manage users and operate in one part, nothing else.
  By boss_ = person({{*make_role("people", std::vector<std::string>{"users", "read"}), "/"},
                     {role("operator"), "/Plant/A"}});
  Status key_with(std::string name, std::string subtree) {
    const auto made = KeyAdmin(store_, boss_).add({.name = "k", .grants = {{name, subtree}}}, kNow);
    return made ? Status{} : std::unexpected(made.error());
  }
};

TEST_F(Delegation, KeysGetNoMoreThanTheirMakerHas) {
  EXPECT_EQ(key_with("admin", "/").error().code, ErrorCode::permission_denied);
  EXPECT_THAT(key_with("operator", "/").error().message,
              HasSubstr("cannot give the role 'operator' in '/': the right 'write' is missing"));
  EXPECT_EQ(key_with("engineer", "/Plant/A").error().code, ErrorCode::permission_denied);
  EXPECT_EQ(key_with("operator", "/Plant/B").error().code, ErrorCode::permission_denied);
  EXPECT_TRUE(key_with("operator", "/Plant/A/Pump"));
  EXPECT_EQ(store_.keys()->front().created_by, "boss");
}

TEST_F(Delegation, ARoleCannotBeWidenedBeyondWhatItsChangerHas) {
  RoleAdmin roles(store_, boss_);
  EXPECT_TRUE(roles.add({"eyes", {"read"}}));
  EXPECT_EQ(roles.add({"hands", {"read", "control"}}).error().code, ErrorCode::permission_denied);
  EXPECT_EQ(roles.change({"eyes", {"read", "queue:orders"}}).error().code,
            ErrorCode::permission_denied);
  EXPECT_TRUE(roles.change({"eyes", {"read", "users"}}));
}

TEST_F(Delegation, AllRightsOfARankInPiecesAreNotTheRank) {
  const By pieces =
      person({{role("operator"), "/"},
              {*make_role("rest", std::vector<std::string>{"history.write", "configure", "control",
                                                           "audit", "route:*", "users"}),
               "/"}});
  EXPECT_THAT(may_give(pieces, role("engineer"), "/").error().message,
              HasSubstr("writing as engineer is missing"));
  EXPECT_TRUE(may_give(pieces, role("operator"), "/"));
}

TEST_F(Delegation, AccountsWithMoreRightsCannotBeTakenOver) {
  UserAdmin owner(store_), boss(store_, boss_);
  const auto root = owner.add({.name = "root", .password_hash = kHash, .role = "admin"}, kNow)->id;
  const auto vera = owner.add({.name = "vera", .password_hash = kHash, .role = "viewer"}, kNow)->id;
  UserChange password;
  password.password_hash = kHash;
  EXPECT_EQ(boss.change(root, password, kNow).error().code, ErrorCode::permission_denied);
  EXPECT_EQ(boss.remove(root).error().code, ErrorCode::permission_denied);
  EXPECT_TRUE(boss.change(vera, password, kNow));
  UserChange promotion;
  promotion.role = "admin";
  EXPECT_EQ(boss.change(vera, promotion, kNow).error().code, ErrorCode::permission_denied);
  EXPECT_EQ(boss.add({.name = "x", .password_hash = kHash, .role = "admin"}, kNow).error().code,
            ErrorCode::permission_denied);
  EXPECT_TRUE(boss.remove(vera));
}

// --- roles ---------------------------------------------------------------------------------------

class Roles : public Keys {
 protected:
  RoleAdmin roles_{store_};
};

TEST_F(Roles, AreMadeChangedAndRemoved) {
  const auto made = roles_.add({"shift", {"read", "write", "queue:orders", "read"}});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_THAT(right_names(made->rights, made->named), ElementsAre("read", "write", "queue:orders"));
  EXPECT_EQ(roles_.add({"shift", {"read"}}).error().code, ErrorCode::already_exists);
  ASSERT_TRUE(roles_.change({"shift", {"read"}}));
  EXPECT_THAT(right_names(store_.roles()->front().rights, {}), ElementsAre("read"));
  EXPECT_EQ(roles_.change({"night", {"read"}}).error().code, ErrorCode::not_found);
  EXPECT_TRUE(roles_.remove("shift"));
  EXPECT_EQ(roles_.remove("shift").error().code, ErrorCode::not_found);
}

TEST_F(Roles, WithWrongNamesOrRightsAreRefused) {
  for (const char* name : {"", "a/b", "a:b", " a"})
    EXPECT_EQ(roles_.add({name, {"read"}}).error().code, ErrorCode::invalid_argument) << name;
  EXPECT_EQ(roles_.add({"a", {}}).error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(roles_.add({"a", {"fly"}}).error().message, HasSubstr("'fly' is not a right"));
  EXPECT_TRUE(roles_.add({"Ночная смена", {"read"}}));
}

TEST_F(Roles, BuiltInOnesStayAsTheyAre) {
  for (const char* name : {"viewer", "admin", "user", "restricted_user"}) {
    EXPECT_EQ(roles_.add({name, {"read"}}).error().code, ErrorCode::already_exists) << name;
    EXPECT_EQ(roles_.change({name, {"read"}}).error().code, ErrorCode::conflict) << name;
    EXPECT_EQ(roles_.remove(name).error().code, ErrorCode::conflict) << name;
  }
}

TEST_F(Roles, InUseAreNotRemovedAndTheHoldersAreNamed) {
  ASSERT_TRUE(roles_.add({"shift", {"read"}}));
  ASSERT_TRUE(
      UserAdmin(store_).add({.name = "anna", .password_hash = kHash, .role = "shift"}, kNow));
  const auto key = add("grafana", {{"viewer", "/"}, {"shift", "/Plant"}});
  const auto refused = roles_.remove("shift");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
  EXPECT_THAT(refused.error().message, HasSubstr("user 'anna', key 'grafana'"));
  UserChange change;
  change.role = "viewer";
  ASSERT_TRUE(UserAdmin(store_).change(1, change, kNow));
  EXPECT_THAT(roles_.remove("shift").error().message, HasSubstr("in use: key 'grafana';"));
  ASSERT_TRUE(admin_.revoke(key->key.id, kNow));
  EXPECT_TRUE(roles_.remove("shift"));
}

}  // namespace
}  // namespace tagwerk::auth
