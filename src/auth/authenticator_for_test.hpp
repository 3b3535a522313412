#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <gtest/gtest.h>
#include <mutex>
#include <string>
#include <thread>

#include "auth/authenticator.hpp"
#include "auth/memory_accounts.hpp"

/// For the tests of the authenticator: one that works on accounts in memory, and people who have
/// some.
namespace tagwerk::auth {

inline constexpr UtcTime kStart{std::chrono::seconds(1'800'000'000)};
inline constexpr const char* kAddress = "10.0.0.1";

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

/// An authenticator that has not started, without accounts.
class AuthenticatorTest : public testing::Test {
 protected:
  MemoryAccounts store_;
  Now now_{kStart, MonoTime{std::chrono::hours(1)}};
  StoreThread thread_;
  PasswordHasher hasher_;
  Authenticator auth_{store_,
                      hasher_,
                      [this](auto task) { return thread_.post(std::move(task)); },
                      *KeyRing::make({"a key"}),
                      {}};
};

/// One that runs. Users: admin, anna (operator of /Plant/A) with "good password"; old with
/// "secret123" in an original hash.
class Login : public AuthenticatorTest {
 protected:
  Login() {
    admin_.add({.name = "admin", .password_hash = good_hash(), .role = "admin"}, kStart);
    anna_ = admin_
                .add({.name = "anna",
                      .password_hash = good_hash(),
                      .role = "operator",
                      .subtree = "/Plant/A"},
                     kStart)
                ->id;
    admin_.add({.name = "old",
                .password_hash = "$2b$04$abcdefghijklmnopqrstuuZakPDp6bZDRlgfrhVHiZC/4c843smaK"},
               kStart);
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

  UserAdmin admin_{store_};
  UserId anna_ = 0;
};

}  // namespace tagwerk::auth
