#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "simulator/modbus_unit.hpp"

namespace tagwerk::simulator {

/// 100,000 changing values that a client can verify, one by one. Described for users in
/// docs/manual/signals.md.
///
/// Units 1 to 4, 25,000 float32 each (order ABCD) in input registers 0 to 49,999. Signal k of unit
/// u has the number n = (u - 1) * 25,000 + k, lies at IR:2k and has the value
///
///     n + (step mod 128) / 128
///
/// which float32 holds exactly: number and step can be read back from every value. All values of
/// one answer belong to the same step.
inline constexpr std::uint8_t kSignalUnits = 4;
inline constexpr std::uint32_t kSignalsPerUnit = 25'000;

float signal_value(std::uint32_t number, std::uint32_t step);

/// One unit. Holding registers, uint32 in order ABCD, read only:
///
///     HR:0  reads of this very register: grows by one with every read request (function 3 or 23)
///     whose
///           range holds HR:0, before it is answered, so the first answer is 1. Nothing else
///           changes it: the values a client gets are 1, 2, 3, … without hole or repetition exactly
///           when every poll arrived once.
///     HR:2  the step
///     HR:4  read requests for input registers
///     HR:6  requests that wrote
///
/// HR:100 to HR:1099 are free to write and read back. Everything else answers exception 2.
class SignalUnit : public ModbusUnit {
 public:
  static constexpr std::uint16_t kScratch = 100;
  static constexpr std::uint16_t kScratchSize = 1000;

  /// Owns: nothing of `step`, which counts for all units and must outlive this.
  SignalUnit(std::uint8_t unit, const std::uint32_t& step)
      : first_((unit - 1U) * kSignalsPerUnit), step_(step), scratch_(kScratchSize) {}

  Answer read(Table table, std::uint16_t address, std::span<std::uint16_t> out) override;
  Answer write(Table table, std::uint16_t address, std::span<const std::uint16_t> values) override;

 private:
  Answer read_signals(std::uint16_t address, std::span<std::uint16_t> out);
  Answer read_holding(std::uint16_t address, std::span<std::uint16_t> out);

  std::uint32_t first_;
  const std::uint32_t& step_;
  std::uint32_t polls_ = 0;
  std::uint32_t signal_reads_ = 0;
  std::uint32_t writes_ = 0;
  std::vector<std::uint16_t> scratch_;
};

}  // namespace tagwerk::simulator
