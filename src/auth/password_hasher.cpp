#include "auth/password_hasher.hpp"

#include <pthread.h>

#include "auth/crypto.hpp"

namespace tagwerk::auth {
namespace {

std::unexpected<Error> stopping() {
  return fail(ErrorCode::unavailable, "the server is stopping; try again when it is back");
}

/// A text that is overwritten when it is no longer needed.
class Secret {
 public:
  explicit Secret(std::string text) : text_(std::move(text)) {}
  Secret(Secret&&) = default;
  Secret& operator=(Secret&&) = delete;
  ~Secret() { wipe(text_); }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

Result<PasswordHasher::Verification> verify_now(const std::string& password,
                                                const std::string& hash, bool legacy_about) {
  const auto verdict = verify_password(password, hash, legacy_about);
  if (!verdict) return std::unexpected(verdict.error());
  PasswordHasher::Verification out{*verdict, {}};
  if (*verdict == PasswordVerdict::right_upgrade) {
    auto hashed = hash_password(password);
    if (!hashed) return std::unexpected(hashed.error());
    out.new_hash = std::move(*hashed);
  }
  return out;
}

}  // namespace

PasswordHasher::PasswordHasher(std::size_t capacity)
    : capacity_(capacity), thread_([this] { run(); }) {}

PasswordHasher::~PasswordHasher() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

Status PasswordHasher::verify(std::string password, std::string hash, bool legacy_about,
                              Verified done) {
  return enqueue([secret = Secret(std::move(password)), hash = std::move(hash), legacy_about,
                  done = std::move(done)](bool give_up) mutable {
    if (give_up) return done(stopping());
    done(verify_now(secret.text(), hash, legacy_about));
  });
}

Status PasswordHasher::hash(std::string password, Hashed done) {
  return enqueue(
      [secret = Secret(std::move(password)), done = std::move(done)](bool give_up) mutable {
        if (give_up) return done(stopping());
        done(hash_password(secret.text()));
      });
}

Status PasswordHasher::enqueue(Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return stopping();
    if (jobs_.size() >= capacity_)
      return fail(ErrorCode::limit_exceeded,
                  "{} passwords are waiting to be checked; try again in a few seconds", capacity_);
    jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
  return {};
}

void PasswordHasher::run() {
  pthread_setname_np(pthread_self(), "password");
  while (true) {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    const bool give_up = stopping_;
    lock.unlock();
    job(give_up);
  }
}

}  // namespace tagwerk::auth
