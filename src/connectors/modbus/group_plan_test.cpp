#include "connectors/modbus/group_plan.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace tagwerk::connectors::modbus {
namespace {

using protocol::modbus::Address;
using protocol::modbus::Table;

std::vector<GroupPlan::Item> registers(std::uint16_t count) {
  std::vector<GroupPlan::Item> items;
  for (std::uint16_t i = 0; i < count; ++i)
    items.push_back({{Table::holding_register, i}, 1, i});
  return items;
}

MonoTime at(int second) {
  return MonoTime{} + std::chrono::seconds(second);
}

TEST(ModbusGroupPlan, ABlockThatFailsIsSearchedTheSecondTimeAndAfterAVainSearchNotForAMinute) {
  GroupPlan plan(registers(50), {});
  const GroupPlan::Block block = plan.blocks()[0];
  EXPECT_FALSE(plan.suspect(block, at(0)));
  plan.trust(block);
  EXPECT_FALSE(plan.suspect(block, at(1)));
  EXPECT_TRUE(plan.suspect(block, at(2)));
  plan.give_up(block, at(2));
  EXPECT_FALSE(plan.suspect(block, at(61)));
  EXPECT_TRUE(plan.suspect(block, at(62)));
}

TEST(ModbusGroupPlan, ARefusedRegisterIsNeverInsideABlock) {
  GroupPlan plan(registers(50), {});
  ASSERT_EQ(plan.blocks().size(), 1u);
  plan.refuse(registers(50)[20], model::kBadNotReadable, MonoTime{});
  plan.rebuild();
  EXPECT_EQ(plan.refused().at(20).quality, model::kBadNotReadable);
  ASSERT_EQ(plan.blocks().size(), 2u);
  EXPECT_EQ(plan.blocks()[0].count, 20);
  EXPECT_EQ(plan.blocks()[1].address, 21);
}

TEST(ModbusGroupPlan, ARefusedRegisterIsTriedAgainInItsTimeAndComesBack) {
  GroupPlan plan(registers(5), {});
  plan.refuse(registers(5)[2], model::kBadNotReadable, at(60));
  plan.rebuild();
  EXPECT_TRUE(plan.to_retry(at(59), 9).empty());
  EXPECT_EQ(plan.to_retry(at(60), 9).size(), 1u);
  plan.accept(2);
  plan.rebuild();
  EXPECT_EQ(plan.blocks().size(), 1u);
}

RC_GTEST_PROP(ModbusGroupPlan, EveryItemIsReadOnceOrRefusedWhateverWasLearned, ()) {
  const auto count = *rc::gen::inRange<std::uint16_t>(1, 200);
  GroupPlan plan(registers(count), {});
  const auto refused =
      *rc::gen::container<std::set<std::uint16_t>>(rc::gen::inRange<std::uint16_t>(0, count));
  const auto cuts =
      *rc::gen::container<std::set<std::uint16_t>>(rc::gen::inRange<std::uint16_t>(0, count));
  for (const auto each : refused)
    plan.refuse(registers(count)[each], model::kBadNotReadable, MonoTime{});
  for (const auto each : cuts)
    plan.cut_at({Table::holding_register, each});
  plan.rebuild();
  std::multiset<std::uint32_t> seen;
  for (const auto& block : plan.blocks())
    for (const auto& item : block.items) {
      seen.insert(item.handle);
      RC_ASSERT(!refused.contains(item.address.number));
      for (const auto cut : cuts)
        RC_ASSERT(!(block.address < cut && item.address.number >= cut));
    }
  RC_ASSERT(seen.size() + refused.size() == count);
  RC_ASSERT(std::set(seen.begin(), seen.end()).size() == seen.size());
}

}  // namespace
}  // namespace tagwerk::connectors::modbus
