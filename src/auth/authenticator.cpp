#include "auth/authenticator_work.hpp"
#include "auth/crypto.hpp"
#include "base/assert.hpp"
#include "base/log.hpp"

namespace tagwerk::auth {
namespace {

using LoginResult = std::expected<Tokens, Refusal>;

constexpr std::size_t kOpaqueTokenBytes = 43;
constexpr auto kSetupLifetime = std::chrono::days(7);
/// The bucket of setup attempts; not a name that a user can have.
constexpr std::string_view kSetupAttempts = ":setup";

std::unexpected<Error> bad_token() {
  return fail(ErrorCode::unauthenticated, "{}", kBadToken);
}

std::string random_text(std::size_t bytes) {
  Digest random;
  fill_random(random.data(), bytes);
  return encode_base64url(random.data(), bytes);
}

/// The jti: "SESSION.STAMP.NONCE".
struct TokenId {
  std::string session;
  std::string stamp;

  static std::string make(std::string_view session, std::string_view stamp) {
    return fmt::format("{}.{}.{}", session, stamp, random_text(6));
  }
  static TokenId parse(std::string_view text) {
    const auto first = text.find('.');
    if (first == std::string_view::npos) return {};
    const auto second = text.find('.', first + 1);
    if (second == std::string_view::npos) return {};
    return {std::string(text.substr(0, first)),
            std::string(text.substr(first + 1, second - first - 1))};
  }
};

std::string hash_of(std::string_view token) {
  return to_hex(sha256(token));
}

std::uint64_t next_instance() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

}  // namespace

Authenticator::Authenticator(AccountStore& store, PasswordHasher& hasher, Post post, KeyRing keys,
                             Settings settings)
    : store_(store),
      hasher_(hasher),
      post_(std::move(post)),
      settings_(settings),
      instance_(next_instance()),
      keys_(std::make_shared<const KeyRing>(std::move(keys))),
      limiter_(settings.limits) {}

Status Authenticator::start(UtcTime now) {
  if (auto read = directory_.reload(store_); !read) return read;
  return read_ended_sessions(now);
}

/// Their access tokens may still be about.
Status Authenticator::read_ended_sessions(UtcTime now) {
  const Duration lifetime = settings_.access_lifetime + std::chrono::seconds(1);
  const auto ended = store_.families_ended_since(now - lifetime);
  if (!ended) return std::unexpected(ended.error());
  if (!ended->empty()) directory_.revoke_sessions(*ended, now + lifetime, now);
  return {};
}

std::expected<void, Refusal> Authenticator::admit(std::string_view name, std::string_view address,
                                                  Now now) {
  const std::lock_guard lock(mutex_);
  const Duration wait = limiter_.attempt(name, address, now.mono);
  if (wait == Duration{0}) return {};
  const auto seconds = retry_after_seconds(wait);
  return std::unexpected(
      Refusal{Error{ErrorCode::limit_exceeded,
                    fmt::format("Too many attempts; try again in {} seconds", seconds),
                    {}},
              seconds});
}

void Authenticator::forgive(std::string_view name, std::string_view address, Now now) {
  const std::lock_guard lock(mutex_);
  limiter_.succeeded(name, address, now.mono);
}

void Authenticator::login(std::string name, std::string password, std::string address, Now now,
                          LoginDone done) {
  if (auto admitted = admit(name, address, now); !admitted)
    return done(std::unexpected(admitted.error()));
  const auto users = directory_.load();
  const auto* user = users->find(name);
  if (user != nullptr && user->account.disabled) user = nullptr;
  const UserId id = user == nullptr ? 0 : user->account.id;
  const std::string hash = user == nullptr ? std::string{} : user->account.password_hash;
  auto shared = std::make_shared<LoginDone>(std::move(done));
  auto verified = [this, shared, id, hash, name = std::move(name), address = std::move(address),
                   now](Result<PasswordHasher::Verification> result) mutable {
    if (!result) return (*shared)(refuse(result.error()));
    if (result->verdict == PasswordVerdict::wrong)
      return (*shared)(refuse(ErrorCode::unauthenticated, kWrongLogin));
    forgive(name, address, now);
    on_store(shared, [this, id, hash, new_hash = std::move(result->new_hash), now] {
      return finish_login(id, hash, new_hash, now.utc);
    });
  };
  const auto queued =
      hasher_.verify(std::move(password), hash, users->legacy_about(), std::move(verified));
  if (!queued) (*shared)(refuse(queued.error()));
}

LoginResult Authenticator::finish_login(UserId id, const std::string& verified_hash,
                                        const std::string& new_hash, UtcTime now) {
  auto users = directory_.load();
  const auto* user = users->find(id);
  if (user == nullptr || user->account.disabled)
    return refuse(ErrorCode::unauthenticated, kWrongLogin);
  if (user->account.password_hash != verified_hash)
    return refuse(ErrorCode::unavailable, "The password was changed meanwhile; log in again");
  if (!new_hash.empty()) {
    upgrade(user->account, new_hash);
    users = directory_.load();
    user = users->find(id);
    if (user == nullptr) return refuse(ErrorCode::unauthenticated, kWrongLogin);
  }
  return issue(*user, random_text(12), nullptr, now);
}

/// A failure is only logged: the login was right, and the next one tries again.
void Authenticator::upgrade(const Account& account, const std::string& new_hash) {
  Account upgraded = account;
  upgraded.password_hash = new_hash;
  auto stored = store_.update(upgraded);
  if (stored) stored = directory_.reload(store_);
  if (!stored)
    base::logger("auth")->warn("the password hash of '{}' could not be renewed: {}", account.name,
                               stored.error().message);
}

LoginResult Authenticator::issue(const DirectorySnapshot::User& user, std::string family,
                                 const RefreshToken* previous, UtcTime now) {
  const auto issued = std::chrono::floor<std::chrono::seconds>(now);
  std::string refresh = random_token();
  const RefreshToken next{.hash = hash_of(refresh),
                          .family = family,
                          .user = user.account.id,
                          .issued = issued,
                          .expires = issued + settings_.refresh_lifetime,
                          .revoked = false};
  const auto stored = previous == nullptr ? store_.add_refresh(next)
                                          : store_.rotate_refresh(previous->hash, next, now);
  if (!stored) return refuse(stored.error());
  const Claims claims{.subject = user.account.name,
                      .user = user.account.id,
                      .id = TokenId::make(family, user.stamp),
                      .role = user.principal->role(),
                      .issued = issued,
                      .expires = issued + settings_.access_lifetime};
  return Tokens{encode_token(claims, *keys_.load()), std::move(refresh), settings_.access_lifetime,
                user.principal};
}

void Authenticator::refresh(std::string token, UtcTime now, LoginDone done) {
  if (token.size() != kOpaqueTokenBytes) return done(refuse(ErrorCode::unauthenticated, kBadToken));
  on_store(std::make_shared<LoginDone>(std::move(done)),
           [this, token = std::move(token), now] { return finish_refresh(token, now); });
}

LoginResult Authenticator::finish_refresh(std::string_view token, UtcTime now) {
  const auto found = store_.find_refresh(hash_of(token));
  if (!found) return refuse(found.error());
  if (!*found || (*found)->expires <= now) return refuse(ErrorCode::unauthenticated, kBadToken);
  const RefreshToken& row = **found;
  const auto users = directory_.load();
  const auto* user = users->find(row.user);
  if (row.revoked) {
    came_back(row, user == nullptr ? "?" : user->account.name, now);
    return refuse(ErrorCode::unauthenticated, kBadToken);
  }
  if (user == nullptr || user->account.disabled)
    return refuse(ErrorCode::unauthenticated, kBadToken);
  return issue(*user, row.family, &row, now);
}

/// Somebody has a copy. Once is enough: what comes again costs no write.
void Authenticator::came_back(const RefreshToken& token, const std::string& name, UtcTime now) {
  if (directory_.is_revoked(token.family)) return;
  base::logger("auth")->warn(
      "a used or revoked refresh token of '{}' came back; its session is revoked", name);
  revoke(token.family, now);
}

void Authenticator::revoke(const std::string& family, UtcTime now) {
  if (const auto stored = store_.revoke_family(family, now); !stored)
    base::logger("auth")->error("a session could not be revoked in the database: {}",
                                stored.error().message);
  directory_.revoke_sessions({&family, 1},
                             now + settings_.access_lifetime + std::chrono::seconds(1), now);
}

void Authenticator::logout(std::string token, UtcTime now, Done done) {
  if (token.size() != kOpaqueTokenBytes) return done({});
  on_store(std::make_shared<Done>(std::move(done)),
           [this, token = std::move(token), now] { return finish_logout(token, now); });
}

Status Authenticator::finish_logout(std::string_view token, UtcTime now) {
  const auto found = store_.find_refresh(hash_of(token));
  if (!found) return std::unexpected(found.error());
  if (*found) revoke((*found)->family, now);
  return {};
}

Authenticator::Memory& Authenticator::memory_of_this_thread() {
  thread_local Memory memory;
  return memory;
}

Result<Session> Authenticator::verify(std::string_view credential, UtcTime now) const {
  const Memory::Epoch epoch{instance_, directory_.generation(),
                            key_generation_.load(std::memory_order_acquire)};
  Memory& memory = memory_of_this_thread();
  const Known* remembered = memory.find(credential, epoch);
  if (remembered != nullptr && now < remembered->session.expires) {
    if (remembered->use != nullptr) note_use(*remembered, now);
    return remembered->session;
  }
  auto known = verify_slowly(credential, now);
  if (!known) return std::unexpected(known.error());
  if (known->use != nullptr) note_use(*known, now);
  // The epoch was read before the users: what is remembered is never newer than it says.
  memory.remember(credential, epoch, *known);
  return std::move(known->session);
}

Result<Authenticator::Known> Authenticator::verify_slowly(std::string_view credential,
                                                          UtcTime now) const {
  return has_key_form(credential) ? verify_key(credential, now) : verify_token(credential, now);
}

Result<Authenticator::Known> Authenticator::verify_token(std::string_view token,
                                                         UtcTime now) const {
  const auto claims = decode_token(token, *keys_.load(), now);
  if (!claims) return bad_token();
  const auto users = directory_.load();
  const auto* user = users->find(claims->user);
  const TokenId id = TokenId::parse(claims->id);
  if (user == nullptr || user->account.name != claims->subject || user->stamp != id.stamp)
    return bad_token();
  if (user->account.disabled) return fail(ErrorCode::unauthenticated, "{}", kInactiveUser);
  if (directory_.is_revoked(id.session)) return bad_token();
  return Known{.session = {user->principal, claims->expires}};
}

/// Who has the whole key may be told what became of it.
Result<Authenticator::Known> Authenticator::verify_key(std::string_view text, UtcTime now) const {
  if (text.size() != kKeyPrefix.size() + kOpaqueTokenBytes) return bad_token();
  const auto directory = directory_.load();
  const auto* key = directory->find_key_by_hash(hash_of(text));
  if (key == nullptr) return bad_token();
  const ServiceKey& record = key->record;
  const auto over = [&](std::string_view what, UtcTime when) {
    return fail(ErrorCode::unauthenticated, "the service key '{}' {} at {}; ask for a new one",
                record.name, what, base::to_rfc3339(when));
  };
  if (record.revoked) return over("was revoked", *record.revoked);
  if (record.expires && *record.expires <= now) return over("expired", *record.expires);
  return Known{.session = {key->principal, record.expires.value_or(UtcTime::max())},
               .use = key->use,
               .key = record.id};
}

/// Nobody waits for it: when it cannot be stored now, a minute later it is tried again.
void Authenticator::note_use(const Known& key, UtcTime now) const {
  if (!key.use->note(now)) return;
  static_cast<void>(post_([this, id = key.key, now] {
    const auto stored = store_.set_key_used(id, now);
    if (!stored && !use_failure_told_)
      base::logger("auth")->warn("the last use of keys cannot be stored: {}",
                                 stored.error().message);
    if (stored && use_failure_told_)
      base::logger("auth")->info("the last use of keys is stored again");
    use_failure_told_ = !stored;
  }));
}

Result<std::string> Authenticator::begin_setup(UtcTime now) {
  std::string token = random_token();
  std::string hash = hash_of(token);
  if (auto stored = store_.set_setup_token(hash, now + kSetupLifetime); !stored)
    return std::unexpected(stored.error());
  const std::lock_guard lock(mutex_);
  setup_hash_ = std::move(hash);
  return token;
}

void Authenticator::setup(std::string token, std::string name, std::string password,
                          std::string address, Now now, LoginDone done) {
  if (!setup_needed())
    return done(refuse(ErrorCode::conflict, "There is a user already; log in instead"));
  if (auto admitted = admit(kSetupAttempts, address, now); !admitted)
    return done(std::unexpected(admitted.error()));
  bool right = false;
  {
    const std::lock_guard lock(mutex_);
    right = !setup_hash_.empty() && equal_in_constant_time(setup_hash_, hash_of(token));
  }
  if (!right)
    return done(refuse(ErrorCode::permission_denied,
                       "The setup token is wrong; use the link that the server printed"));
  forgive(kSetupAttempts, address, now);
  if (auto good = check_user_name(name); !good) return done(refuse(good.error()));
  with_hash(
      std::move(password), std::make_shared<LoginDone>(std::move(done)),
      [this, token = std::move(token), name = std::move(name), now](std::string hash) mutable {
        return finish_setup(token, std::move(name), std::move(hash), now.utc);
      });
}

LoginResult Authenticator::finish_setup(std::string_view token, std::string name, std::string hash,
                                        UtcTime now) {
  const auto account =
      reloaded(UserAdmin(store_).add_first(std::move(name), std::move(hash), hash_of(token), now));
  if (!account) return refuse(account.error());
  {
    const std::lock_guard lock(mutex_);
    setup_hash_.clear();
  }
  const auto users = directory_.load();
  const auto* user = users->find(account->id);
  TAGWERK_ASSERT(user != nullptr);
  return issue(*user, random_text(12), nullptr, now);
}

}  // namespace tagwerk::auth
