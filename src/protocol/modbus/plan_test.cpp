#include "protocol/modbus/plan.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <set>

namespace tagwerk::protocol::modbus {
namespace {

ReadItem holding(std::uint16_t number, std::uint16_t count, std::uint32_t handle = 0) {
  return {{Table::holding_register, number}, count, handle};
}

std::vector<ReadItem> arbitrary_items() {
  const auto count = *rc::gen::inRange(0, 200);
  const auto reach = *rc::gen::element(100, 3000, 65536);
  std::vector<ReadItem> items;
  for (int i = 0; i < count; ++i) {
    items.push_back({{static_cast<Table>(*rc::gen::inRange(0, 4)),
                      static_cast<std::uint16_t>(*rc::gen::inRange(0, reach))},
                     static_cast<std::uint16_t>(*rc::gen::inRange(0, 5)),
                     static_cast<std::uint32_t>(i)});
  }
  return items;
}

ReadLimits arbitrary_limits() {
  return {static_cast<std::uint16_t>(*rc::gen::inRange(1, 130)),
          static_cast<std::uint16_t>(*rc::gen::inRange(1, 2100)),
          static_cast<std::uint16_t>(*rc::gen::inRange(0, 20)),
          static_cast<std::uint16_t>(*rc::gen::inRange(0, 200))};
}

bool holds(const ReadBlock& block, const ReadItem& item) {
  return item.address.table == block.table && item.address.number >= block.address &&
         item.address.number + item.count <= block.address + block.count;
}

/// Reads like a device that refuses some registers; gives the handles of the items found bad.
std::set<std::uint32_t> hunt(std::vector<ReadBlock> blocks, const std::set<int>& refused,
                             int& reads) {
  std::set<std::uint32_t> bad;
  while (!blocks.empty()) {
    const auto block = blocks.back();
    blocks.pop_back();
    ++reads;
    const auto hit = refused.lower_bound(block.address);
    if (hit == refused.end() || *hit >= block.address + block.count) continue;
    auto halves = bisect(block);
    if (halves.empty()) bad.insert(block.items.front().handle);
    std::ranges::move(halves, std::back_inserter(blocks));
  }
  return bad;
}

RC_GTEST_PROP(ReadPlan, HoldsEveryItemExactlyOnceWithinTheLimits, ()) {
  const auto items = arbitrary_items();
  const auto limits = arbitrary_limits();
  const auto plan = plan_reads(items, limits);
  std::multiset<std::uint32_t> seen;
  for (const auto& block : plan.blocks) {
    RC_ASSERT(block.count >= 1);
    RC_ASSERT(block.count <= (is_bit_table(block.table) ? std::min<int>(limits.coils, 2000)
                                                        : std::min<int>(limits.registers, 125)));
    RC_ASSERT(block.address + block.count <= 65536);
    for (const auto& item : block.items) {
      RC_ASSERT(holds(block, item));
      seen.insert(item.handle);
    }
  }
  for (const auto& refused : plan.refused)
    seen.insert(refused.item.handle);
  RC_ASSERT(seen.size() == items.size());
  RC_ASSERT(std::set(seen.begin(), seen.end()).size() == items.size());
}

RC_GTEST_PROP(ReadPlan, BisectingFindsExactlyTheBadItems, ()) {
  std::vector<ReadItem> items;
  for (std::uint32_t i = 0; i < 60; ++i) {
    items.push_back(holding(static_cast<std::uint16_t>(i * 2 + (i > 30 ? 3 : 0)), 2, i));
  }
  const auto bad = *rc::gen::container<std::set<std::uint32_t>>(
      rc::gen::inRange<std::uint32_t>(0, items.size()));
  std::set<int> refused{63, 64};  // the hole
  for (const auto handle : bad)
    refused.insert(items[handle].address.number + 1);
  int reads = 0;
  RC_ASSERT(hunt(plan_reads(items, {}).blocks, refused, reads) == bad);
  RC_ASSERT(reads <= 6 + 14 * static_cast<int>(bad.size()));
}

TEST(ReadPlan, BridgesAHoleOnlyWhenItIsSmallEnough) {
  EXPECT_EQ(plan_reads({holding(0, 2), holding(10, 2)}, {}).blocks.size(), 1U);
  EXPECT_EQ(plan_reads({holding(0, 2), holding(11, 2)}, {}).blocks.size(), 2U);
}

TEST(ReadPlan, NeverSplitsAValueAtTheLimit) {
  std::vector<ReadItem> items;
  for (std::uint16_t i = 0; i < 100; ++i)
    items.push_back(holding(static_cast<std::uint16_t>(i * 2), 2, i));
  const auto plan = plan_reads(items, {});
  ASSERT_EQ(plan.blocks.size(), 2U);
  EXPECT_EQ(plan.blocks[0].count, 124);
  EXPECT_EQ(plan.blocks[1].address, 124);
}

TEST(ReadPlan, RefusesWhatNoRequestCanHoldAndPlansTheRest) {
  const auto plan = plan_reads({holding(65535, 2, 1), holding(0, 200, 2), holding(5, 1, 3)}, {});
  ASSERT_EQ(plan.blocks.size(), 1U);
  ASSERT_EQ(plan.refused.size(), 2U);
  EXPECT_EQ(plan.refused[0].error.message,
            "HR:0 asks for 200 entries in one read; 1 to 125 are allowed");
}

TEST(ReadPlan, BisectingCutsAtTheHoleFirst) {
  const auto plan = plan_reads({holding(0, 1), holding(1, 1), holding(2, 1), holding(5, 1)}, {});
  ASSERT_EQ(plan.blocks.size(), 1U);
  const auto halves = bisect(plan.blocks[0]);
  ASSERT_EQ(halves.size(), 2U);
  EXPECT_EQ(halves[0].count, 3);
  EXPECT_EQ(halves[1].address, 5);
  EXPECT_TRUE(bisect(halves[1]).empty());
}

}  // namespace
}  // namespace tagwerk::protocol::modbus
