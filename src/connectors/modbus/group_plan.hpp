#pragma once

#include <map>
#include <set>
#include <vector>

#include "base/time.hpp"
#include "model/quality.hpp"
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
  /// An item that is not in blocks(), because the device refused it.
  struct Refusal {
    Item item;
    Quality quality;  ///< of its tag
    MonoTime retry_at{};
  };
  const std::map<std::uint32_t, Refusal>& refused() const { return refused_; }
  /// Of those, what is to be tried again by now; at most `most`.
  std::vector<Item> to_retry(MonoTime now, std::size_t most) const;

  /// The device refuses this item; it is left out of blocks() until it is tried again.
  void refuse(const Item& item, Quality quality, MonoTime retry_at);
  /// It answered after all.
  void accept(std::uint32_t handle);
  /// No block may hold both what is before this address and what is at it.
  void cut_at(protocol::modbus::Address address);
  /// Makes the blocks anew after any of the three.
  void rebuild();

  /// A block failed with an exception that can be one register's or the whole device's. True when
  /// it is worth looking for the register: at the second time in a row, and after a search that
  /// found none only when a minute has passed.
  bool suspect(const Block& block, MonoTime now);
  /// It was answered.
  void trust(const Block& block);
  /// Looked for the register, and nothing of the block was answered: it is not one register.
  void give_up(const Block& block, MonoTime now);

 private:
  protocol::modbus::ReadLimits limits_;
  std::vector<Item> items_;  ///< ordered by address
  std::vector<Block> blocks_;
  std::map<std::uint32_t, Refusal> refused_;
  std::set<protocol::modbus::Address> cuts_;
  /// Blocks that failed the last time, by where they begin; not before when they are searched.
  std::map<protocol::modbus::Address, MonoTime> suspected_;
};

}  // namespace tagwerk::connectors::modbus
