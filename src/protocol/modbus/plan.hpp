#pragma once

#include <cstdint>
#include <vector>

#include "base/error.hpp"
#include "protocol/modbus/address.hpp"

namespace tagwerk::protocol::modbus {

/// One value to read: `count` coils or registers that must come in one answer.
struct ReadItem {
  Address address;
  std::uint16_t count = 1;
  std::uint32_t handle = 0;  ///< the caller's name for it

  bool operator==(const ReadItem&) const = default;
};

/// What one request may do. A hole is what lies between two items; it is read along when that is
/// cheaper than another request.
struct ReadLimits {
  std::uint16_t registers = kMaxReadRegisters;
  std::uint16_t coils = kMaxReadCoils;
  std::uint16_t hole_registers = 8;
  std::uint16_t hole_coils = 128;
};

/// One read request and the items its answer holds, ordered by address.
struct ReadBlock {
  Table table = Table::holding_register;
  std::uint16_t address = 0;
  std::uint16_t count = 0;
  std::vector<ReadItem> items;

  bool operator==(const ReadBlock&) const = default;
};

struct ReadPlan {
  struct Refused {
    ReadItem item;
    Error error;
  };
  std::vector<ReadBlock> blocks;  ///< ordered by table and address
  std::vector<Refused> refused;  ///< items no request can hold; the others are planned all the same
};

/// Puts every item into exactly one block, in as few blocks as the limits allow. Never splits an
/// item. Threads: any, pure Fails:   per item, in ReadPlan::refused: count 0, larger than a
/// request, past address 65535
ReadPlan plan_reads(std::vector<ReadItem> items, const ReadLimits& limits);

/// For a block the device refused with exception 2: two blocks with half the items each, cut at the
/// hole next to the middle when there is one (a hole is what a device refuses first). Going on with
/// each half that is refused finds the bad item in a logarithmic number of reads. A block of one
/// item gives nothing: that item is the bad one.
std::vector<ReadBlock> bisect(const ReadBlock& block);

}  // namespace tagwerk::protocol::modbus
