#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/spsc_queue.hpp"
#include "model/sample.hpp"

namespace tagwerk::engine {

/// Samples that belong together, with a number that says how far the producer is.
struct SampleBatch {
  std::vector<Sample> samples;
  std::uint64_t mark =
      0;  ///< comes back through Lane::applied() once the engine has applied the batch
};

/// A producer's own way into the engine. Bounded by samples: when it is full the producer stops
/// reading its source and is called back when there is room; nothing is dropped here. Threads: push
/// by one producer; the rest by the engine
class Lane {
 public:
  /// Called on the engine's thread after each step that applied something of this lane.
  using Applied = std::move_only_function<void(std::uint64_t mark, bool has_room)>;

  explicit Lane(std::size_t capacity_samples, Applied applied)
      : capacity_(capacity_samples), queue_(4096), applied_(std::move(applied)) {}

  /// False when full; the batch is then untouched. An empty lane takes a batch of any size.
  bool try_push(SampleBatch&& batch);

 private:
  friend class Inbox;
  friend class EngineRunner;

  const std::size_t capacity_;
  base::SpscQueue<SampleBatch> queue_;
  std::atomic<std::size_t> waiting_{0};  ///< samples in the queue
  std::atomic<bool> closed_{false};
  Applied applied_;             ///< only on the engine's thread
  std::function<void()> wake_;  ///< constant after Inbox::open
};

/// All lanes, and the eventfd that wakes the engine.
/// Threads: open and close from any; drain on the engine's thread
class Inbox {
 public:
  Inbox();
  ~Inbox();
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  std::shared_ptr<Lane> open(std::size_t capacity_samples, Lane::Applied applied);
  /// What is already in the lane is still applied; applied() is not called after close returned on
  /// the engine's thread or after the step that follows.
  void close(const std::shared_ptr<Lane>& lane);

  /// Wakes the engine if it sleeps. Threads: any
  void wake();
  /// Sleeps until there is something, woken, or the timeout is over. Threads: engine
  void wait(Duration timeout);

 private:
  friend class EngineRunner;
  std::vector<std::shared_ptr<Lane>> lanes();

  int event_ = -1;
  std::atomic<bool> signalled_{false};
  std::mutex mutex_;  ///< guards lanes_ only, never held while samples move
  std::vector<std::shared_ptr<Lane>> lanes_;
  std::atomic<std::uint64_t> lanes_version_{1};
};

}  // namespace tagwerk::engine
