// The part of ServerAccess that locks parts of the plant.

#include "access/server_access.hpp"
#include "auth/account_rules.hpp"
#include "base/log.hpp"

namespace tagwerk::access {
namespace {

using auth::Right;

/// Between two looks for locks that are over; they hold nobody up meanwhile.
constexpr Duration kCleaning = std::chrono::seconds(5);

std::unexpected<Error> no_such_lock(LockId lock) {
  return fail(ErrorCode::not_found, "there is no lock {}", lock);
}

bool is_seen(const model::Plant& plant, const auth::Principal& principal, std::string_view path) {
  if (plant.find(path) != nullptr) return principal.can(Right::read, path);
  return plant.object(path) != nullptr && principal.can_see(path);
}

/// Of an object or a tag that the principal sees, or "/".
Result<std::string> lockable_path(const model::Plant& plant, const auth::Principal& principal,
                                  std::string_view text) {
  if (text == "/") return std::string(text);
  auto path = model::normalise_path(text);
  if (!path || is_seen(plant, principal, *path)) return path;
  return fail(ErrorCode::not_found, "there is no object or tag '{}'", *path);
}

AuditEntry audit_entry(std::string_view action, const Lock& lock, const Caller& caller) {
  return {.at = base::utc_now(),
          .who = caller.principal->name(),
          .origin = caller.origin,
          .action = std::string(action),
          .target = lock.path,
          .outcome = "ok",
          .detail = explain(lock)};
}

}  // namespace

std::optional<Lock> ServerAccess::lock_of(std::string_view path) const {
  if (!locks_.any()) return std::nullopt;
  const auto locks = locks_.snapshot();
  const Lock* lock = locks->covering(path, base::utc_now());
  return lock == nullptr ? std::nullopt : std::optional(*lock);
}

std::vector<Lock> ServerAccess::locks(const auth::Principal& principal) const {
  const UtcTime now = base::utc_now();
  std::vector<Lock> out = locks_.snapshot()->all();
  std::erase_if(out, [&](const Lock& lock) {
    return !principal.can_see(lock.path) || (lock.until && *lock.until <= now);
  });
  return out;
}

Result<Lock> ServerAccess::checked_lock(const Caller& caller, NewLock&& wanted) const {
  const auto plant = configuration_.plant();
  if (plant == nullptr) return fail(ErrorCode::unavailable, "the server is starting; try again");
  auto path = lockable_path(*plant, *caller.principal, wanted.path);
  if (!path) return std::unexpected(path.error());
  if (!caller.principal->can(Right::control, *path))
    return fail(ErrorCode::permission_denied, "the right 'control' is needed in '{}'", *path);
  if (auto good = auth::check_text("reason", wanted.reason); !good)
    return std::unexpected(good.error());
  if (wanted.reason.empty())
    return fail(ErrorCode::invalid_argument, "a lock needs a reason; others will read it");
  const UtcTime now = base::utc_now();
  if (wanted.until && *wanted.until <= now)
    return fail(ErrorCode::invalid_argument, "the lock would end at {}, which is past",
                base::to_rfc3339(*wanted.until));
  return Lock{.path = std::move(*path),
              .who = caller.principal->name(),
              .owner = caller.principal->identity(),
              .reason = std::move(wanted.reason),
              .since = std::chrono::floor<std::chrono::microseconds>(now),
              .until = wanted.until};
}

void ServerAccess::lock(Caller caller, NewLock wanted, Done<Lock> done) {
  auto checked = checked_lock(caller, std::move(wanted));
  if (!checked) return done(std::unexpected(checked.error()));
  on_store<Lock>(std::move(done), [this, caller = std::move(caller), lock = std::move(*checked)] {
    auto added = locks_.add(lock);
    if (added) {
      const AuditEntry entry = audit_entry("lock", *added, caller);
      note_audit(parts_.audit.append({&entry, 1}));
    }
    return added;
  });
}

void ServerAccess::unlock(Caller caller, LockId lock, Done<Lock> done) {
  const auto locks = locks_.snapshot();
  const Lock* known = locks->find(lock);
  const auth::Principal& principal = *caller.principal;
  if (known == nullptr || !principal.can_see(known->path)) return done(no_such_lock(lock));
  if (known->owner != principal.identity() && !principal.can(Right::configure, known->path))
    return done(fail(ErrorCode::permission_denied,
                     "lock {} is by {}; somebody else needs the right 'configure' in '{}'", lock,
                     known->who, known->path));
  on_store<Lock>(std::move(done), [this, caller = std::move(caller), lock] {
    auto removed = locks_.remove(lock);
    if (removed) {
      const AuditEntry entry = audit_entry("unlock", *removed, caller);
      note_audit(parts_.audit.append({&entry, 1}));
    }
    return removed;
  });
}

void ServerAccess::tick(UtcTime now) {
  const bool lately = now >= locks_looked_at_ && now - locks_looked_at_ < kCleaning;
  if (locks_.first_end() > now || lately) return;
  locks_looked_at_ = now;
  static_cast<void>(parts_.store_worker.post([this, now] { remove_ended_locks(now); }));
}

void ServerAccess::remove_ended_locks(UtcTime now) {
  const auto ended = locks_.remove_ended(now);
  if (!ended) return base::logger("locks")->warn("{}", ended.error().message);
  std::vector<AuditEntry> entries;
  for (const Lock& lock : *ended)
    entries.push_back({.at = *lock.until,
                       .who = "serve",
                       .origin = "time",
                       .action = "unlock",
                       .target = lock.path,
                       .outcome = "ok",
                       .detail = explain(lock)});
  note_audit(parts_.audit.append(entries));
}

}  // namespace tagwerk::access
