#include "engine/engine.hpp"

#include <utility>

#include "base/prefetch.hpp"

namespace tagwerk::engine {
namespace {

using model::kBadOutOfRange;
using model::kBadTypeMismatch;
using model::kBadWaitingForInitialData;
using model::kGood;
using model::kUncertainEngineeringUnitsExceeded;
using model::kUncertainLastUsableValue;

WriteOutcome refused(Quality status, std::string detail) {
  return {status, std::move(detail), {}};
}

}  // namespace

void Engine::add_sink(ChangeSink* sink) {
  sinks_.push_back(sink);
}

void Engine::set_target(WriteTarget* target) {
  target_ = target;
}

void Engine::configure(std::shared_ptr<const model::Plant> plant, Now now, const Restore& restore) {
  TAGWERK_ASSERT_THREAD(thread_);
  std::vector<TagState> tags(plant->slot_count());
  std::vector<Slot> fresh;
  for (const model::PlantTag& tag : plant->tags()) {
    TagState& state = tags[tag.slot];
    TagState* old = tag.slot < tags_.size() ? &tags_[tag.slot] : nullptr;
    if (old != nullptr && old->id == tag.id && old->scaling.type == tag.definition.type) {
      state = std::move(*old);
    } else {
      fresh.push_back(tag.slot);
      state.current.quality = kBadWaitingForInitialData;
      state.current.server_time = now.utc;
      if (auto last = restore ? restore(tag) : std::nullopt; last && !last->value.is_null()) {
        state.current.value = std::move(last->value);
        state.current.time = last->time;
        state.restored = last->time;
        state.current.quality = kUncertainLastUsableValue;
      }
    }
    state.id = tag.id;
    state.scaling = Scaling::of(tag.definition);
    state.stale_after = tag.stale_after;
    state.has_source = tag.definition.source.has_value();
  }
  tags_ = std::move(tags);
  plant_ = std::move(plant);
  for (ChangeSink* sink : sinks_)
    sink->on_plant(plant_);
  // New tags are heard of at once, with the quality that says why they have no value yet.
  for (const Slot slot : fresh) {
    const CurrentValue& current = tags_[slot].current;
    changes_.push_back({{current.value, current.time, current.quality, slot},
                        current.server_time,
                        tags_[slot].id,
                        Change::kValue | Change::kQuality});
  }
  publish();
}

void Engine::step(Now now, std::span<Sample> samples) {
  TAGWERK_ASSERT_THREAD(thread_);
  changes_.reserve(samples.size());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (const std::size_t next = i + base::kPrefetchAhead; next < samples.size())
      if (const Slot slot = samples[next].slot; slot < tags_.size())
        base::prefetch_to_change(tags_[slot]);
    apply(now, samples[i]);
  }
  counters_.samples += samples.size();
  ++counters_.steps;
  publish();
}

void Engine::apply(Now now, Sample& sample) {
  if (sample.slot >= tags_.size() || tags_[sample.slot].id == 0) {
    ++counters_.unknown;
    return;
  }
  TagState& tag = tags_[sample.slot];
  // Bad without a value: the device says why, the last value stays.
  if (sample.value.is_null() && !sample.quality.good())
    apply_quality(now, tag, sample.slot, sample.quality);
  else
    apply_value(now, tag, sample);
}

void Engine::apply_value(Now now, TagState& tag, Sample& sample) {
  auto value = tag.scaling.to_engineering(sample.value);
  if (!value) {
    ++counters_.out_of_type;
    apply_quality(now, tag, sample.slot, kBadTypeMismatch);
    return;
  }
  Quality quality = sample.quality;
  if (quality.good() && !tag.scaling.in_range(*value))
    quality = {kUncertainEngineeringUnitsExceeded.code | (quality.code & 0xffff)};
  const UtcTime time = sample.time == kNever ? now.utc : sample.time;
  CurrentValue& current = tag.current;
  // A shown time that lies in the future (a clock was set back) gives way to what comes.
  if (time < current.time && current.time <= now.utc) {
    ++counters_.late;
    // What an earlier process showed is no proof that its subscribers heard of it and what led to
    // it.
    const auto late = static_cast<std::uint8_t>(
        Change::kLate | (current.time == tag.restored ? Change::kMissed | Change::kValue : 0));
    changes_.push_back({{std::move(*value), time, quality, sample.slot}, now.utc, tag.id, late});
    return;
  }
  const auto flags = static_cast<std::uint8_t>((*value == current.value ? 0 : Change::kValue) |
                                               (quality == current.quality ? 0 : Change::kQuality));
  current.value = *value;
  current.time = time;
  current.quality = quality;
  current.server_time = now.utc;
  tag.last_seen = now.mono;
  tag.stale = false;
  if (flags != 0) ++counters_.changes;
  changes_.push_back({{std::move(*value), time, quality, sample.slot}, now.utc, tag.id, flags});
}

