#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"

namespace tagwerk::store {

class Database;

/// Who did what to which thing, and how it ended.
struct AuditEntry {
  std::uint64_t id = 0;  ///< given by the store, rising
  UtcTime at = kNever;
  std::string who;
  std::string origin;  ///< where it came from: "http 10.0.0.5", "schedule Night"
  std::string action;  ///< "write", "login", "project.apply", …
  std::string target;  ///< path or name
  std::string old_value;
  std::string new_value;
  std::string outcome;  ///< "ok", "refused", "failed"
  std::string detail;   ///< the device's answer, the reason
  bool operator==(const AuditEntry&) const = default;
};

/// Empty members do not restrict.
struct AuditFilter {
  std::string who;
  std::string action;
  std::string subtree;  ///< the target itself and everything below
  std::optional<UtcTime> from;
  std::optional<UtcTime> until;  ///< excluded
  std::size_t limit = 100;       ///< at most 10,000
  std::string cursor;            ///< of the page before
};

struct AuditPage {
  std::vector<AuditEntry> entries;  ///< newest first
  std::string next_cursor;          ///< empty = that was all
};

/// The append-only record of changes and writes: nothing here changes or deletes an entry.
/// Threads: the owner of the Database
/// Fails: every function: io, unavailable, corrupt as Database; nothing is changed then
class AuditStore {
 public:
  explicit AuditStore(Database& database) : database_(database) {}

  /// All or none, durable on return; the ids given are ignored.
  Status append(std::span<const AuditEntry> entries);
  /// Fails: invalid_argument when the cursor is none of ours
  Result<AuditPage> query(const AuditFilter& filter);

 private:
  Database& database_;
};

}  // namespace tagwerk::store
