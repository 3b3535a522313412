#include "protocol/modbus/plan.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <tuple>

namespace tagwerk::protocol::modbus {
namespace {

std::uint32_t end_of(const ReadItem& item) {
  return item.address.number + std::uint32_t{item.count};
}
std::uint32_t end_of(const ReadBlock& block) {
  return block.address + std::uint32_t{block.count};
}

std::uint16_t size_limit(Table table, const ReadLimits& limits) {
  return is_bit_table(table) ? std::min(limits.coils, kMaxReadCoils)
                             : std::min(limits.registers, kMaxReadRegisters);
}

std::uint16_t hole_limit(Table table, const ReadLimits& limits) {
  return is_bit_table(table) ? limits.hole_coils : limits.hole_registers;
}

std::optional<Error> objection_to(const ReadItem& item, const ReadLimits& limits) {
  const auto limit = size_limit(item.address.table, limits);
  if (item.count == 0 || item.count > limit) {
    return fail(ErrorCode::invalid_argument,
                "{} asks for {} entries in one read; 1 to {} are allowed", to_string(item.address),
                item.count, limit)
        .error();
  }
  if (end_of(item) > 65536) {
    return fail(ErrorCode::invalid_argument,
                "{} with {} entries would pass the last address, 65535", to_string(item.address),
                item.count)
        .error();
  }
  return std::nullopt;
}

ReadBlock block_of(const ReadItem& item) {
  return {item.address.table, item.address.number, item.count, {item}};
}

/// Takes the item in when it is near enough and the block stays within the limits.
bool extend(ReadBlock& block, const ReadItem& item, const ReadLimits& limits) {
  if (item.address.table != block.table) return false;
  if (item.address.number > end_of(block) + hole_limit(block.table, limits)) return false;
  const auto count = std::max(end_of(block), end_of(item)) - block.address;
  if (count > size_limit(block.table, limits)) return false;
  block.count = static_cast<std::uint16_t>(count);
  block.items.push_back(item);
  return true;
}

/// The smallest block around these items.
ReadBlock around(std::span<const ReadItem> items) {
  auto block = block_of(items.front());
  std::uint32_t end = end_of(block);
  for (const auto& item : items)
    end = std::max(end, end_of(item));
  block.count = static_cast<std::uint16_t>(end - block.address);
  block.items.assign(items.begin(), items.end());
  return block;
}

/// The first item of the second half: after the hole nearest the middle, else the middle.
std::size_t cut_of(const std::vector<ReadItem>& items) {
  const auto middle = items.size() / 2;
  const auto distance = [middle](std::size_t at) {
    return at > middle ? at - middle : middle - at;
  };
  std::optional<std::size_t> best;
  std::uint32_t end = end_of(items.front());
  for (std::size_t i = 1; i < items.size(); ++i) {
    const bool hole = items[i].address.number > end;
    if (hole && (!best || distance(i) < distance(*best))) best = i;
    end = std::max(end, end_of(items[i]));
  }
  return best.value_or(middle);
}

}  // namespace

ReadPlan plan_reads(std::vector<ReadItem> items, const ReadLimits& limits) {
  std::ranges::sort(items, {}, [](const ReadItem& item) {
    return std::tuple(item.address, item.count, item.handle);
  });
  ReadPlan plan;
  for (const auto& item : items) {
    if (auto error = objection_to(item, limits)) {
      plan.refused.push_back({item, std::move(*error)});
    } else if (plan.blocks.empty() || !extend(plan.blocks.back(), item, limits)) {
      plan.blocks.push_back(block_of(item));
    }
  }
  return plan;
}

std::vector<ReadBlock> bisect(const ReadBlock& block) {
  if (block.items.size() < 2) return {};
  const std::span items(block.items);
  const auto cut = cut_of(block.items);
  return {around(items.first(cut)), around(items.subspan(cut))};
}

}  // namespace tagwerk::protocol::modbus
