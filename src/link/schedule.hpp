#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/time.hpp"

namespace tagwerk::link {

/// When each scan group of a device is due. Fixed rate without drift: a group is due at whole
/// periods from the origin, however long its polls take; what was missed is skipped and counted.
/// Pure: time is an argument.
class Schedule {
 public:
  /// The first polls are due at once, later ones on the grid that starts at `origin`.
  void configure(std::span<const Duration> periods, MonoTime origin, MonoTime now);

  /// The group that has been due longest, if one is.
  std::optional<std::size_t> due(MonoTime now) const;
  /// When the next group is due; empty without groups.
  std::optional<MonoTime> next() const;

  /// The group is being polled: it is due again at the next grid time after now.
  /// Returns how many grid times were missed before this poll.
  std::uint64_t start(std::size_t group, MonoTime now);
  /// The device was away: what is overdue is due now and was not missed.
  void resume(MonoTime now);

 private:
  struct Entry {
    Duration period;
    MonoTime due;
  };
  MonoTime grid_after(const Entry& entry, MonoTime now) const;

  MonoTime origin_{};
  std::vector<Entry> entries_;
};

}  // namespace tagwerk::link
