#include "auth/authenticator.hpp"

#include <gtest/gtest.h>

#include "auth/authenticator_for_test.hpp"

namespace tagwerk::auth {
namespace {

using namespace std::chrono_literals;

TEST_F(Login, GivesTokensThatSayWhoItIs) {
  const auto tokens = login("anna", "good password");
  ASSERT_TRUE(tokens) << tokens.error().error.message;
  EXPECT_EQ(tokens->expires_in, 900s);
  const auto session = verify(tokens->access);
  ASSERT_TRUE(session);
  EXPECT_EQ(session->principal->name(), "anna");
  EXPECT_EQ(session->principal->id(), anna_);
  EXPECT_EQ(session->expires, kStart + 900s);
  EXPECT_TRUE(session->principal->can(Right::write, "/Plant/A/T"));
  EXPECT_FALSE(session->principal->can(Right::read, "/Plant/B/T"));
}

TEST_F(Login, WrongPasswordUnknownAndDisabledUserHaveOneAnswer) {
  UserChange disable;
  disable.disabled = true;
  ASSERT_TRUE(change(anna_, disable));
  for (const auto& [name, password] : {std::pair{"admin", "wrong"},
                                       {"nobody", "good password"},
                                       {"anna", "good password"},
                                       {"", ""},
                                       {"admin", ""}}) {
    const auto tokens = login(name, password);
    ASSERT_FALSE(tokens) << name;
    EXPECT_EQ(tokens.error().error.code, ErrorCode::unauthenticated);
    EXPECT_EQ(tokens.error().error.message, "Incorrect username or password");
  }
}

TEST_F(Login, GuessingIsSlowedDownAndTheWaitIsTold) {
  for (int i = 0; i < 10; ++i)
    ASSERT_EQ(login("admin", "wrong").error().error.code, ErrorCode::unauthenticated);
  const auto blocked = login("admin", "good password");
  ASSERT_FALSE(blocked);
  EXPECT_EQ(blocked.error().error.code, ErrorCode::limit_exceeded);
  EXPECT_EQ(blocked.error().retry_after_seconds, 6);
  pass(6s);
  EXPECT_TRUE(login("admin", "good password"));
}

TEST_F(Login, AnOriginalHashIsRenewedOnce) {
  ASSERT_TRUE(auth_.directory().load()->legacy_about());
  const auto tokens = login("old", "secret123");
  ASSERT_TRUE(tokens);
  EXPECT_TRUE(verify(tokens->access));
  EXPECT_FALSE(auth_.directory().load()->legacy_about());
  const auto hash = admin_.get("old")->password_hash;
  EXPECT_TRUE(hash.starts_with("$argon2id$"));
  EXPECT_TRUE(login("old", "secret123"));
  EXPECT_EQ(admin_.get("old")->password_hash, hash);
}

TEST_F(Login, OwnPasswordsAreChangedByThoseWhoKnowThem) {
  const auto own = [&](std::string current, std::string next) {
    return await<std::expected<Account, Refusal>>([&](auto done) {
      auth_.change_own_password(anna_, std::move(current), std::move(next), kAddress, now_,
                                std::move(done));
    });
  };
  EXPECT_EQ(own("wrong", "another one").error().error.code, ErrorCode::permission_denied);
  EXPECT_EQ(own("good password", "short").error().error.code, ErrorCode::invalid_argument);
  EXPECT_TRUE(own("good password", "another one"));
  EXPECT_TRUE(login("anna", "another one"));
}

TEST_F(Login, ABrokenDatabaseIsAnAnswerNotALogin) {
  store_.broken = true;
  EXPECT_EQ(login("anna", "good password").error().error.code, ErrorCode::io);
  EXPECT_EQ(refresh(std::string(43, 'A')).error().error.code, ErrorCode::io);
  thread_.refusing = true;
  EXPECT_EQ(login("anna", "good password").error().error.code, ErrorCode::unavailable);
  EXPECT_EQ(logout(std::string(43, 'A')).error().code, ErrorCode::unavailable);
  EXPECT_EQ(change(anna_, {}).error().code, ErrorCode::unavailable);
  thread_.refusing = false;
}

TEST_F(Login, UsersAreAddedWithTheirPassword) {
  const auto add = [&](std::string name, std::string password) {
    return await<Result<Account>>([&](auto done) {
      auth_.add_user(nullptr, {{.name = std::move(name)}, std::move(password)}, now_.utc,
                     std::move(done));
    });
  };
  ASSERT_TRUE(add("boris", "long enough"));
  EXPECT_TRUE(login("boris", "long enough"));
  EXPECT_EQ(add("boris", "long enough").error().code, ErrorCode::already_exists);
  EXPECT_EQ(add("carla", "short").error().code, ErrorCode::invalid_argument);
}

TEST_F(Login, GuessingOnesOwnPasswordIsSlowedDownAndTheWaitIsTold) {
  const auto guess = [&] {
    return await<std::expected<Account, Refusal>>([&](auto done) {
      auth_.change_own_password(anna_, "wrong", "another one", kAddress, now_, std::move(done));
    });
  };
  for (int i = 0; i < 10; ++i)
    ASSERT_EQ(guess().error().error.code, ErrorCode::permission_denied);
  EXPECT_EQ(guess().error().error.code, ErrorCode::limit_exceeded);
  EXPECT_EQ(guess().error().retry_after_seconds, 6);
}

TEST_F(Login, ASecretWithoutAFileCannotBeRotated) {
  EXPECT_EQ(await<Status>([&](auto done) { auth_.rotate_secret(std::move(done)); }).error().code,
            ErrorCode::unavailable);
}

}  // namespace
}  // namespace tagwerk::auth
