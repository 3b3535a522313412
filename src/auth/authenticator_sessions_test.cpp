#include <gtest/gtest.h>
#include <thread>

#include "auth/authenticator_for_test.hpp"

namespace tagwerk::auth {
namespace {

using namespace std::chrono_literals;

TEST_F(Login, ATokenExpiresAlsoWhenItIsRemembered) {
  const auto tokens = login("anna", "good password");
  EXPECT_TRUE(verify(tokens->access));
  pass(900s - 1ns);
  EXPECT_TRUE(verify(tokens->access));
  pass(1ns);
  const auto session = verify(tokens->access);
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().message, "Could not validate credentials");
}

TEST_F(Login, ADisabledUsersTokensStopAtOnce) {
  const auto tokens = login("anna", "good password");
  ASSERT_TRUE(verify(tokens->access));
  UserChange disable;
  disable.disabled = true;
  ASSERT_TRUE(change(anna_, disable));
  EXPECT_EQ(verify(tokens->access).error().message, "Inactive user");
  EXPECT_FALSE(refresh(tokens->refresh));
}

TEST_F(Login, ARemovedUsersTokensStopAtOnce) {
  const auto tokens = login("anna", "good password");
  ASSERT_TRUE(verify(tokens->access));
  ASSERT_TRUE(
      await<Status>([&](auto done) { auth_.remove_user(nullptr, anna_, std::move(done)); }));
  EXPECT_EQ(verify(tokens->access).error().message, "Could not validate credentials");
  EXPECT_FALSE(refresh(tokens->refresh));
}

TEST_F(Login, ChangedRightsHoldForTokensThatAreOut) {
  const auto tokens = login("anna", "good password");
  ASSERT_TRUE(verify(tokens->access)->principal->can(Right::write, "/Plant/A/T"));
  UserChange demote;
  demote.role = "viewer";
  ASSERT_TRUE(change(anna_, demote));
  EXPECT_FALSE(verify(tokens->access)->principal->can(Right::write, "/Plant/A/T"));
}

TEST_F(Login, ANewPasswordEndsAllSessions) {
  const auto tokens = login("anna", "good password");
  ASSERT_TRUE(verify(tokens->access));
  ASSERT_TRUE(await<Result<Account>>([&](auto done) {
    auth_.set_password(nullptr, anna_, "another one", now_.utc, std::move(done));
  }));
  EXPECT_FALSE(verify(tokens->access));
  EXPECT_FALSE(refresh(tokens->refresh));
  EXPECT_FALSE(login("anna", "good password"));
  EXPECT_TRUE(login("anna", "another one"));
}

TEST_F(Login, ARefreshTokenIsGoodOnce) {
  const auto first = login("anna", "good password");
  pass(1000s);
  const auto second = refresh(first->refresh);
  ASSERT_TRUE(second);
  EXPECT_NE(second->refresh, first->refresh);
  EXPECT_TRUE(verify(second->access));
  const auto third = refresh(second->refresh);
  ASSERT_TRUE(third);
}

TEST_F(Login, AUsedRefreshTokenThatComesBackRevokesItsFamily) {
  const auto first = login("anna", "good password");
  const auto other = login("anna", "good password");
  const auto second = refresh(first->refresh);
  ASSERT_TRUE(verify(second->access));
  const auto stolen = refresh(first->refresh);
  ASSERT_FALSE(stolen);
  EXPECT_EQ(stolen.error().error.message, kBadToken);
  EXPECT_FALSE(refresh(second->refresh));
  EXPECT_FALSE(verify(second->access));
  EXPECT_TRUE(verify(other->access));
  EXPECT_TRUE(refresh(other->refresh));
}

TEST_F(Login, RefreshTokensExpireAndAreSweptAway) {
  const auto tokens = login("anna", "good password");
  pass(std::chrono::days(30));
  EXPECT_FALSE(refresh(tokens->refresh));
  EXPECT_EQ(store_.token_count(), 1u);
  ASSERT_TRUE(await<Status>([&](auto done) {
    ASSERT_TRUE(thread_.post([&, done]() mutable { done(auth_.sweep(now_.utc)); }));
  }));
  EXPECT_EQ(store_.token_count(), 0u);
}

TEST_F(Login, RefreshTokensAreNotStored) {
  const auto tokens = login("anna", "good password");
  EXPECT_FALSE(*store_.find_refresh(tokens->refresh));
  EXPECT_EQ(store_.token_count(), 1u);
}

TEST_F(Login, FalseRefreshTokensAreRefused) {
  for (const std::string& odd : {std::string{}, std::string("x"), std::string(43, 'A'),
                                 std::string(1'000'000, 'A'), std::string(43, '\0')}) {
    EXPECT_EQ(refresh(odd).error().error.code, ErrorCode::unauthenticated);
    EXPECT_TRUE(logout(odd));
  }
}

TEST_F(Login, LogoutEndsTheSessionAndNoOther) {
  const auto tokens = login("anna", "good password");
  const auto other = login("anna", "good password");
  ASSERT_TRUE(verify(tokens->access));
  ASSERT_TRUE(logout(tokens->refresh));
  EXPECT_FALSE(verify(tokens->access));
  EXPECT_FALSE(refresh(tokens->refresh));
  EXPECT_TRUE(verify(other->access));
}

TEST_F(Login, ReplacedKeysHoldAtOnce) {
  const auto tokens = login("anna", "good password");
  ASSERT_TRUE(verify(tokens->access));
  auth_.replace_keys(*KeyRing::make({"new key", "a key"}));
  EXPECT_TRUE(verify(tokens->access));
  auth_.replace_keys(*KeyRing::make({"new key"}));
  EXPECT_FALSE(verify(tokens->access));
}

TEST_F(Login, ManyThreadsVerifyWhileUsersChange) {
  const auto tokens = login("anna", "good password");
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i)
    readers.emplace_back([&] {
      while (!stop) {
        const auto session = auth_.verify(tokens->access, kStart);
        if (!session || session->principal->name() != "anna") ++wrong;
      }
    });
  for (int i = 0; i < 50; ++i) {
    UserChange rename;
    rename.full_name = fmt::format("Anna {}", i);
    EXPECT_TRUE(change(anna_, rename));
  }
  stop = true;
  for (auto& reader : readers)
    reader.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(Login, AllSessionsOfAUserEndAndNobodyElses) {
  const auto first = login("anna", "good password");
  const auto second = login("anna", "good password");
  const auto other = login("admin", "good password");
  ASSERT_TRUE(verify(first->access));
  const auto end = [&](UserId user) {
    return await<Result<Account>>(
        [&](auto done) { auth_.end_sessions(user, now_.utc, std::move(done)); });
  };
  ASSERT_TRUE(end(anna_));
  EXPECT_FALSE(verify(first->access));
  EXPECT_FALSE(verify(second->access));
  EXPECT_FALSE(refresh(first->refresh));
  EXPECT_TRUE(verify(other->access));
  EXPECT_TRUE(verify(login("anna", "good password")->access));
  EXPECT_EQ(end(99).error().code, ErrorCode::not_found);
}

TEST_F(Login, ASessionThatEndedStaysEndedWhenTheServerStartsAnew) {
  const auto ended = login("anna", "good password");
  const auto rotated = login("anna", "good password");
  const auto going_on = refresh(rotated->refresh);
  ASSERT_TRUE(logout(ended->refresh));
  Authenticator next{store_,
                     hasher_,
                     [this](auto task) { return thread_.post(std::move(task)); },
                     *KeyRing::make({"a key"}),
                     {}};
  ASSERT_TRUE(next.start(now_.utc));
  EXPECT_FALSE(next.verify(ended->access, now_.utc));
  EXPECT_TRUE(next.verify(rotated->access, now_.utc));
  EXPECT_TRUE(next.verify(going_on->access, now_.utc));
}

TEST_F(Login, AUserWhoIsEnabledAgainMustLogInAgain) {
  const auto tokens = login("anna", "good password");
  UserChange disable;
  disable.disabled = true;
  ASSERT_TRUE(change(anna_, disable));
  disable.disabled = false;
  ASSERT_TRUE(change(anna_, disable));
  EXPECT_FALSE(verify(tokens->access));
  EXPECT_TRUE(login("anna", "good password"));
}

}  // namespace
}  // namespace tagwerk::auth
