#include "connectors/modbus/group_plan.hpp"

#include <algorithm>
#include <iterator>

namespace tagwerk::connectors::modbus {
namespace {

namespace codec = protocol::modbus;

constexpr Duration kSearchAgainAfter = std::chrono::minutes(1);

codec::Address start_of(const codec::ReadBlock& block) {
  return {block.table, block.address};
}

}  // namespace

GroupPlan::GroupPlan(std::vector<Item> items, const codec::ReadLimits& limits)
    : limits_(limits), items_(std::move(items)) {
  std::ranges::sort(items_, {}, &Item::address);
  rebuild();
}

std::vector<GroupPlan::Item> GroupPlan::to_retry(MonoTime now, std::size_t most) const {
  std::vector<Item> out;
  for (const auto& [handle, refusal] : refused_) {
    if (out.size() == most) break;
    if (refusal.retry_at <= now) out.push_back(refusal.item);
  }
  return out;
}

void GroupPlan::refuse(const Item& item, Quality quality, MonoTime retry_at) {
  refused_[item.handle] = {item, quality, retry_at};
}

void GroupPlan::accept(std::uint32_t handle) {
  refused_.erase(handle);
}

bool GroupPlan::suspect(const Block& block, MonoTime now) {
  const auto [found, first] = suspected_.emplace(start_of(block), now);
  return !first && found->second <= now;
}

void GroupPlan::trust(const Block& block) {
  if (!suspected_.empty()) suspected_.erase(start_of(block));
}

void GroupPlan::give_up(const Block& block, MonoTime now) {
  suspected_[start_of(block)] = now + kSearchAgainAfter;
}

void GroupPlan::cut_at(codec::Address address) {
  cuts_.insert(address);
}

void GroupPlan::rebuild() {
  std::set<codec::Address> barriers = cuts_;
  for (const auto& [handle, refusal] : refused_)
    barriers.insert(refusal.item.address);
  blocks_.clear();
  std::vector<Item> segment;
  const auto flush = [&] {
    if (segment.empty()) return;
    auto plan = codec::plan_reads(std::exchange(segment, {}), limits_);
    std::ranges::move(plan.blocks, std::back_inserter(blocks_));
  };
  auto barrier = barriers.begin();
  for (const Item& item : items_) {
    for (; barrier != barriers.end() && *barrier <= item.address; ++barrier)
      flush();
    if (!refused_.contains(item.handle)) segment.push_back(item);
  }
  flush();
}

}  // namespace tagwerk::connectors::modbus
