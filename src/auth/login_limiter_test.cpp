#include "auth/login_limiter.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace tagwerk::auth {
namespace {

using namespace std::chrono_literals;

const MonoTime kStart{1000s};
constexpr Duration kGo{0};

LoginLimiter::Settings small() {
  return {.user = {3, 10s}, .address = {5, 2s}};
}

TEST(LoginLimiter, LetsABurstThroughThenAsksToWait) {
  LoginLimiter limiter(small());
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(limiter.attempt("anna", "10.0.0.1", kStart), kGo);
  EXPECT_EQ(limiter.attempt("anna", "10.0.0.1", kStart), 10s);
  EXPECT_EQ(limiter.attempt("anna", "10.0.0.1", kStart + 4s), 6s);
  EXPECT_EQ(limiter.attempt("anna", "10.0.0.1", kStart + 10s), kGo);
  EXPECT_GT(limiter.attempt("anna", "10.0.0.1", kStart + 10s), kGo);
}

TEST(LoginLimiter, AUserIsGuardedAgainstManyAddresses) {
  LoginLimiter limiter(small());
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(limiter.attempt("anna", fmt::format("10.0.0.{}", i), kStart), kGo);
  EXPECT_GT(limiter.attempt("anna", "10.0.0.99", kStart), kGo);
  EXPECT_EQ(limiter.attempt("boris", "10.0.0.99", kStart), kGo);
}

TEST(LoginLimiter, AnAddressIsSlowedDownOverManyUsers) {
  LoginLimiter limiter(small());
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(limiter.attempt(fmt::format("user{}", i), "10.0.0.1", kStart), kGo);
  EXPECT_EQ(limiter.attempt("user5", "10.0.0.1", kStart), 2s);
  EXPECT_EQ(limiter.attempt("user5", "10.0.0.2", kStart), kGo);
}

TEST(LoginLimiter, ARefusedAttemptTakesNothing) {
  LoginLimiter limiter(small());
  for (int i = 0; i < 3; ++i)
    limiter.attempt("anna", "10.0.0.1", kStart);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(limiter.attempt("anna", "10.0.0.1", kStart), 10s);
  EXPECT_EQ(limiter.attempt("boris", "10.0.0.1", kStart), kGo);
}

TEST(LoginLimiter, RightLoginsAreNeverSlowedDown) {
  LoginLimiter limiter(small());
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(limiter.attempt("anna", "10.0.0.1", kStart), kGo);
    limiter.succeeded("anna", "10.0.0.1", kStart);
  }
}

TEST(LoginLimiter, AClockThatDoesNotAdvanceGivesNothingBack) {
  LoginLimiter limiter(small());
  for (int i = 0; i < 3; ++i)
    limiter.attempt("anna", "10.0.0.1", kStart);
  EXPECT_EQ(limiter.attempt("anna", "10.0.0.1", kStart - 100s), 10s);
}

RC_GTEST_PROP(LoginLimiter, NeverAllowsMoreThanBurstPlusRefill, ()) {
  LoginLimiter limiter(small());
  MonoTime now = kStart;
  int allowed = 0;
  const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 5000));
  for (const int step : steps) {
    now += std::chrono::milliseconds(step);
    if (limiter.attempt("anna", "10.0.0.1", now) == kGo) ++allowed;
  }
  const double elapsed = std::chrono::duration<double>(now - kStart).count();
  RC_ASSERT(allowed <= 3 + elapsed / 10 + 0.001);
}

RC_GTEST_PROP(LoginLimiter, TheWaitItNamesIsEnough, ()) {
  LoginLimiter limiter(small());
  MonoTime now = kStart;
  for (int i = 0; i < 20; ++i) {
    now += std::chrono::nanoseconds(*rc::gen::inRange<std::int64_t>(0, 3'000'000'000));
    const Duration wait = limiter.attempt("anna", "10.0.0.1", now);
    if (wait == kGo) continue;
    now += std::chrono::seconds(retry_after_seconds(wait));
    RC_ASSERT(limiter.attempt("anna", "10.0.0.1", now) == kGo);
  }
}

TEST(LoginLimiter, AnIpv6GuesserIsItsNetwork) {
  EXPECT_EQ(limiter_address("2001:db8:1:2:3:4:5:6"), limiter_address("2001:db8:1:2:ffff::1"));
  EXPECT_NE(limiter_address("2001:db8:1:2::1"), limiter_address("2001:db8:1:3::1"));
  EXPECT_EQ(limiter_address("::ffff:10.0.0.1"), "10.0.0.1");
  EXPECT_EQ(limiter_address("fe80::1%eth0"), "fe80::");
  EXPECT_EQ(limiter_address("10.0.0.1"), "10.0.0.1");
  EXPECT_EQ(limiter_address("local"), "local");
  EXPECT_LE(limiter_address(std::string(100'000, 'x')).size(), 64u);
}

TEST(LoginLimiter, RetryAfterIsAtLeastASecond) {
  EXPECT_EQ(retry_after_seconds(1ns), 1);
  EXPECT_EQ(retry_after_seconds(1s), 1);
  EXPECT_EQ(retry_after_seconds(1s + 1ns), 2);
}

}  // namespace
}  // namespace tagwerk::auth
