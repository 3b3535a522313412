#include "connectors/modbus/group_plan.hpp"

#include <algorithm>
#include <iterator>

namespace tagwerk::connectors::modbus {
namespace {

namespace codec = protocol::modbus;

constexpr Duration kRetryAfter = std::chrono::minutes(1);

}  // namespace

GroupPlan::GroupPlan(std::vector<Item> items, const codec::ReadLimits& limits)
    : limits_(limits), items_(std::move(items)) {
  std::ranges::sort(items_, {}, &Item::address);
  rebuild();
}

std::vector<GroupPlan::Item> GroupPlan::to_retry(MonoTime now, std::size_t most) const {
  std::vector<Item> out;
  for (const auto& [handle, at] : retry_at_) {
    if (out.size() == most) break;
    if (at <= now) out.push_back(refused_.at(handle));
  }
  return out;
}

void GroupPlan::refuse(const Item& item, MonoTime now) {
  refused_[item.handle] = item;
  retry_at_[item.handle] = now + kRetryAfter;
}

void GroupPlan::accept(std::uint32_t handle) {
  refused_.erase(handle);
  retry_at_.erase(handle);
}

void GroupPlan::cut_at(codec::Address address) {
  cuts_.insert(address);
}

void GroupPlan::rebuild() {
  std::set<codec::Address> barriers = cuts_;
  for (const auto& [handle, item] : refused_)
    barriers.insert(item.address);
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
