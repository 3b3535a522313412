#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/published.hpp"
#include "store/lock_store.hpp"

namespace tagwerk::access {

using store::Lock;
using store::LockId;

/// "locked by anna: bearing change, until 2026-11-20T23:19:33.620306Z; the lock is on /Plant/Pump1"
std::string explain(const Lock& lock);

/// The locks at one moment.
/// Threads: immutable, shared by pointer
class LockSnapshot {
 public:
  LockSnapshot() = default;
  explicit LockSnapshot(std::vector<Lock> locks);

  /// By id.
  const std::vector<Lock>& all() const { return locks_; }
  const Lock* find(LockId lock) const;
  /// The lock that keeps the thing at the path from being written: the nearest one above it or on
  /// it, the oldest of several there. Null: none.
  const Lock* covering(std::string_view path, UtcTime now) const;

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  std::vector<Lock> locks_;
  std::unordered_map<std::string, std::vector<std::size_t>, TextHash, std::equal_to<>> by_path_;
};

/// Parts of the plant that nobody may write to: stored before they hold, then published. Who may
/// lock and unlock is for the door to say. Several may lock the same part, each with a lock of his
/// own; it is free when the last one is gone.
/// Threads: snapshot(), any(), first_end() any; everything else the configuration store's
/// Blocks:  on the database
/// Limits:  1,000 locks
class SubtreeLocks {
 public:
  explicit SubtreeLocks(store::LockStore& store) : store_(store) {}

  /// Reads the database.
  Status start();

  std::shared_ptr<const LockSnapshot> snapshot() const { return published_.load(); }
  /// False: nothing is locked, and nobody need look.
  bool any() const { return any_.load(std::memory_order_acquire); }
  /// When the next lock is over by itself; UtcTime::max() for none.
  UtcTime first_end() const { return first_end_.load(std::memory_order_relaxed); }

  /// Assigns the id.
  /// Fails: conflict for too many; as the store, then nothing is locked
  Result<Lock> add(const Lock& lock);
  /// Fails: not_found
  Result<Lock> remove(LockId lock);
  /// Takes away those whose time is over, and gives them.
  Result<std::vector<Lock>> remove_ended(UtcTime now);

 private:
  void publish(std::vector<Lock> locks);

  store::LockStore& store_;
  base::Published<LockSnapshot> published_{std::make_shared<const LockSnapshot>()};
  std::atomic<bool> any_{false};
  std::atomic<UtcTime> first_end_{UtcTime::max()};
};

}  // namespace tagwerk::access
