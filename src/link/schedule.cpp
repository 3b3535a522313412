#include "link/schedule.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace tagwerk::link {

void Schedule::configure(std::span<const Duration> periods, MonoTime origin, MonoTime now) {
  origin_ = origin;
  entries_.clear();
  for (const Duration period : periods) {
    TAGWERK_ASSERT(period > Duration::zero());
    entries_.push_back({period, now});
  }
}

std::optional<std::size_t> Schedule::due(MonoTime now) const {
  const auto first = std::ranges::min_element(entries_, {}, &Entry::due);
  if (first == entries_.end() || first->due > now) return std::nullopt;
  return static_cast<std::size_t>(first - entries_.begin());
}

std::optional<MonoTime> Schedule::next() const {
  const auto first = std::ranges::min_element(entries_, {}, &Entry::due);
  if (first == entries_.end()) return std::nullopt;
  return first->due;
}

MonoTime Schedule::grid_after(const Entry& entry, MonoTime now) const {
  const auto periods = (now - origin_) / entry.period;
  return origin_ + (periods + 1) * entry.period;
}

std::uint64_t Schedule::start(std::size_t group, MonoTime now) {
  Entry& entry = entries_[group];
  const auto missed = (now - entry.due) / entry.period;
  entry.due = grid_after(entry, now);
  return static_cast<std::uint64_t>(std::max<std::int64_t>(missed, 0));
}

void Schedule::resume(MonoTime now) {
  for (Entry& each : entries_)
    if (each.due < now) each.due = now;
}

}  // namespace tagwerk::link
