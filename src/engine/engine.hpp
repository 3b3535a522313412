#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/assert.hpp"
#include "engine/change.hpp"
#include "engine/scaling.hpp"

namespace tagwerk::engine {

/// The time of one step, on both clocks; read once per step by whoever drives the engine.
struct Now {
  UtcTime utc;
  MonoTime mono;
};

/// What the engine has counted since it was made.
struct EngineCounters {
  std::uint64_t samples = 0;  ///< given to step()
  std::uint64_t changes = 0;  ///< value or quality differed
  std::uint64_t late = 0;     ///< older than what was shown
  std::uint64_t unknown = 0;  ///< for a slot that has no tag
  std::uint64_t out_of_type = 0;
  std::uint64_t steps = 0;
};

/// A tag's present state, as the engine sees it.
struct CurrentValue {
  Value value;
  Quality quality;
  UtcTime time = kNever;         ///< source time of the value
  UtcTime server_time = kNever;  ///< when the server last touched it
};

/// The plant's state as a pure, stepped machine: no I/O, no clock, so recorded input can be run
/// through it again and gives the same output.
///
/// A sample with a value replaces what is shown unless it is older; a bad sample without a value
/// keeps the last value and its time and changes the quality only.
///
/// Threads: one (asserted)
/// Owns:    the state of every tag; sinks and target belong to the caller and outlive the engine
class Engine {
 public:
  /// Last known value of a tag from before this process: shown as UncertainLastUsableValue.
  using Restore = std::function<std::optional<CurrentValue>(const model::PlantTag&)>;

  void add_sink(ChangeSink* sink);
  void set_target(WriteTarget* target);

  /// Takes over a plant. Tags that stay keep value and quality; a tag whose type changed starts
  /// anew.
  void configure(std::shared_ptr<const model::Plant> plant, Now now, const Restore& restore);

  /// Applies raw samples (slot = tag's slot) and tells the sinks. The samples are moved from.
  void step(Now now, std::span<Sample> samples);

  /// Turns tags stale that were silent for longer than their stale_after; call it every 100 ms or
  /// so.
  void check_stale(Now now);

  /// Sets a quality, keeping values: connector gone, device lost.
  void set_quality(Now now, std::span<const Slot> slots, Quality quality);

  /// Checks type and range, then hands the raw value to the target; a tag without a source takes
  /// the value at once. `done` comes exactly once.
  void write(Now now, Slot slot, TagId tag, const Value& value, MonoTime deadline, WriteDone done);

  const CurrentValue* current(Slot slot) const;
  const EngineCounters& counters() const { return counters_; }
  const std::shared_ptr<const model::Plant>& plant() const { return plant_; }

  struct QualityCounts {
    std::uint32_t good = 0, uncertain = 0, bad = 0, stale = 0;
  };
  QualityCounts count_qualities() const;

 private:
  struct TagState {
    CurrentValue current;
    Scaling scaling;
    TagId id = 0;
    UtcTime restored = kNever;  ///< time of the value an earlier process left behind
    Duration stale_after{0};
    MonoTime last_seen{};
    bool has_source = false;
    bool stale = false;
  };

  void apply(Now now, Sample& sample);
  void apply_value(Now now, TagState& tag, Sample& sample);
  void apply_quality(Now now, TagState& tag, Slot slot, Quality quality);
  void publish();

  base::ThreadBound thread_;
  std::shared_ptr<const model::Plant> plant_;
  std::vector<TagState> tags_;   ///< by slot; id 0 = free
  std::vector<Change> changes_;  ///< of the running step
  std::vector<ChangeSink*> sinks_;
  WriteTarget* target_ = nullptr;
  EngineCounters counters_;
};

}  // namespace tagwerk::engine