void Engine::apply_quality(Now now, TagState& tag, Slot slot, Quality quality) {
  CurrentValue& current = tag.current;
  if (current.quality == quality) return;
  // A tag that never had a value cannot have a last usable one.
  if (quality == kUncertainLastUsableValue && current.value.is_null()) return;
  current.quality = quality;
  current.server_time = now.utc;
  ++counters_.changes;
  changes_.push_back(
      {{current.value, current.time, quality, slot}, now.utc, tag.id, Change::kQuality});
}

void Engine::check_stale(Now now) {
  TAGWERK_ASSERT_THREAD(thread_);
  for (Slot slot = 0; slot < tags_.size(); ++slot) {
    TagState& tag = tags_[slot];
    if (tag.stale_after.count() == 0 || tag.stale || !tag.current.quality.good()) continue;
    if (now.mono - tag.last_seen <= tag.stale_after) continue;
    tag.stale = true;
    apply_quality(now, tag, slot, kUncertainLastUsableValue);
  }
  publish();
}

void Engine::set_quality(Now now, std::span<const Slot> slots, Quality quality) {
  TAGWERK_ASSERT_THREAD(thread_);
  for (const Slot slot : slots)
    if (slot < tags_.size() && tags_[slot].id != 0) apply_quality(now, tags_[slot], slot, quality);
  publish();
}

void Engine::write(Now now, Slot slot, TagId tag, const Value& value, MonoTime deadline,
                   WriteDone done) {
  TAGWERK_ASSERT_THREAD(thread_);
  if (slot >= tags_.size() || tags_[slot].id != tag) {
    done(refused({0x803E0000}, "the tag is gone; look it up again"));
    return;
  }
  TagState& state = tags_[slot];
  auto raw = state.scaling.to_raw(value);
  if (!raw) {
    const bool range = raw.error().code == ErrorCode::limit_exceeded;
    done(refused(range ? kBadOutOfRange : kBadTypeMismatch, raw.error().message));
    return;
  }
  if (state.has_source) {
    TAGWERK_ASSERT(target_ != nullptr);
    const Scaling scaling = state.scaling;
    target_->write({slot, tag, std::move(*raw), deadline},
                   [scaling, done = std::move(done)](WriteOutcome outcome) mutable {
                     if (auto shown = scaling.to_engineering(outcome.value))
                       outcome.value = std::move(*shown);
                     done(std::move(outcome));
                   });
    return;
  }
  Sample sample{std::move(*raw), now.utc, kGood, slot};
  step(now, {&sample, 1});
  done({kGood, {}, state.current.value});
}

const CurrentValue* Engine::current(Slot slot) const {
  return slot < tags_.size() && tags_[slot].id != 0 ? &tags_[slot].current : nullptr;
}

Engine::QualityCounts Engine::count_qualities() const {
  QualityCounts counts;
  for (const TagState& tag : tags_) {
    if (tag.id == 0) continue;
    const Quality quality = tag.current.quality;
    ++(quality.good() ? counts.good : quality.uncertain() ? counts.uncertain : counts.bad);
    if (tag.stale) ++counts.stale;
  }
  return counts;
}

void Engine::publish() {
  if (changes_.empty()) return;
  for (ChangeSink* sink : sinks_)
    sink->on_changes(changes_);
  changes_.clear();
}

}  // namespace tagwerk::engine
