#include "access/subtree_locks.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "model/path.hpp"

namespace tagwerk::access {
namespace {

constexpr std::size_t kMaxLocks = 1000;

bool is_over(const Lock& lock, UtcTime now) {
  return lock.until && *lock.until <= now;
}

}  // namespace

std::string explain(const Lock& lock) {
  return fmt::format("locked by {}: {}, until {}; the lock is on {}", lock.who, lock.reason,
                     lock.until ? base::to_rfc3339(*lock.until) : "it is unlocked", lock.path);
}

LockSnapshot::LockSnapshot(std::vector<Lock> locks) : locks_(std::move(locks)) {
  std::ranges::sort(locks_, {}, &Lock::id);
  for (std::size_t i = 0; i < locks_.size(); ++i)
    by_path_[locks_[i].path].push_back(i);
}

const Lock* LockSnapshot::find(LockId lock) const {
  const auto at = std::ranges::lower_bound(locks_, lock, {}, &Lock::id);
  return at == locks_.end() || at->id != lock ? nullptr : &*at;
}

const Lock* LockSnapshot::covering(std::string_view path, UtcTime now) const {
  if (locks_.empty()) return nullptr;
  for (;; path = model::parent_path(path)) {
    const bool root = path.empty() || path == "/";
    if (const auto found = by_path_.find(root ? "/" : path); found != by_path_.end())
      for (const std::size_t index : found->second)
        if (!is_over(locks_[index], now)) return &locks_[index];
    if (root) return nullptr;
  }
}

Status SubtreeLocks::start() {
  auto stored = store_.locks();
  if (!stored) return std::unexpected(stored.error());
  publish(std::move(*stored));
  return {};
}

void SubtreeLocks::publish(std::vector<Lock> locks) {
  UtcTime first = UtcTime::max();
  for (const Lock& lock : locks)
    first = std::min(first, lock.until.value_or(UtcTime::max()));
  const bool any = !locks.empty();
  published_.store(std::make_shared<const LockSnapshot>(std::move(locks)));
  any_.store(any, std::memory_order_release);
  first_end_.store(first, std::memory_order_relaxed);
}

Result<Lock> SubtreeLocks::add(const Lock& lock) {
  std::vector<Lock> all = published_.load()->all();
  if (all.size() >= kMaxLocks)
    return fail(ErrorCode::conflict, "there are {} locks; take some away first", all.size());
  auto added = store_.add(lock);
  if (!added) return added;
  all.push_back(*added);
  publish(std::move(all));
  return added;
}

Result<Lock> SubtreeLocks::remove(LockId lock) {
  if (auto removed = store_.remove(lock); !removed) return std::unexpected(removed.error());
  std::vector<Lock> all = published_.load()->all();
  const auto at = std::ranges::find(all, lock, &Lock::id);
  if (at == all.end()) return fail(ErrorCode::not_found, "there is no lock {}", lock);
  Lock gone = std::move(*at);
  all.erase(at);
  publish(std::move(all));
  return gone;
}

Result<std::vector<Lock>> SubtreeLocks::remove_ended(UtcTime now) {
  std::vector<Lock> ended;
  const auto before = snapshot();
  for (const Lock& lock : before->all()) {
    if (!is_over(lock, now)) continue;
    auto removed = remove(lock.id);
    if (!removed) return std::unexpected(removed.error());
    ended.push_back(std::move(*removed));
  }
  return ended;
}

}  // namespace tagwerk::access
