#include "auth/user_admin.hpp"

#include <gtest/gtest.h>

#include "auth/account_for_test.hpp"
#include "auth/memory_accounts.hpp"

namespace tagwerk::auth {
namespace {

class Users : public testing::Test {
 protected:
  Result<Account> add(std::string name, std::string role, std::string subtree = "/") {
    return admin_.add({.name = std::move(name),
                       .password_hash = kHash,
                       .role = std::move(role),
                       .subtree = std::move(subtree),
                       .full_name = {},
                       .email = {}},
                      kNow);
  }
  static UserChange disabled(bool yes) {
    UserChange change;
    change.disabled = yes;
    return change;
  }
  static UserChange role(std::string name) {
    UserChange change;
    change.role = std::move(name);
    return change;
  }

  MemoryAccounts store_;
  UserAdmin admin_{store_};
};

TEST_F(Users, AreAddedWithTheirRoleAndSubtree) {
  const auto anna = add("anna", "user", "Plant/A");
  ASSERT_TRUE(anna) << anna.error().message;
  EXPECT_EQ(anna->grants, (std::vector<AccountGrant>{{"operator", "/Plant/A"}}));
  EXPECT_EQ(*admin_.get("anna"), *anna);
  EXPECT_EQ(*admin_.get(anna->id), *anna);
}

TEST_F(Users, WithWrongNamesRolesPathsOrHashesAreRefused) {
  for (const std::string& name :
       {std::string{}, std::string(" a"), std::string("a "), std::string("a:b"),
        std::string("a\nb"), std::string("a\0b", 3), std::string("\xff\xfe"),
        std::string("\xc0\x80"), std::string("\xed\xa0\x80"), std::string("\xf4\x90\x80\x80"),
        std::string(65, 'x'), std::string("\xe2\x82")})
    EXPECT_EQ(add(name, "viewer").error().code, ErrorCode::invalid_argument) << name;
  EXPECT_FALSE(add("anna", "boss"));
  EXPECT_FALSE(add("anna", ""));
  EXPECT_FALSE(add("anna", "viewer", "/Plant/*"));
  EXPECT_FALSE(admin_.add({.name = "anna", .password_hash = "plain text"}, kNow));
  for (const char* name : {"anna", "Ольга", "a.b@example.com", "日本", "x y", "\xf0\x9f\x98\x80"})
    EXPECT_TRUE(add(name, "viewer")) << name;
  EXPECT_EQ(add("anna", "viewer").error().code, ErrorCode::already_exists);
}

TEST_F(Users, TheFirstIsAnAdministratorAndThereIsOnlyOneFirst) {
  const auto first = admin_.add_first("root", kHash, {}, kNow);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->grants, (std::vector<AccountGrant>{{"admin", "/"}}));
  EXPECT_EQ(admin_.add_first("other", kHash, {}, kNow).error().code, ErrorCode::conflict);
}

TEST_F(Users, TheLastEnabledAdministratorStays) {
  const auto first = add("first", "admin")->id;
  const auto part = add("part", "admin", "/Plant/A")->id;
  EXPECT_EQ(admin_.remove(first).error().code, ErrorCode::conflict);
  EXPECT_EQ(admin_.change(first, disabled(true), kNow).error().code, ErrorCode::conflict);
  EXPECT_EQ(admin_.change(first, role("engineer"), kNow).error().code, ErrorCode::conflict);
  EXPECT_TRUE(admin_.remove(part));
  const auto second = add("second", "admin")->id;
  EXPECT_TRUE(admin_.change(first, disabled(true), kNow));
  EXPECT_EQ(admin_.remove(second).error().code, ErrorCode::conflict);
  EXPECT_TRUE(admin_.change(first, disabled(false), kNow));
  EXPECT_TRUE(admin_.remove(second));
  EXPECT_EQ(admin_.get(second).error().code, ErrorCode::not_found);
}

TEST_F(Users, ChangeOnlyWhatIsNamed) {
  const auto anna = *add("anna", "operator", "/Plant/A");
  UserChange change;
  change.email = "anna@example.com";
  EXPECT_EQ(admin_.change(anna.id, change, kNow)->grants, anna.grants);
  change = {};
  change.subtree = "/Plant/B";
  const auto moved = admin_.change(anna.id, change, kNow);
  EXPECT_EQ(moved->grants, (std::vector<AccountGrant>{{"operator", "/Plant/B"}}));
  EXPECT_EQ(moved->email, "anna@example.com");
  change = {};
  change.full_name = std::string("a\x01");
  EXPECT_FALSE(admin_.change(anna.id, change, kNow));
  EXPECT_EQ(admin_.get("anna")->full_name, "");
  EXPECT_EQ(admin_.change(99, change, kNow).error().code, ErrorCode::not_found);
}

TEST_F(Users, ANewPasswordOrBeingDisabledRevokesTheirTokens) {
  for (const bool by_password : {false, true}) {
    const auto id = add(by_password ? "anna" : "boris", "viewer")->id;
    const std::string hash = "h" + std::to_string(id);
    ASSERT_TRUE(store_.add_refresh({.hash = hash, .family = "f", .user = id, .expires = kNow}));
    UserChange harmless;
    harmless.email = "x";
    ASSERT_TRUE(admin_.change(id, harmless, kNow));
    EXPECT_FALSE((*store_.find_refresh(hash))->revoked);
    UserChange change = disabled(!by_password);
    if (by_password) change.password_hash = kHash;
    ASSERT_TRUE(admin_.change(id, change, kNow));
    EXPECT_TRUE((*store_.find_refresh(hash))->revoked);
  }
}

TEST_F(Users, ABrokenStoreIsSaid) {
  store_.broken = true;
  EXPECT_EQ(add("anna", "viewer").error().code, ErrorCode::io);
  EXPECT_EQ(admin_.get("anna").error().code, ErrorCode::io);
  EXPECT_EQ(admin_.remove(1).error().code, ErrorCode::io);
}

}  // namespace
}  // namespace tagwerk::auth
