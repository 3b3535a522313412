#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "auth/account.hpp"
#include "auth/principal.hpp"
#include "base/published.hpp"

namespace tagwerk::auth {

/// All users, keys and roles at one moment.
/// Threads: immutable, shared by pointer
class DirectorySnapshot {
 public:
  struct User {
    Account account;
    std::shared_ptr<const Principal> principal;
    std::string stamp;  ///< changes with the password; access tokens carry it
  };
  struct Key {
    ServiceKey record;  ///< as it was stored; `use` knows better when it was last used
    std::shared_ptr<const Principal> principal;
    std::shared_ptr<KeyUse> use;
  };
  struct Content {
    std::vector<Account> accounts;
    std::vector<Role> roles;
    std::vector<ServiceKey> keys;
  };

  DirectorySnapshot() = default;
  /// Who has the same rights as before is the same principal as before.
  DirectorySnapshot(Content content, const DirectorySnapshot& before);

  /// Sorted by name.
  const std::vector<User>& users() const { return users_; }
  const User* find(UserId user) const;
  const User* find(std::string_view name) const;
  /// Sorted by id; revoked ones, too.
  const std::vector<Key>& keys() const { return keys_; }
  const Key* find_key(KeyId key) const;
  const Key* find_key_by_hash(const std::string& hash) const;
  /// Built-in ones first.
  const std::vector<Role>& roles() const { return roles_; }
  /// Somebody still has a hash of the original bus.
  bool legacy_about() const { return legacy_about_; }

 private:
  std::vector<User> users_;
  std::vector<Key> keys_;
  std::vector<Role> roles_;
  std::unordered_map<UserId, std::size_t> by_id_;
  std::unordered_map<std::string, std::size_t> by_hash_;
  bool legacy_about_ = false;
};

/// The users and keys as the threads that answer requests see them: read without waiting, replaced
/// as a whole when something changed.
/// Threads: load(), generation(), is_revoked() any; the rest on the store's thread
class Directory {
 public:
  std::shared_ptr<const DirectorySnapshot> load() const { return content_.load(); }
  /// Changes whenever an answer of verify() may have changed: a long-lived connection that sees a
  /// new number verifies its token again.
  std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }

  /// Reads everything anew.  Blocks: database   Fails: as the store; the old content stays
  Status reload(AccountStore& store);

  /// The sessions' access tokens stop working; forgotten at `until`, when they have expired anyway.
  void revoke_sessions(std::span<const std::string> sessions, UtcTime until, UtcTime now);
  bool is_revoked(const std::string& session) const;

 private:
  using Revoked = std::unordered_map<std::string, UtcTime>;

  base::Published<DirectorySnapshot> content_{std::make_shared<const DirectorySnapshot>()};
  base::Published<Revoked> revoked_{std::make_shared<const Revoked>()};
  std::atomic<std::uint64_t> generation_{1};
};

}  // namespace tagwerk::auth
