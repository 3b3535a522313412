#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "model/plant.hpp"
#include "model/sample.hpp"

namespace tagwerk::engine {

/// One accepted sample: value in engineering units, quality after range and type checks.
struct Change {
  enum Flag : std::uint8_t {
    kValue = 1,    ///< the value differs from the one before
    kQuality = 2,  ///< the quality differs
    kLate = 4,     ///< older than what is shown: the current value did not move
    kMissed = 8,   ///< beside kLate: what is shown comes from an earlier process, whose subscribers
                   ///< may not have heard this one; who wants every change is told
  };

  Sample sample;
  UtcTime server_time = kNever;
  TagId tag = 0;
  std::uint8_t flags = 0;

  bool differs() const { return (flags & (kValue | kQuality)) != 0; }
  bool for_history_only() const { return (flags & (kLate | kMissed)) == kLate; }
};

/// Hears everything the engine accepts, also samples that repeat a value at a new time (flags ==
/// 0). Threads: called on the engine's thread after each step; must not block
class ChangeSink {
 public:
  virtual ~ChangeSink() = default;
  virtual void on_changes(std::span<const Change> changes) = 0;
  /// The plant changed; slots of vanished tags may be given to others from now on.
  virtual void on_plant(const std::shared_ptr<const model::Plant>& plant) = 0;
};

/// What became of a write.
struct WriteOutcome {
  Quality status;      ///< Good: the device has taken it
  std::string detail;  ///< empty when good, else a sentence for the user
  Value value;         ///< what the device now shows, when it was read back; engineering units
};
using WriteDone = std::move_only_function<void(WriteOutcome)>;

/// A command for a device, in raw units.
struct DeviceWrite {
  Slot slot = kNoSlot;
  TagId tag = 0;
  Value raw;
  MonoTime deadline;
};

/// Executes commands on devices.
/// Threads: called on the engine's thread, must not block; done exactly once, on any thread, in
/// time
///          or with BadTimeout
class WriteTarget {
 public:
  virtual ~WriteTarget() = default;
  virtual void write(DeviceWrite write, WriteDone done) = 0;
};

}  // namespace tagwerk::engine
