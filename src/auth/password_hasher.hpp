#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "auth/password.hpp"

namespace tagwerk::auth {

/// The one thread that hashes passwords: a burst of logins costs waiting, never more than one core
/// and one hash's memory.
/// Threads: verify() and hash() from any; callbacks run on the hashing thread and must be short
/// Owns:    its thread; the destructor answers what waits with `unavailable` and joins
/// Limits:  `capacity` jobs waiting
class PasswordHasher {
 public:
  struct Verification {
    PasswordVerdict verdict = PasswordVerdict::wrong;
    std::string new_hash;  ///< with right_upgrade: what to store from now on
  };
  using Verified = std::move_only_function<void(Result<Verification>)>;
  using Hashed = std::move_only_function<void(Result<std::string>)>;

  explicit PasswordHasher(std::size_t capacity = 32);
  ~PasswordHasher();
  PasswordHasher(const PasswordHasher&) = delete;
  PasswordHasher& operator=(const PasswordHasher&) = delete;

  /// See verify_password. `done` is called exactly once, unless this fails.
  /// Fails: limit_exceeded when the queue is full; unavailable when stopping
  Status verify(std::string password, std::string hash, bool legacy_about, Verified done);
  /// Fails: as verify
  Status hash(std::string password, Hashed done);

 private:
  /// Does the work, or answers `unavailable` when told to give up.
  using Job = std::move_only_function<void(bool give_up)>;

  Status enqueue(Job job);
  void run();

  const std::size_t capacity_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace tagwerk::auth
