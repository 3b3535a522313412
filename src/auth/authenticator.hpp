#pragma once

#include <atomic>
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "auth/directory.hpp"
#include "auth/key_admin.hpp"
#include "auth/key_ring.hpp"
#include "auth/login_limiter.hpp"
#include "auth/password_hasher.hpp"
#include "auth/role_admin.hpp"
#include "auth/user_admin.hpp"
#include "auth/verified_tokens.hpp"

namespace tagwerk::auth {

/// Texts that clients see and may compare.
inline constexpr std::string_view kWrongLogin = "Incorrect username or password";
inline constexpr std::string_view kBadToken = "Could not validate credentials";
inline constexpr std::string_view kInactiveUser = "Inactive user";

/// The time of a request, on both clocks.
struct Now {
  UtcTime utc;
  MonoTime mono;
  static Now read() { return {base::utc_now(), base::mono_now()}; }
};

struct Tokens {
  std::string access;
  std::string refresh;
  std::chrono::seconds expires_in{0};
  std::shared_ptr<const Principal> principal;
};

/// Why there are no tokens.
struct Refusal {
  Error error;
  std::int64_t retry_after_seconds = 0;  ///< with limit_exceeded: for Retry-After
};

/// A verified access token or service key.
struct Session {
  std::shared_ptr<const Principal> principal;
  UtcTime expires;  ///< UtcTime::max() for a key without an end
};

/// A user to be made, with the password still in clear.
struct SignUp {
  NewUser user;  ///< password_hash is filled in here
  std::string password;
};

/// Login, tokens, users, service keys and roles of a running server.
///
/// Passwords are hashed on the hasher's thread, the database is used on the store's thread. Every
/// `done` is called exactly once: on one of these two threads, or at once when the request is
/// refused without them; the caller goes back to its own thread. What was changed holds for every
/// request from before `done` on, also for sessions that are open.
/// Threads: any, but the constructor and start() before the others
/// Owns:    nothing of what the constructor is given; destroyed after hasher and store thread
///          stopped
class Authenticator {
 public:
  /// Runs a task on the store's thread, once.  Fails: unavailable; the task is dropped then
  using Post = std::function<Status(std::move_only_function<void()>)>;
  using LoginDone = std::move_only_function<void(std::expected<Tokens, Refusal>)>;
  template <class T>
  using Answer = std::move_only_function<void(Result<T>)>;
  using AccountDone = Answer<Account>;
  using PasswordDone = std::move_only_function<void(std::expected<Account, Refusal>)>;
  using Done = std::move_only_function<void(Status)>;

  struct Settings {
    std::chrono::seconds access_lifetime{900};
    std::chrono::seconds refresh_lifetime{std::chrono::days(30)};
    LoginLimiter::Settings limits;
    std::filesystem::path secret_file;  ///< for rotate_secret
  };

  Authenticator(AccountStore& store, PasswordHasher& hasher, Post post, KeyRing keys,
                Settings settings);

  /// Reads the users, and which sessions have ended; on the store's thread or before it runs.
  /// Blocks: database
  Status start(UtcTime now);
  const Directory& directory() const { return directory_; }
  /// Tokens of the keys left out stop working.
  void replace_keys(KeyRing keys);
  /// A new secret signs from now on; what the present one signed stays good until the next time.
  /// Fails: as rotate_secret of key_ring.hpp; unavailable without a file
  void rotate_secret(Done done);

  /// Wrong password, unknown and disabled user: kWrongLogin after the same time.
  /// Fails: unauthenticated; limit_exceeded (429); unavailable (503)
  void login(std::string name, std::string password, std::string address, Now now, LoginDone done);
  /// Each refresh token is good once. One that comes back revokes all that came from its login.
  /// Fails: unauthenticated with kBadToken; unavailable
  void refresh(std::string token, UtcTime now, LoginDone done);
  /// Revokes the session of a refresh token, its access tokens included. Unknown ones are fine.
  void logout(std::string token, UtcTime now, Done done);
  /// The hot path: about 0.2 µs for a token or key this thread has seen lately, else a few.
  /// Fails: unauthenticated with kBadToken, kInactiveUser, or what became of the key
  Result<Session> verify(std::string_view credential, UtcTime now) const;

  /// True while no user exists.
  bool setup_needed() const { return directory_.load()->users().empty(); }
  /// Makes the one-time token of the setup link, good for a week; only its hash is kept. An earlier
  /// one is void. On the store's thread or before it runs.  Blocks: database
  Result<std::string> begin_setup(UtcTime now);
  /// The first administrator, logged in.
  /// Fails: conflict when there is a user; permission_denied for a wrong token; invalid_argument;
  ///        limit_exceeded
  void setup(std::string token, std::string name, std::string password, std::string address,
             Now now, LoginDone done);

