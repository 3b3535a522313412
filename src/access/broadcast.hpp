#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/published.hpp"
#include "engine/change.hpp"

namespace tagwerk::access {

/// What the engine said in one step, shared by all hubs; either changes or a new plant.
struct Broadcast {
  std::vector<engine::Change> changes;
  std::shared_ptr<const model::Plant> plant;
  std::uint64_t number = 0;  ///< the table's publish number with these changes in it
};

/// Takes broadcasts on the engine's thread; must not block.
class BroadcastTarget {
 public:
  virtual ~BroadcastTarget() = default;
  /// A read-modify-write inside: whoever became interested before it is heard, whoever becomes
  /// interested after it sees in the table what the engine wrote before asking.
  virtual bool interested() = 0;
  virtual void take(const std::shared_ptr<const Broadcast>& broadcast) = 0;
};

/// The engine's way to all hubs: copies a step's changes once, whoever hears them.
/// Threads: on_* the engine's; add from any
class Broadcaster : public engine::ChangeSink {
 public:
  /// `number` tells the table's publish number.
  explicit Broadcaster(std::function<std::uint64_t()> number) : number_(std::move(number)) {}

  void add(std::shared_ptr<BroadcastTarget> target);

  void on_changes(std::span<const engine::Change> changes) override;
  void on_plant(const std::shared_ptr<const model::Plant>& plant) override;

 private:
  using Targets = std::vector<std::shared_ptr<BroadcastTarget>>;

  std::shared_ptr<const Broadcast> copy(std::span<const engine::Change> changes) const;

  std::function<std::uint64_t()> number_;
  std::mutex adding_;
  base::Published<Targets> targets_{std::make_shared<const Targets>()};
};

}  // namespace tagwerk::access
