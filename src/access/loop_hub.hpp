#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "access/broadcast.hpp"
#include "access/heard.hpp"
#include "access/hub.hpp"
#include "base/spsc_queue.hpp"
#include "net/event_loop.hpp"

namespace tagwerk::access {

/// The hub of one event loop. The engine puts broadcasts into a bounded queue and wakes the loop;
/// when the queue is full nothing is kept but the fact, and every subscriber gets the latest values
/// from the table instead.
///
/// Each subscription knows for each tag up to which publish number of the table its subscriber has
/// been told. Values come from two sides, the table and the queue; by that number none is told
/// twice, and none after a newer one.
///
/// Threads: interested() and take() the engine's, everything else the loop's
class LoopHub final : public Hub,
                      public BroadcastTarget,
                      public std::enable_shared_from_this<LoopHub> {
 public:
  /// A value with the table's publish number that brought it.
  struct Numbered {
    engine::CurrentValue current;
    std::uint64_t number = 0;
  };
  /// How the hub looks into the present: the plant, a tag's value, the last whole publish.
  struct Source {
    std::function<std::shared_ptr<const model::Plant>()> plant;
    std::function<Numbered(const model::PlantTag&)> current;
    std::function<std::uint64_t()> number;
  };

  LoopHub(net::EventLoop& loop, Source source);

  Result<std::uint64_t> subscribe(std::shared_ptr<const auth::Principal> principal,
                                  SubscribeOptions options, Subscriber& subscriber) override;
  void unsubscribe(std::uint64_t subscription) override;
  void resume(Subscriber& subscriber) override;
  Counters counters() const override;

  bool interested() override { return interested_.fetch_or(0, std::memory_order_acq_rel) != 0; }
  void take(const std::shared_ptr<const Broadcast>& broadcast) override;

 private:
  using Tags = std::vector<const model::PlantTag*>;

  struct Subscription {
    std::uint64_t id = 0;
    std::uint32_t place = 0;  ///< in by_place_
    std::shared_ptr<const auth::Principal> principal;
    SubscribeOptions options;
    Subscriber* subscriber = nullptr;  ///< null: unsubscribed, erased when nobody walks any more
    Tags tags;
    std::vector<std::uint64_t> told;     ///< by index: publish number that the subscriber knows
    std::vector<std::uint32_t> pending;  ///< tags (by index) whose latest value is still to be told
    std::vector<bool> is_pending;        ///< by index
    std::uint64_t coalesced = 0;
    MonoTime due{};
    std::uint64_t told_highest = 0;  ///< of all in `told`
    bool slow = false;               ///< in slow_
  };
  struct Listener {
    std::uint32_t place;  ///< of the subscription
    std::uint32_t index;  ///< of the tag in the subscription
  };
  struct Listeners {
    TagId tag = 0;
    std::vector<Listener> all;
  };
  /// While one lives, subscriptions stay where they are, whatever subscribers do.
  class Walk;

  void wake();
  void drain();
  void route(const std::shared_ptr<const Broadcast>& broadcast);
  void keep_latest(Subscription& subscription, std::uint32_t index);
  void deliver_soon();
  void deliver_heard();
  void turn_over();
  void deliver_next(std::size_t count);
  void deliver_in_turns();
  void deliver(Subscription& subscription, std::span<const Heard::Note> notes);
  void deliver_pending(Subscription& subscription);
  void catch_up();
  void change_plant(const std::shared_ptr<const model::Plant>& plant);
  void follow_plant(Subscription& subscription);
  void use(Subscription& subscription, Tags tags);
  void snapshot(Subscription& subscription);
  Update read(Subscription& subscription, std::uint32_t index);
  std::uint32_t free_place();
  void listen(Subscription& subscription);
  void index_listeners();
  void sweep();
  void schedule_tick();
  void on_tick();

  net::EventLoop& loop_;
  const Source source_;

  base::SpscQueue<std::shared_ptr<const Broadcast>> queue_;
  std::atomic<std::size_t> waiting_{0};  ///< changes in the queue
  std::atomic<bool> overrun_{false};
  std::atomic<bool> woken_{false};
  std::atomic<std::uint32_t> interested_{0};

  // Only on the loop's thread.
  std::shared_ptr<const model::Plant> plant_;
  std::vector<std::unique_ptr<Subscription>> subscriptions_;  ///< by id, rising
  std::vector<Listeners> listeners_;                          ///< by slot
  std::vector<Subscription*> by_place_;                       ///< null: free, or soon to be
  /// What was heard names its subscription by place: a place left rests until that is told.
  std::vector<std::uint32_t> left_places_, resting_places_, free_places_;
  Heard heard_;                      ///< since the last delivery
  Heard telling_;                    ///< before it, partly told
  std::vector<Update> updates_;      ///< of the subscription that is told
  std::vector<Subscription*> slow_;  ///< have something pending until their subscriber resumes
  int walking_ = 0;
  bool any_gone_ = false;
  net::Timer tick_;
  bool ticking_ = false;
  net::Timer beat_;
  bool beating_ = false;
  std::uint64_t next_id_ = 1;

  std::atomic<std::uint64_t> delivered_{0};
  std::atomic<std::uint64_t> coalesced_{0};
  std::atomic<std::uint64_t> count_{0};
};

}  // namespace tagwerk::access
