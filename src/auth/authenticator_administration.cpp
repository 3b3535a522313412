// The part of Authenticator that changes users, keys and roles.

#include "auth/authenticator_work.hpp"

namespace tagwerk::auth {

// --- users ---------------------------------------------------------------------------------------

void Authenticator::add_user(By by, SignUp sign_up, UtcTime now, AccountDone done) {
  with_hash(
      std::move(sign_up.password), std::make_shared<AccountDone>(std::move(done)),
      [this, by = std::move(by), user = std::move(sign_up.user), now](std::string hash) mutable {
        user.password_hash = std::move(hash);
        return reloaded(UserAdmin(store_, std::move(by)).add(user, now));
      });
}

void Authenticator::change_user(By by, UserId user, UserChange change, UtcTime now,
                                AccountDone done) {
  administer(std::move(done), [this, by = std::move(by), user, change = std::move(change), now] {
    auto account = UserAdmin(store_, by).change(user, change, now);
    // His access tokens would be good again if he was enabled before they expire.
    if (account && account->disabled)
      if (auto ended = read_ended_sessions(now); !ended) account = std::unexpected(ended.error());
    return account;
  });
}

void Authenticator::remove_user(By by, UserId user, Done done) {
  administer(std::move(done),
             [this, by = std::move(by), user] { return UserAdmin(store_, by).remove(user); });
}

void Authenticator::set_password(By by, UserId user, std::string password, UtcTime now,
                                 AccountDone done) {
  with_hash(std::move(password), std::make_shared<AccountDone>(std::move(done)),
            [this, by = std::move(by), user, now](std::string hash) {
              UserChange change;
              change.password_hash = std::move(hash);
              return reloaded(UserAdmin(store_, by).change(user, change, now));
            });
}

void Authenticator::change_own_password(UserId user, std::string current, std::string password,
                                        std::string address, Now now, PasswordDone done) {
  const auto users = directory_.load();
  const auto* known = users->find(user);
  if (known == nullptr)
    return done(refuse(ErrorCode::not_found, fmt::format("no user with the id {}", user)));
  if (auto good = check_new_password(password); !good) return done(refuse(good.error()));
  const std::string name = known->account.name;
  if (auto admitted = admit(name, address, now); !admitted)
    return done(std::unexpected(admitted.error()));
  auto shared = std::make_shared<PasswordDone>(std::move(done));
  auto verified = [this, shared, user, name, address = std::move(address), now,
                   password = std::move(password)](auto result) mutable {
    if (!result) return answer(*shared, result.error());
    if (result->verdict == PasswordVerdict::wrong)
      return (*shared)(refuse(ErrorCode::permission_denied, "The current password is not right"));
    forgive(name, address, now);
    set_password(nullptr, user, std::move(password), now.utc, [shared](Result<Account> account) {
      if (!account) return answer(*shared, account.error());
      (*shared)(std::move(*account));
    });
  };
  const auto queued = hasher_.verify(std::move(current), known->account.password_hash,
                                     users->legacy_about(), std::move(verified));
  if (!queued) answer(*shared, queued.error());
}

void Authenticator::end_sessions(UserId user, UtcTime now, AccountDone done) {
  on_store(std::make_shared<AccountDone>(std::move(done)),
           [this, user, now] { return finish_sessions(user, now); });
}

Result<Account> Authenticator::finish_sessions(UserId user, UtcTime now) {
  auto account = UserAdmin(store_).get(user);
  if (!account) return account;
  if (auto revoked = store_.revoke_user(user, now); !revoked)
    return std::unexpected(revoked.error());
  if (auto ended = read_ended_sessions(now); !ended) return std::unexpected(ended.error());
  return account;
}

// --- keys and roles ------------------------------------------------------------------------------

void Authenticator::add_key(By by, NewKey key, UtcTime now, Answer<MadeKey> done) {
  administer(std::move(done), [this, by = std::move(by), key = std::move(key), now] {
    return KeyAdmin(store_, by).add(key, now);
  });
}

void Authenticator::revoke_key(KeyId key, UtcTime now, Answer<ServiceKey> done) {
  administer(std::move(done), [this, key, now] { return KeyAdmin(store_).revoke(key, now); });
}

void Authenticator::add_role(By by, NewRole role, Answer<Role> done) {
  administer(std::move(done), [this, by = std::move(by), role = std::move(role)] {
    return RoleAdmin(store_, by).add(role);
  });
}

void Authenticator::change_role(By by, NewRole role, Answer<Role> done) {
  administer(std::move(done), [this, by = std::move(by), role = std::move(role)] {
    return RoleAdmin(store_, by).change(role);
  });
}

void Authenticator::remove_role(std::string name, Answer<Role> done) {
  administer(std::move(done),
             [this, name = std::move(name)] { return RoleAdmin(store_).remove(name); });
}

// --- the secret ----------------------------------------------------------------------------------

void Authenticator::replace_keys(KeyRing keys) {
  keys_.store(std::make_shared<const KeyRing>(std::move(keys)));
  key_generation_.fetch_add(1, std::memory_order_release);
}

void Authenticator::rotate_secret(Done done) {
  on_store(std::make_shared<Done>(std::move(done)), [this]() -> Status {
    if (settings_.secret_file.empty())
      return fail(ErrorCode::unavailable, "this server has its secret in no file");
    auto keys = auth::rotate_secret(settings_.secret_file);
    if (!keys) return std::unexpected(keys.error());
    replace_keys(std::move(*keys));
    return {};
  });
}

}  // namespace tagwerk::auth
