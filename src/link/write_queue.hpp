#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include <tagwerk/connector.hpp>

namespace tagwerk::link {

/// A write of the server on its way to a device.
struct PendingWrite {
  std::uint64_t id = 0;
  WriteOrder order;
};

/// Writes that wait for their device, in order of arrival, one per tag. Pure.
class WriteQueue {
 public:
  /// Returns the waiting write to the same tag, which this one replaces.
  std::optional<PendingWrite> push(PendingWrite write);
  /// The oldest and, in their order, those directly behind it that go with it.
  using Joins = std::function<bool(const WriteOrder& first, const WriteOrder& next)>;
  std::vector<PendingWrite> pop(const Joins& joins);
  std::vector<PendingWrite> take_expired(MonoTime now);
  std::vector<PendingWrite> take_all();
  /// Earliest deadline.
  std::optional<MonoTime> next_deadline() const;
  bool empty() const { return waiting_.empty(); }

 private:
  std::deque<PendingWrite> waiting_;
};

}  // namespace tagwerk::link
