#include "access/loop_hub.hpp"

#include <algorithm>
#include <thread>

#include "access/selection.hpp"
#include "base/prefetch.hpp"

namespace tagwerk::access {
namespace {

using namespace std::chrono_literals;

/// Changes that may wait between engine and loop.
constexpr std::size_t kMaxWaiting = 262'144;
/// Changes routed before the loop has a turn for its sockets.
constexpr std::size_t kMaxPerDrain = 65'536;
/// More than kAtOnce subscriptions are told kBeat after the first change, unless kMaxHeard comes.
constexpr std::size_t kAtOnce = 16;
constexpr Duration kBeat = 4ms;
constexpr std::size_t kPerTurn = 8;
constexpr std::size_t kMaxHeard = 262'144;
/// Memory for so many updates is kept from one subscription to the next.
constexpr std::size_t kSpareUpdates = 4'096;
/// Rate-limited subscriptions are looked at this often; their phases are spread over it.
constexpr Duration kTick = 10ms;
constexpr Duration kLeastPeriod = 20ms;
constexpr Duration kLongestPeriod = 24h;
/// While the engine is in the middle of publishing a value it is read again. That takes
/// microseconds, unless the engine's thread lost its core: then milliseconds, and up to half a
/// second is waited.
constexpr int kEagerAttempts = 100;
constexpr int kPatientAttempts = 5'000;
constexpr Duration kPatience = 100us;

bool same_tag(const model::PlantTag* a, const model::PlantTag* b) {
  return a->id == b->id && a->slot == b->slot && a->definition == b->definition;
}

}  // namespace

class LoopHub::Walk {
 public:
  explicit Walk(LoopHub& hub) : hub_(hub) { ++hub_.walking_; }
  ~Walk() {
    if (--hub_.walking_ == 0 && hub_.any_gone_) hub_.sweep();
  }
  Walk(const Walk&) = delete;
  Walk& operator=(const Walk&) = delete;

  /// Those that were there when the walk began, the gone ones left out.
  template <class Visit>
  void each(Visit visit) const {
    for (std::size_t i = 0; i < count_; ++i)
      if (Subscription& each = *hub_.subscriptions_[i]; each.subscriber != nullptr) visit(each);
  }

