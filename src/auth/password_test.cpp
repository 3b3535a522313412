#include "auth/password.hpp"

#include <array>
#include <ctime>
#include <future>
#include <gtest/gtest.h>
#include <sodium.h>
#include <vector>

#include "auth/password_hasher.hpp"

namespace tagwerk::auth {
namespace {

// Made by libxcrypt at cost 4 (quick) of "secret123", and at the original's cost 12 of "admin".
const std::string kQuickBcrypt = "$2b$04$abcdefghijklmnopqrstuuZakPDp6bZDRlgfrhVHiZC/4c843smaK";
const std::string kOriginalAdmin = "$2b$12$abcdefghijklmnopqrstuu12w/m81itNBaKxNG/AZzaB5lMPiIWPq";

PasswordVerdict verdict(std::string_view password, const std::string& hash, bool legacy = false) {
  return *verify_password(password, hash, legacy);
}

double cpu_seconds(auto&& work) {
  const auto read = [] {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
  };
  const double start = read();
  work();
  return read() - start;
}

TEST(Password, IsArgon2idAndVerifies) {
  const auto hash = hash_password("correct horse");
  ASSERT_TRUE(hash);
  EXPECT_TRUE(hash->starts_with("$argon2id$v=19$m=32768,t=3,p=1$")) << *hash;
  EXPECT_TRUE(check_password_hash(*hash));
  EXPECT_EQ(verdict("correct horse", *hash), PasswordVerdict::right);
  EXPECT_EQ(verdict("correct horsf", *hash), PasswordVerdict::wrong);
  EXPECT_EQ(verdict("", *hash), PasswordVerdict::wrong);
  EXPECT_NE(*hash_password("correct horse"), *hash);
}

TEST(Password, OfTheOriginalBusIsRightAndAsksForAnUpgrade) {
  EXPECT_EQ(verdict("admin", kOriginalAdmin), PasswordVerdict::right_upgrade);
  EXPECT_EQ(verdict("secret123", kQuickBcrypt), PasswordVerdict::right_upgrade);
  EXPECT_EQ(verdict("secret124", kQuickBcrypt), PasswordVerdict::wrong);
}

TEST(Password, AZeroByteDoesNotEndTheComparison) {
  using namespace std::string_view_literals;
  EXPECT_EQ(verdict("secret123\0x"sv, kQuickBcrypt), PasswordVerdict::wrong);
}

TEST(Password, OfLesserCostAsksForAnUpgrade) {
  std::array<char, crypto_pwhash_STRBYTES> weak{};
  ASSERT_EQ(crypto_pwhash_str(weak.data(), "hello there", 11, 1, std::size_t{8} << 20), 0);
  EXPECT_EQ(verdict("hello there", weak.data()), PasswordVerdict::right_upgrade);
  EXPECT_EQ(verdict("hello There", weak.data()), PasswordVerdict::wrong);
}

TEST(Password, HashesThatWouldKeepTheThreadForAgesAreRefused) {
  for (const std::string& bad :
       {std::string{}, std::string("secret"), std::string("$2b$31$") + std::string(53, 'a'),
        std::string("$2b$15$") + std::string(53, 'a'),
        std::string("$2b$03$") + std::string(53, 'a'), std::string("$2b$1$") + std::string(54, 'a'),
        kOriginalAdmin + "x", std::string("$argon2id$v=19$m=4194304,t=3,p=1$c2FsdHNhbHQ$aGFzaA"),
        std::string("$argon2id$v=19$m=32768,t=100,p=1$c2FsdHNhbHQ$aGFzaA"),
        std::string("$argon2id$v=19$m=-1,t=1,p=1$c2FsdA$aGFzaA"),
        std::string("$argon2id$v=19$m=32768,t=3,p=200$c2FsdHNhbHQ$aGFzaA"),
        std::string("$argon2i$v=19$m=32768,t=3,p=1$c2FsdHNhbHQ$aGFzaA"),
        kOriginalAdmin.substr(0, 59), std::string("$2b$12$abc\0", 11)}) {
    EXPECT_FALSE(check_password_hash(bad)) << bad;
    EXPECT_EQ(verdict("x", bad), PasswordVerdict::wrong) << bad;
  }
  EXPECT_TRUE(check_password_hash(kOriginalAdmin));
}

TEST(Password, NewOnesHaveALengthThatIsSaid) {
  EXPECT_TRUE(check_new_password("12345678"));
  EXPECT_TRUE(check_new_password(std::string(1024, 'x')));
  for (const std::string& bad : {std::string("1234567"), std::string(1025, 'x'),
                                 std::string("12345678\0", 9), std::string{}})
    EXPECT_FALSE(check_new_password(bad));
  EXPECT_NE(check_new_password("short").error().message.find("8"), std::string::npos);
}

TEST(Password, AnUnknownUserCostsWhatAWrongPasswordCosts) {
  const std::string argon = *hash_password("correct horse");
  verdict("warm up", "");
  for (const bool legacy : {false, true}) {
    const double wrong = cpu_seconds([&] { verdict("guess", argon, legacy); });
    const double unknown = cpu_seconds([&] { verdict("guess", "", legacy); });
    EXPECT_GT(unknown, wrong * 0.4);
    EXPECT_LT(unknown, wrong * 2.5);
    if (!legacy) continue;
    const double original = cpu_seconds([&] { verdict("guess", kOriginalAdmin, legacy); });
    EXPECT_GT(original, wrong * 0.4);
    EXPECT_LT(original, wrong * 2.5);
  }
}

TEST(PasswordHasher, AnswersOnItsThreadAndBringsTheUpgrade) {
  PasswordHasher hasher;
  std::promise<Result<PasswordHasher::Verification>> answer;
  std::promise<std::thread::id> where;
  ASSERT_TRUE(hasher.verify("secret123", kQuickBcrypt, true, [&](auto result) {
    where.set_value(std::this_thread::get_id());
    answer.set_value(std::move(result));
  }));
  const auto result = answer.get_future().get();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->verdict, PasswordVerdict::right_upgrade);
  EXPECT_EQ(verdict("secret123", result->new_hash), PasswordVerdict::right);
  EXPECT_NE(where.get_future().get(), std::this_thread::get_id());
}

TEST(PasswordHasher, AFullQueueIsSaidAndStoppingAnswersEverybody) {
  int answered = 0, given_up = 0, refused = 0;
  std::promise<void> started, go;
  {
    PasswordHasher hasher(3);
    ASSERT_TRUE(hasher.verify("x", kQuickBcrypt, false, [&](auto) {
      started.set_value();
      go.get_future().wait();
    }));
    started.get_future().wait();
    for (int i = 0; i < 5; ++i) {
      const auto queued = hasher.hash("password", [&](Result<std::string> hash) {
        ++answered;
        if (!hash && hash.error().code == ErrorCode::unavailable) ++given_up;
      });
      if (!queued) {
        EXPECT_EQ(queued.error().code, ErrorCode::limit_exceeded);
        ++refused;
      }
    }
    // Released when the destructor has begun or just before: either way each job is answered once.
    go.set_value();
  }
  EXPECT_EQ(refused, 2);
  EXPECT_EQ(answered, 3);
  EXPECT_LE(given_up, 3);
}

}  // namespace
}  // namespace tagwerk::auth
