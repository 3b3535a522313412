#include <gtest/gtest.h>

#include "auth/authenticator_for_test.hpp"

namespace tagwerk::auth {
namespace {

using namespace std::chrono_literals;

class Setup : public AuthenticatorTest {
 protected:
  LoginResult setup(std::string token, std::string name = "root",
                    std::string password = "good password") {
    return await<LoginResult>([&](auto done) {
      auth_.setup(std::move(token), std::move(name), std::move(password), kAddress, now_,
                  std::move(done));
    });
  }
};

TEST_F(Setup, MakesTheFirstAdministratorOnce) {
  ASSERT_TRUE(auth_.start(kStart));
  EXPECT_TRUE(auth_.setup_needed());
  const std::string token = *auth_.begin_setup(kStart);
  const auto tokens = setup(token);
  ASSERT_TRUE(tokens) << tokens.error().error.message;
  EXPECT_TRUE(auth_.verify(tokens->access, kStart)->principal->can(Right::users));
  EXPECT_FALSE(auth_.setup_needed());
  EXPECT_EQ(setup(token).error().error.code, ErrorCode::conflict);
}

TEST_F(Setup, AWrongTokenIsRefusedAndCounted) {
  ASSERT_TRUE(auth_.start(kStart));
  EXPECT_EQ(setup("").error().error.code, ErrorCode::permission_denied);
  const std::string old = *auth_.begin_setup(kStart);
  const std::string token = *auth_.begin_setup(kStart);
  EXPECT_EQ(setup(old).error().error.code, ErrorCode::permission_denied);
  for (int i = 0; i < 8; ++i)
    EXPECT_EQ(setup("guess").error().error.code, ErrorCode::permission_denied);
  EXPECT_EQ(setup(token).error().error.code, ErrorCode::limit_exceeded);
  now_.mono += 60s;
  EXPECT_TRUE(setup(token));
}

TEST_F(Setup, BadNamesAndPasswordsLeaveTheTokenGood) {
  ASSERT_TRUE(auth_.start(kStart));
  const std::string token = *auth_.begin_setup(kStart);
  EXPECT_EQ(setup(token, "a:b").error().error.code, ErrorCode::invalid_argument);
  EXPECT_EQ(setup(token, "root", "short").error().error.code, ErrorCode::invalid_argument);
  EXPECT_TRUE(setup(token));
}

TEST_F(Setup, TwoAtTheSameTimeMakeOneAdministrator) {
  ASSERT_TRUE(auth_.start(kStart));
  const std::string token = *auth_.begin_setup(kStart);
  std::promise<LoginResult> first, second;
  auth_.setup(token, "one", "good password", kAddress, now_,
              [&](LoginResult result) { first.set_value(std::move(result)); });
  auth_.setup(token, "two", "good password", kAddress, now_,
              [&](LoginResult result) { second.set_value(std::move(result)); });
  const bool one = first.get_future().get().has_value();
  const bool two = second.get_future().get().has_value();
  EXPECT_NE(one, two);
  EXPECT_EQ(store_.accounts()->size(), 1u);
}

}  // namespace
}  // namespace tagwerk::auth