  // `by` may not give rights that he does not have; null may.

  /// Fails: see UserAdmin; limit_exceeded when the hasher is busy
  void add_user(By by, SignUp user, UtcTime now, AccountDone done);
  /// `change.password_hash` may be an imported hash; passwords go through set_password.
  void change_user(By by, UserId user, UserChange change, UtcTime now, AccountDone done);
  void remove_user(By by, UserId user, Done done);
  /// By an administrator.
  void set_password(By by, UserId user, std::string password, UtcTime now, AccountDone done);
  /// By the user, who must know the present one; counted by the limiter like a login. All sessions
  /// of the user end, this one too.
  /// Fails: permission_denied when `current` is wrong
  void change_own_password(UserId user, std::string current, std::string password,
                           std::string address, Now now, PasswordDone done);
  /// Access and refresh tokens of the user stop working, also after a restart.
  /// Fails: not_found
  void end_sessions(UserId user, UtcTime now, AccountDone done);

  /// Fails: see KeyAdmin
  void add_key(By by, NewKey key, UtcTime now, Answer<MadeKey> done);
  void revoke_key(KeyId key, UtcTime now, Answer<ServiceKey> done);
  /// Fails: see RoleAdmin
  void add_role(By by, NewRole role, Answer<Role> done);
  void change_role(By by, NewRole role, Answer<Role> done);
  void remove_role(std::string name, Answer<Role> done);

  /// Removes refresh tokens that have expired; on the store's thread, once an hour is plenty.
  Status sweep(UtcTime now) { return store_.remove_expired_refresh(now); }

 private:
  template <class T>
  using Shared = std::shared_ptr<std::move_only_function<void(T)>>;
  using LoginShared = Shared<std::expected<Tokens, Refusal>>;

  std::expected<void, Refusal> admit(std::string_view name, std::string_view address, Now now);
  void forgive(std::string_view name, std::string_view address, Now now);
  /// Gives `work` to the store's thread; `done` gets its result, or why it could not be posted.
  template <class T, class Work>
  void on_store(Shared<T> done, Work work);
  /// The same for changes of the directory, which is read anew before `done`.
  template <class T, class Work>
  void administer(std::move_only_function<void(T)> done, Work work);
  /// The hash of a new password, then `work(hash)` on the store's thread.
  template <class T, class Work>
  void with_hash(std::string password, Shared<T> done, Work work);

  // On the store's thread.
  std::expected<Tokens, Refusal> finish_login(UserId user, const std::string& verified_hash,
                                              const std::string& new_hash, UtcTime now);
  std::expected<Tokens, Refusal> finish_refresh(std::string_view token, UtcTime now);
  std::expected<Tokens, Refusal> finish_setup(std::string_view token, std::string name,
                                              std::string hash, UtcTime now);
  Status finish_logout(std::string_view token, UtcTime now);
  template <class T>
  T reloaded(T result);
  Status read_ended_sessions(UtcTime now);
  Result<Account> finish_sessions(UserId user, UtcTime now);
  void upgrade(const Account& account, const std::string& new_hash);
  void revoke(const std::string& family, UtcTime now);
  void came_back(const RefreshToken& token, const std::string& name, UtcTime now);
  std::expected<Tokens, Refusal> issue(const DirectorySnapshot::User& user, std::string family,
                                       const RefreshToken* previous, UtcTime now);

  /// What a thread remembers of a credential that was good.
  struct Known {
    Session session;
    std::shared_ptr<KeyUse> use;  ///< of a key
    KeyId key = 0;
  };
  using Memory = VerifiedTokens<Known>;
  static Memory& memory_of_this_thread();
  Result<Known> verify_slowly(std::string_view credential, UtcTime now) const;
  Result<Known> verify_token(std::string_view token, UtcTime now) const;
  Result<Known> verify_key(std::string_view key, UtcTime now) const;
  void note_use(const Known& key, UtcTime now) const;

  AccountStore& store_;
  PasswordHasher& hasher_;
  const Post post_;
  const Settings settings_;
  const std::uint64_t instance_;  ///< tells the entries of one from another in the threads' memory
  Directory directory_;
  base::Published<KeyRing> keys_;
  std::atomic<std::uint64_t> key_generation_{1};
  std::mutex mutex_;  ///< of what follows: logins only, far from the hot path
  LoginLimiter limiter_;
  std::string setup_hash_;
  mutable bool use_failure_told_ = false;  ///< on the store's thread
};

}  // namespace tagwerk::auth
