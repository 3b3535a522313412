#include "auth/authenticator.hpp"

#include <deque>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

#include "auth/memory_accounts.hpp"

namespace tagwerk::auth {
namespace {

using namespace std::chrono_literals;

const std::string kBcrypt = "$2b$04$abcdefghijklmnopqrstuuZakPDp6bZDRlgfrhVHiZC/4c843smaK";
constexpr UtcTime kStart{1'800'000'000s};
constexpr const char* kAddress = "10.0.0.1";

/// One thread that runs tasks in order, like the configuration store's.
class StoreThread {
 public:
  StoreThread() : thread_([this] { run(); }) {}
  ~StoreThread() {
    post({});
    thread_.join();
  }
  Status post(std::move_only_function<void()> task) {
    if (refusing) return fail(ErrorCode::unavailable, "the database is busy; try again");
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    wake_.notify_one();
    return {};
  }
  std::atomic<bool> refusing{false};

 private:
  void run() {
    while (true) {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return !tasks_.empty(); });
      auto task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      if (!task) return;
      task();
    }
  }
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::move_only_function<void()>> tasks_;
  std::thread thread_;
};

/// Calls an asynchronous function and waits for its answer, which must come exactly once.
template <class T>
T await(auto&& call) {
  std::promise<T> promise;
  call([&](T result) { promise.set_value(std::move(result)); });
  return promise.get_future().get();
}
using LoginResult = std::expected<Tokens, Refusal>;

class Login : public testing::Test {
 protected:
  Login() {
    auto& admin = admin_;
    admin_id_ =
        admin.add({.name = "admin", .password_hash = good_hash(), .role = "admin"}, kStart)->id;
    anna_ = admin
                .add({.name = "anna",
                      .password_hash = good_hash(),
                      .role = "operator",
                      .subtree = "/Plant/A"},
                     kStart)
                ->id;
    admin.add({.name = "old", .password_hash = kBcrypt}, kStart);
    EXPECT_TRUE(auth_.start(kStart));
  }
  static const std::string& good_hash() {
    static const std::string hash = *hash_password("good password");
    return hash;
  }
  LoginResult login(std::string name, std::string password, std::string address = kAddress) {
    return await<LoginResult>([&](auto done) {
      auth_.login(std::move(name), std::move(password), std::move(address), now_, std::move(done));
    });
  }
  LoginResult refresh(std::string token) {
    return await<LoginResult>(
        [&](auto done) { auth_.refresh(std::move(token), now_.utc, std::move(done)); });
  }
  Status logout(std::string token) {
    return await<Status>(
        [&](auto done) { auth_.logout(std::move(token), now_.utc, std::move(done)); });
  }
  Result<Account> change(UserId user, UserChange change) {
    return await<Result<Account>>([&](auto done) {
      auth_.change_user(nullptr, user, std::move(change), now_.utc, std::move(done));
    });
  }
  Result<Session> verify(std::string_view token) { return auth_.verify(token, now_.utc); }
  void pass(Duration time) {
    now_.utc += time;
    now_.mono += time;
  }

