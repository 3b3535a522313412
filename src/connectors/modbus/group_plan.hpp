#pragma once

#include <deque>
#include <map>
#include <set>
#include <vector>

#include "base/time.hpp"
#include "protocol/modbus/plan.hpp"

namespace tagwerk::connectors::modbus {

/// Which blocks a poll of a group reads, and what its device has taught: registers it refuses,
/// places a read must not span. Pure: time is an argument.
class GroupPlan {
 public:
  using Item = protocol::modbus::ReadItem;
  using Block = protocol::modbus::ReadBlock;

  GroupPlan() = default;
  GroupPlan(std::vector<Item> items, const protocol::modbus::ReadLimits& limits);

  const std::vector<Block>& blocks() const { return blocks_; }
  /// Items that are not in blocks(), because the device refused them.
  const std::map<std::uint32_t, Item>& refused() const { return refused_; }
  /// Of those, what is to be tried again by now; at most `most`.
  std::vector<Item> to_retry(MonoTime now, std::size_t most) const;

  /// The device refuses this item; it is tried again after a minute.
  void refuse(const Item& item, MonoTime now);
  /// It answered after all.
  void accept(std::uint32_t handle);
  /// No block may hold both what is before this address and what is at it.
  void cut_at(protocol::modbus::Address address);
  /// Makes the blocks anew after any of the three.
  void rebuild();

 private:
  protocol::modbus::ReadLimits limits_;
  std::vector<Item> items_;  ///< ordered by address
  std::vector<Block> blocks_;
  std::map<std::uint32_t, Item> refused_;
  std::map<std::uint32_t, MonoTime> retry_at_;
  std::set<protocol::modbus::Address> cuts_;
};

}  // namespace tagwerk::connectors::modbus
