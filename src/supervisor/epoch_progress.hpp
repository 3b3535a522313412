#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>

#include "engine/inbox.hpp"
#include "net/event_loop.hpp"

namespace tagwerk::supervisor {

/// How far the samples of one run of a connector's process have come. Outlives its sessions: a
/// connector that comes back on a new socket goes on where it was.
/// Threads: the loop's, except `applied`
/// Limits:  what does not fit the lane waits here; whoever reads from the connector stops reading
///          while `held()`, so that this is one frame and a few changes of quality
class EpochProgress : public std::enable_shared_from_this<EpochProgress> {
 public:
  /// Hears that there is room again.
  class Reader {
   public:
    virtual void on_room() = 0;

   protected:
    ~Reader() = default;
  };

  static std::shared_ptr<EpochProgress> make(net::EventLoop& loop, engine::Inbox& inbox,
                                             std::size_t lane_samples, std::uint64_t epoch,
                                             std::uint64_t durable);

  /// Gives a batch to the engine, in order. False: it waits, and the reader hears on_room().
  bool push(engine::SampleBatch batch);
  /// A quality for these tags, after all samples that were taken.
  void mark(std::span<const model::Slot> slots, model::Quality quality);
  bool held() const { return !waiting_.empty(); }
  /// Tries what waits; called when the engine says that there is room.
  void retry();
  /// Nothing is taken any more; what is in the lane is still applied.
  void close(engine::Inbox& inbox) { inbox.close(lane_); }

  std::uint64_t applied() const { return applied_.load(std::memory_order_acquire); }

  const std::uint64_t epoch;
  std::uint64_t taken;           ///< highest sequence handed to the engine
  std::uint64_t durable;         ///< highest sequence acknowledged
  std::weak_ptr<Reader> reader;  ///< the present session
  std::uint64_t samples = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t unknown = 0;  ///< samples whose tag or revision is gone
  UtcTime last_data = kNever;

 private:
  EpochProgress(std::uint64_t epoch_of, std::uint64_t durable_of)
      : epoch(epoch_of), taken(durable_of), durable(durable_of), applied_(durable_of) {}
  bool try_push(engine::SampleBatch& batch);

  std::shared_ptr<engine::Lane> lane_;
  std::deque<engine::SampleBatch> waiting_;
  std::atomic<std::uint64_t> applied_;  ///< written by the engine
  std::atomic<bool> wants_room_{false};
};

}  // namespace tagwerk::supervisor