  MemoryAccounts store_;
  UserAdmin admin_{store_};
  UserId admin_id_ = 0, anna_ = 0;
  Now now_{kStart, MonoTime{1h}};
  StoreThread thread_;
  PasswordHasher hasher_;
  Authenticator auth_{store_,
                      hasher_,
                      [this](auto task) { return thread_.post(std::move(task)); },
                      *KeyRing::make({"a key"}),
                      {}};
};

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

// --- service keys --------------------------------------------------------------------------------

class KeyLogin : public Login {
 protected:
  MadeKey make(NewKey wanted) {
    auto made = await<Result<MadeKey>>(
        [&](auto done) { auth_.add_key(nullptr, std::move(wanted), now_.utc, std::move(done)); });
    EXPECT_TRUE(made) << made.error().message;
    return std::move(*made);
  }
  MadeKey make() { return make({.name = "grafana", .grants = {{"operator", "/Plant/A"}}}); }
  /// Until what was posted to the store's thread is done.
  void settle() {
    await<Status>([&](auto done) {
      EXPECT_TRUE(thread_.post([done = std::move(done)]() mutable { done({}); }));
    });
  }
};

TEST_F(KeyLogin, AKeyIsAPrincipalWithRightsOfItsOwn) {
  const auto key = make();
  for (int i = 0; i < 2; ++i) {  // remembered the second time
    const auto session = verify(key.text);
    ASSERT_TRUE(session) << session.error().message;
    EXPECT_EQ(session->principal->name(), "grafana");
    EXPECT_EQ(session->principal->identity(), "key 1");
    EXPECT_TRUE(session->principal->can(Right::write, "/Plant/A/T"));
    EXPECT_FALSE(session->principal->can(Right::read, "/Plant/B"));
    EXPECT_EQ(session->expires, UtcTime::max());
  }
}

TEST_F(KeyLogin, OddKeysAreNoKeys) {
  const auto key = make();
  auto wrong = key.text;
  wrong.back() = wrong.back() == 'A' ? 'B' : 'A';
  for (const std::string& odd :
       {wrong, std::string("twk_"), key.text + "x", std::string("twk_") + std::string(43, 'A'),
        key.key.hash, std::string("twk_") + std::string(100'000, 'A')}) {
    const auto session = verify(odd);
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().message, kBadToken);
  }
}

TEST_F(KeyLogin, ARevokedKeyStopsAtOnceAndSaysSo) {
  const auto key = make();
  ASSERT_TRUE(verify(key.text));
  ASSERT_TRUE(await<Result<ServiceKey>>(
      [&](auto done) { auth_.revoke_key(key.key.id, now_.utc, std::move(done)); }));
  const auto session = verify(key.text);
  ASSERT_FALSE(session);
  EXPECT_THAT(session.error().message, testing::HasSubstr("'grafana' was revoked at 2027-"));
}

TEST_F(KeyLogin, AKeyExpiresAlsoWhenItIsRemembered) {
  const auto key = make({.name = "short", .grants = {{"viewer", "/"}}, .expires = now_.utc + 10s});
  EXPECT_EQ(verify(key.text)->expires, now_.utc + 10s);
  pass(10s - 1ns);
  EXPECT_TRUE(verify(key.text));
  pass(1ns);
  EXPECT_THAT(verify(key.text).error().message, testing::HasSubstr("'short' expired at"));
}

TEST_F(KeyLogin, ItsUseIsStoredOnceAMinuteAndKnownExactly) {
  const auto key = make();
  const auto last = [&] { return auth_.directory().load()->find_key(key.key.id)->use->last(); };
  EXPECT_FALSE(last());
  for (int i = 0; i < 1000; ++i)
    ASSERT_TRUE(verify(key.text));
  settle();
  EXPECT_EQ(store_.uses_written, 1);
  for (int i = 0; i < 59; ++i) {
    pass(1s);
    ASSERT_TRUE(verify(key.text));
  }
  settle();
  EXPECT_EQ(store_.uses_written, 1);
  EXPECT_EQ(last(), now_.utc);
  pass(1s);
  ASSERT_TRUE(verify(key.text));
  settle();
  EXPECT_EQ(store_.uses_written, 2);
  EXPECT_EQ(store_.keys()->front().last_used, now_.utc);
}

TEST_F(KeyLogin, ABusyDatabaseIsNoReasonToRefuseAKey) {
  const auto key = make();
  thread_.refusing = true;
  EXPECT_TRUE(verify(key.text));
  thread_.refusing = false;
  store_.broken = true;
  pass(2min);
  EXPECT_TRUE(verify(key.text));
  settle();
  store_.broken = false;
}

TEST_F(KeyLogin, AChangedRoleHoldsForKeysAndTokensThatAreOut) {
  const auto role = [&](auto function, std::vector<std::string> rights) {
    return await<Result<Role>>([&](auto done) {
      (auth_.*function)(nullptr, {"shift", std::move(rights)}, std::move(done));
    });
  };
  ASSERT_TRUE(role(&Authenticator::add_role, {"read"}));
  const auto key = make({.name = "grafana", .grants = {{"shift", "/"}}});
  UserChange change_role;
  change_role.role = "shift";
  ASSERT_TRUE(change(anna_, change_role));
  const auto tokens = login("anna", "good password");
  EXPECT_FALSE(verify(key.text)->principal->can(Right::ack));
  EXPECT_FALSE(verify(tokens->access)->principal->can(Right::ack));
  ASSERT_TRUE(role(&Authenticator::change_role, {"read", "ack"}));
  EXPECT_TRUE(verify(key.text)->principal->can(Right::ack));
  EXPECT_TRUE(verify(tokens->access)->principal->can(Right::ack));
  EXPECT_EQ(await<Result<Role>>([&](auto done) { auth_.remove_role("shift", std::move(done)); })
                .error()
                .code,
            ErrorCode::conflict);
}

TEST_F(KeyLogin, WhoKeepsHisRightsStaysTheSamePrincipal) {
  const auto key = make();
  const auto before = verify(key.text)->principal;
  const auto anna = auth_.directory().load()->find(anna_)->principal;
  make({.name = "other", .grants = {{"viewer", "/"}}});
  EXPECT_EQ(verify(key.text)->principal, before);
  EXPECT_EQ(auth_.directory().load()->find(anna_)->principal, anna);
}

// --- the end of sessions -------------------------------------------------------------------------

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

class Setup : public testing::Test {
 protected:
  LoginResult setup(std::string token, std::string name = "root",
                    std::string password = "good password") {
    return await<LoginResult>([&](auto done) {
      auth_.setup(std::move(token), std::move(name), std::move(password), kAddress, now_,
                  std::move(done));
    });
  }
  MemoryAccounts store_;
  Now now_{kStart, MonoTime{1h}};
  StoreThread thread_;
  PasswordHasher hasher_;
  Authenticator auth_{store_,
                      hasher_,
                      [this](auto task) { return thread_.post(std::move(task)); },
                      *KeyRing::make({"a key"}),
                      {}};
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
