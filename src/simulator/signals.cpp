#include "simulator/signals.hpp"

#include <algorithm>
#include <bit>

namespace tagwerk::simulator {
namespace {

constexpr std::uint32_t kStepsPerCycle = 128;
constexpr std::uint32_t kCounterRegisters = 8;

/// The high word lies at the even address.
std::uint16_t word_of(std::uint32_t value, std::size_t address) {
  return static_cast<std::uint16_t>(address % 2 == 0 ? value >> 16 : value);
}

/// Whether [address, address + size) lies within [first, first + count).
bool within(std::uint32_t address, std::size_t size, std::uint32_t first, std::uint32_t count) {
  return address >= first && address + size <= first + count;
}

std::unexpected<ExceptionCode> no_such_address() {
  return std::unexpected(ExceptionCode::illegal_data_address);
}

}  // namespace

float signal_value(std::uint32_t number, std::uint32_t step) {
  return static_cast<float>(number) + static_cast<float>(step % kStepsPerCycle) / kStepsPerCycle;
}

ModbusUnit::Answer SignalUnit::read(Table table, std::uint16_t address,
                                    std::span<std::uint16_t> out) {
  switch (table) {
    case Table::input_register:
      return read_signals(address, out);
    case Table::holding_register:
      return read_holding(address, out);
    default:
      return no_such_address();
  }
}

ModbusUnit::Answer SignalUnit::read_signals(std::uint16_t address, std::span<std::uint16_t> out) {
  if (!within(address, out.size(), 0, 2 * kSignalsPerUnit)) return no_such_address();
  ++signal_reads_;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto number = first_ + static_cast<std::uint32_t>((address + i) / 2);
    out[i] = word_of(std::bit_cast<std::uint32_t>(signal_value(number, step_)), address + i);
  }
  return {};
}

ModbusUnit::Answer SignalUnit::read_holding(std::uint16_t address, std::span<std::uint16_t> out) {
  if (within(address, out.size(), kScratch, kScratchSize)) {
    std::ranges::copy_n(scratch_.begin() + (address - kScratch), std::ssize(out), out.begin());
    return {};
  }
  if (!within(address, out.size(), 0, kCounterRegisters)) return no_such_address();
  if (address == 0) ++polls_;
  const std::array<std::uint32_t, kCounterRegisters / 2> counters{polls_, step_, signal_reads_,
                                                                  writes_};
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = word_of(counters[(address + i) / 2], address + i);
  }
  return {};
}

ModbusUnit::Answer SignalUnit::write(Table table, std::uint16_t address,
                                     std::span<const std::uint16_t> values) {
  if (table != Table::holding_register || !within(address, values.size(), kScratch, kScratchSize)) {
    return no_such_address();
  }
  ++writes_;
  std::ranges::copy(values, scratch_.begin() + (address - kScratch));
  return {};
}

}  // namespace tagwerk::simulator
