#pragma once

#include "auth/authenticator.hpp"

namespace tagwerk::auth {

/// What the sources of Authenticator share. Internal to them.

inline std::unexpected<Refusal> refuse(Error error) {
  constexpr std::int64_t kBusySeconds = 5;
  const auto wait = error.code == ErrorCode::limit_exceeded ? kBusySeconds : 0;
  return std::unexpected(Refusal{std::move(error), wait});
}

inline std::unexpected<Refusal> refuse(ErrorCode code, std::string_view text) {
  return refuse(Error{code, std::string(text), {}});
}

/// Answers whatever kind of result the caller waits for.
void answer(auto& done, const Error& error) {
  if constexpr (requires { done(refuse(error)); })
    done(refuse(error));
  else
    done(std::unexpected(error));
}

template <class T, class Work>
void Authenticator::on_store(Shared<T> done, Work work) {
  const auto posted = post_([done, work = std::move(work)]() mutable { (*done)(work()); });
  if (!posted) answer(*done, posted.error());
}

template <class T, class Work>
void Authenticator::administer(std::move_only_function<void(T)> done, Work work) {
  on_store(std::make_shared<std::move_only_function<void(T)>>(std::move(done)),
           [this, work = std::move(work)]() mutable { return reloaded<T>(work()); });
}

/// What was stored is seen by everybody before it is answered.
template <class T>
T Authenticator::reloaded(T result) {
  if (!result) return result;
  if (auto read = directory_.reload(store_); !read) return std::unexpected(read.error());
  return result;
}

template <class T, class Work>
void Authenticator::with_hash(std::string password, Shared<T> done, Work work) {
  if (auto good = check_new_password(password); !good) return answer(*done, good.error());
  const auto queued = hasher_.hash(
      std::move(password), [this, done, work = std::move(work)](Result<std::string> hash) mutable {
        if (!hash) return answer(*done, hash.error());
        on_store(done, [work = std::move(work), hash = std::move(*hash)]() mutable {
          return work(std::move(hash));
        });
      });
  if (!queued) answer(*done, queued.error());
}

}  // namespace tagwerk::auth
