#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "auth/principal.hpp"
#include "engine/engine.hpp"
#include "model/plant.hpp"

namespace tagwerk::access {

/// One tag's news for a subscriber; `tag` lives as long as the plant that the subscriber was told
/// last, by on_snapshot or on_plant.
struct Update {
  const model::PlantTag* tag = nullptr;
  engine::CurrentValue current;
};

struct SubscribeOptions {
  std::vector<std::string> patterns;
  std::optional<Duration> max_rate;  ///< set: the latest of each tag at most once per period
  bool every = false;                ///< also samples whose value and quality did not change
};

/// What a subscriber gets. All calls come on the hub's loop, and never inside another one of the
/// same subscription. It may subscribe and unsubscribe, also itself, in each of them.
class Subscriber {
 public:
  virtual ~Subscriber() = default;
  /// Every subscribed tag as it is now: first thing, and again when a new revision of the plant
  /// changes what the patterns name. Pointers from before are dead after this call.
  virtual void on_snapshot(std::uint64_t subscription, std::shared_ptr<const model::Plant> plant,
                           std::span<const Update> updates) = 0;
  /// There is a new revision of the plant, in which the subscribed tags are as they were. Pointers
  /// from before are dead after this call; the same tags are found by id.
  virtual void on_plant(std::uint64_t subscription,
                        const std::shared_ptr<const model::Plant>& plant) {
    static_cast<void>(subscription), static_cast<void>(plant);
  }
  /// In the order in which they happened; nothing that the snapshot or an earlier call already
  /// said.
  virtual void on_changes(std::uint64_t subscription, std::span<const Update> updates,
                          std::uint64_t coalesced) = 0;
  /// False while the subscriber's connection is slow: the hub then keeps only the latest of each
  /// tag and counts what it skipped. The subscriber calls Hub::resume when it can take more.
  virtual bool ready() const = 0;
};

/// Changes on their way to the subscribers of one event loop.
/// Threads: everything on that loop, except what the engine's side does behind it
/// Limits:  what waits between engine and loop is bounded (262,144 changes); beyond that
/// subscribers get
///          the latest values and a count of what was skipped
class Hub {
 public:
  virtual ~Hub() = default;
  /// on_snapshot comes before subscribe returns. The subscriber must outlive its subscriptions.
  /// Fails: as Access::select; a pattern that names nothing yet is not an error here
  virtual Result<std::uint64_t> subscribe(std::shared_ptr<const auth::Principal> principal,
                                          SubscribeOptions options, Subscriber& subscriber) = 0;
  virtual void unsubscribe(std::uint64_t subscription) = 0;
  /// The subscriber can take more: pending tags are delivered.
  virtual void resume(Subscriber& subscriber) = 0;

  struct Counters {
    std::uint64_t subscriptions = 0, delivered = 0, coalesced = 0;
  };
  virtual Counters counters() const = 0;
};

}  // namespace tagwerk::access