 private:
  LoopHub& hub_;
  const std::size_t count_ = hub_.subscriptions_.size();
};

LoopHub::LoopHub(net::EventLoop& loop, Source source)
    : loop_(loop), source_(std::move(source)), queue_(8192), tick_(loop), beat_(loop) {}

// --- the engine's side ---------------------------------------------------------------------------

void LoopHub::take(const std::shared_ptr<const Broadcast>& broadcast) {
  const std::size_t count = broadcast->changes.size();
  const std::size_t waiting = waiting_.load(std::memory_order_relaxed);
  auto item = broadcast;
  if ((waiting != 0 && waiting + count > kMaxWaiting) || !queue_.try_push(std::move(item)))
    overrun_.store(true, std::memory_order_release);
  else
    waiting_.fetch_add(count, std::memory_order_relaxed);
  wake();
}

void LoopHub::wake() {
  if (woken_.exchange(true, std::memory_order_acq_rel)) return;
  loop_.post([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->drain();
  });
}

// --- the loop's side -----------------------------------------------------------------------------

void LoopHub::drain() {
  // Reads what the engine wrote: everything it queued before is seen below.
  woken_.exchange(false, std::memory_order_acq_rel);
  const Walk walk(*this);
  std::shared_ptr<const Broadcast> broadcast;
  std::size_t routed = 0;
  while (routed < kMaxPerDrain && queue_.try_pop(broadcast)) {
    const std::size_t count = broadcast->changes.size();
    waiting_.fetch_sub(count, std::memory_order_relaxed);
    routed += count;
    if (broadcast->plant)
      change_plant(broadcast->plant);
    else
      route(broadcast);
  }
  deliver_soon();
  if (overrun_.exchange(false, std::memory_order_acq_rel)) catch_up();
  if (!queue_.empty()) wake();
}

void LoopHub::route(const std::shared_ptr<const Broadcast>& broadcast) {
  heard_.keep(broadcast);
  for (const engine::Change& change : broadcast->changes) {
    if (change.sample.slot >= listeners_.size()) continue;
    const Listeners& listeners = listeners_[change.sample.slot];
    // A change of the slot's former or next tag.
    if (listeners.tag != change.tag || listeners.all.empty()) continue;
    heard_.begin(change);
    for (const Listener& listener : listeners.all)
      heard_.add(listener.place, listener.index);
    if (heard_.size() >= kMaxHeard) {
      deliver_heard();
      heard_.keep(broadcast);
    }
  }
}

void LoopHub::keep_latest(Subscription& subscription, std::uint32_t index) {
  const bool limited = subscription.options.max_rate.has_value();
  if (subscription.is_pending[index]) {
    // A client that asked for a rate is not slow: only what it did not ask for counts.
    if (!limited) ++subscription.coalesced;
    return;
  }
  subscription.is_pending[index] = true;
  subscription.pending.push_back(index);
  if (limited) return schedule_tick();
  if (!std::exchange(subscription.slow, true)) slow_.push_back(&subscription);
}

void LoopHub::deliver_soon() {
  if (telling_.empty() && heard_.subscriptions() <= kAtOnce) return deliver_heard();
  if (std::exchange(beating_, true)) return;
  beat_.start_after(kBeat, [this] {
    beating_ = false;
    turn_over();
    deliver_in_turns();
  });
}

/// A few subscriptions, then the loop's other work, so that what they were sent has left before the
/// next ones need memory.
void LoopHub::deliver_in_turns() {
  deliver_next(kPerTurn);
  if (telling_.empty()) return;
  loop_.post([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->deliver_in_turns();
  });
}

void LoopHub::deliver_heard() {
  turn_over();
  deliver_next(telling_.subscriptions());
}

/// Ends what is being told and goes on to what was heard since. A place that was left before the
/// last time is named nowhere any more.
void LoopHub::turn_over() {
  deliver_next(telling_.subscriptions());
  std::swap(telling_, heard_);
  free_places_.insert(free_places_.end(), resting_places_.begin(), resting_places_.end());
  resting_places_ = std::exchange(left_places_, {});
}

void LoopHub::deliver_next(std::size_t count) {
  // A subscriber may let go of the hub.
  const auto self = shared_from_this();
  const Walk walk(*this);
  for (std::size_t i = 0; i <= count; ++i) {
    const auto next = telling_.next();
    if (!next) return;
    if (Subscription* each = by_place_[next->place]; each != nullptr && each->subscriber != nullptr)
      deliver(*each, next->notes);
  }
}

void LoopHub::deliver(Subscription& subscription, std::span<const Heard::Note> notes) {
  const bool later = subscription.options.max_rate || !subscription.pending.empty() ||
                     !subscription.subscriber->ready();
  for (std::size_t i = 0; i < notes.size(); ++i) {
    const Heard::Note& note = notes[i];
    if (const std::size_t next = i + base::kPrefetchAhead; next < notes.size())
      base::prefetch(*telling_.at(notes[next]).change);
    const auto& [change, number] = telling_.at(note);
    if (number <= subscription.told_highest && number <= subscription.told[note.index]) continue;
    if (!change->differs() && !subscription.options.every) continue;
    if (later)
      keep_latest(subscription, note.index);
    else
      updates_.push_back({subscription.tags[note.index],
                          {change->sample.value, change->sample.quality, change->sample.time,
                           change->server_time}});
  }
  if (updates_.empty()) return;
  delivered_.fetch_add(updates_.size(), std::memory_order_relaxed);
  subscription.subscriber->on_changes(subscription.id, updates_, 0);
  updates_.clear();
  if (updates_.capacity() > kSpareUpdates) updates_.shrink_to_fit();
}

void LoopHub::deliver_pending(Subscription& subscription) {
  if (subscription.subscriber == nullptr || subscription.pending.empty() ||
      !subscription.subscriber->ready())
    return;
  const std::vector<std::uint32_t> pending = std::exchange(subscription.pending, {});
  std::vector<Update> updates;
  updates.reserve(pending.size());
  for (const std::uint32_t index : pending) {
    subscription.is_pending[index] = false;
    updates.push_back(read(subscription, index));
  }
  if (std::exchange(subscription.slow, false)) std::erase(slow_, &subscription);
  const std::uint64_t coalesced = std::exchange(subscription.coalesced, 0);
  delivered_.fetch_add(updates.size(), std::memory_order_relaxed);
  coalesced_.fetch_add(coalesced, std::memory_order_relaxed);
  subscription.subscriber->on_changes(subscription.id, updates, coalesced);
}

/// Changes were lost between engine and loop; nobody knows whose.
void LoopHub::catch_up() {
  // A plant may be among what was not kept.
  if (const auto plant = source_.plant()) change_plant(plant);
  Walk(*this).each([this](Subscription& subscription) {
    for (std::uint32_t index = 0; index < subscription.tags.size(); ++index) {
      if (!subscription.is_pending[index] && !subscription.options.max_rate)
        ++subscription.coalesced;
      keep_latest(subscription, index);
    }
    if (!subscription.options.max_rate) deliver_pending(subscription);
  });
}

void LoopHub::resume(Subscriber& subscriber) {
  if (slow_.empty()) return;
  const Walk walk(*this);
  std::vector<Subscription*> its;
  std::ranges::copy_if(slow_, std::back_inserter(its),
                       [&](const Subscription* each) { return each->subscriber == &subscriber; });
  for (Subscription* subscription : its)
    deliver_pending(*subscription);
}

void LoopHub::schedule_tick() {
  if (ticking_) return;
  ticking_ = true;
  tick_.start_after(kTick, [this] { on_tick(); });
}

void LoopHub::on_tick() {
  // A subscriber may let go of the hub.
  const auto self = shared_from_this();
  ticking_ = false;
  const MonoTime now = base::mono_now();
  bool more = false;
  Walk(*this).each([&](Subscription& subscription) {
    const auto& rate = subscription.options.max_rate;
    if (!rate || subscription.pending.empty()) return;
    if (subscription.due <= now && subscription.subscriber->ready()) {
      subscription.due = now + std::clamp(*rate, kLeastPeriod, kLongestPeriod);
      deliver_pending(subscription);
    }
    more |= !subscription.pending.empty();
  });
  if (more) schedule_tick();
}

// --- subscriptions -------------------------------------------------------------------------------

Result<std::uint64_t> LoopHub::subscribe(std::shared_ptr<const auth::Principal> principal,
                                         SubscribeOptions options, Subscriber& subscriber) {
  if (!plant_) plant_ = source_.plant();
  if (!plant_) return fail(ErrorCode::unavailable, "the server is starting; try again");
  auto selection = select_tags(plant_, *principal, options.patterns, Names::may_miss);
  if (!selection) return std::unexpected(selection.error());
  const Walk walk(*this);
  Subscription& added = *subscriptions_.emplace_back(std::make_unique<Subscription>());
  added.id = next_id_++;
  added.place = free_place();
  by_place_[added.place] = &added;
  added.principal = std::move(principal);
  added.options = std::move(options);
  added.subscriber = &subscriber;
  const std::uint64_t id = added.id;
  count_.fetch_add(1, std::memory_order_relaxed);
  // Changes from here on are queued for this hub, and the snapshot reads the table after it: none
  // is missed (see BroadcastTarget::interested).
  interested_.exchange(1, std::memory_order_acq_rel);
  use(added, std::move(selection->tags));
  listen(added);
  snapshot(added);
  return id;
}

std::uint32_t LoopHub::free_place() {
  if (!free_places_.empty()) {
    const std::uint32_t place = free_places_.back();
    free_places_.pop_back();
    return place;
  }
  by_place_.push_back(nullptr);
  return static_cast<std::uint32_t>(by_place_.size() - 1);
}

void LoopHub::use(Subscription& subscription, Tags tags) {
  subscription.tags = std::move(tags);
  subscription.told.assign(subscription.tags.size(), 0);
  subscription.is_pending.assign(subscription.tags.size(), false);
  subscription.pending.clear();
  subscription.coalesced = 0;
  if (std::exchange(subscription.slow, false)) std::erase(slow_, &subscription);
}

void LoopHub::snapshot(Subscription& subscription) {
  std::vector<Update> updates;
  updates.reserve(subscription.tags.size());
  for (std::uint32_t index = 0; index < subscription.tags.size(); ++index)
    updates.push_back(read(subscription, index));
  subscription.subscriber->on_snapshot(subscription.id, plant_, updates);
}

Update LoopHub::read(Subscription& subscription, std::uint32_t index) {
  const model::PlantTag* tag = subscription.tags[index];
  std::uint64_t whole = source_.number();
  Numbered value = source_.current(*tag);
  // In the middle of a batch more may follow for the same tag, under the same number.
  for (int attempt = 0; value.number > whole && attempt < kPatientAttempts; ++attempt) {
    if (attempt < kEagerAttempts)
      std::this_thread::yield();
    else
      std::this_thread::sleep_for(kPatience);
    whole = source_.number();
    value = source_.current(*tag);
  }
  subscription.told[index] = whole;
  subscription.told_highest = std::max(subscription.told_highest, whole);
  return {tag, std::move(value.current)};
}

void LoopHub::change_plant(const std::shared_ptr<const model::Plant>& plant) {
  const bool known = plant_ && (plant == plant_ || plant->revision() < plant_->revision());
  if (known) return;
  // What was heard under the old plant is told before its tags are gone.
  deliver_heard();
  const auto old = std::exchange(plant_, plant);
  Walk(*this).each([this](Subscription& subscription) { follow_plant(subscription); });
  index_listeners();
}

void LoopHub::follow_plant(Subscription& subscription) {
  // Accepted once, the patterns are good; a name may have become ambiguous since.
  auto selection = select_tags(plant_, *subscription.principal, subscription.options.patterns,
                               Names::may_be_vague);
  Tags tags = selection ? std::move(selection->tags) : Tags{};
  if (std::ranges::equal(subscription.tags, tags, same_tag)) {
    subscription.tags = std::move(tags);
    subscription.subscriber->on_plant(subscription.id, plant_);
  } else {
    use(subscription, std::move(tags));
    snapshot(subscription);
  }
}

void LoopHub::listen(Subscription& subscription) {
  if (listeners_.size() < plant_->slot_count()) listeners_.resize(plant_->slot_count());
  for (std::uint32_t index = 0; index < subscription.tags.size(); ++index) {
    const model::PlantTag& tag = *subscription.tags[index];
    listeners_[tag.slot].tag = tag.id;
    listeners_[tag.slot].all.push_back({subscription.place, index});
  }
}

void LoopHub::index_listeners() {
  listeners_.clear();
  for (const auto& subscription : subscriptions_)
    if (subscription->subscriber != nullptr) listen(*subscription);
}

void LoopHub::unsubscribe(std::uint64_t id) {
  const auto found =
      std::ranges::lower_bound(subscriptions_, id, {}, [](const auto& each) { return each->id; });
  if (found == subscriptions_.end() || (*found)->id != id || (*found)->subscriber == nullptr)
    return;
  const Walk walk(*this);
  Subscription* subscription = found->get();
  for (const model::PlantTag* tag : subscription->tags)
    if (tag->slot < listeners_.size())
      std::erase_if(listeners_[tag->slot].all, [&](const Listener& listener) {
        return listener.place == subscription->place;
      });
  subscription->subscriber = nullptr;
  any_gone_ = true;
  if (count_.fetch_sub(1, std::memory_order_relaxed) == 1)
    interested_.store(0, std::memory_order_release);
}

void LoopHub::sweep() {
  any_gone_ = false;
  const auto gone = [](const Subscription* each) { return each->subscriber == nullptr; };
  std::erase_if(slow_, gone);
  for (const auto& each : subscriptions_)
    if (gone(each.get())) {
      by_place_[each->place] = nullptr;
      left_places_.push_back(each->place);
    }
  std::erase_if(subscriptions_, [&](const auto& each) { return gone(each.get()); });
}

Hub::Counters LoopHub::counters() const {
  return {count_.load(std::memory_order_relaxed), delivered_.load(std::memory_order_relaxed),
          coalesced_.load(std::memory_order_relaxed)};
}

}  // namespace tagwerk::access
