#include "supervisor/epoch_progress.hpp"

#include <algorithm>

namespace tagwerk::supervisor {
namespace {

/// A lane says that it has room when it is less than half full.
constexpr std::size_t kSmallestLane = 2;
/// Changes of quality that wait behind a full lane; more come only from a connector that does
/// nothing but connect.
constexpr std::size_t kMaxWaiting = 64;

}  // namespace

std::shared_ptr<EpochProgress> EpochProgress::make(net::EventLoop& loop, engine::Inbox& inbox,
                                                   std::size_t lane_samples, std::uint64_t epoch,
                                                   std::uint64_t durable) {
  std::shared_ptr<EpochProgress> progress(new EpochProgress(epoch, durable));
  // The engine may still call while its owner goes: whoever holds the progress is safe to touch.
  progress->lane_ =
      inbox.open(std::max(lane_samples, kSmallestLane),
                 [weak = progress->weak_from_this(), &loop](std::uint64_t mark, bool has_room) {
                   const auto self = weak.lock();
                   if (!self) return;
                   self->applied_.store(mark, std::memory_order_release);
                   if (!has_room || !self->wants_room_.load(std::memory_order_seq_cst)) return;
                   loop.post([weak] {
                     if (const auto still = weak.lock()) still->retry();
                   });
                 });
  return progress;
}

bool EpochProgress::try_push(engine::SampleBatch& batch) {
  // Said before the try: an engine that makes room right after a refusal then sees it. An exchange,
  // because the lane's count must not be read before it.
  wants_room_.exchange(true, std::memory_order_seq_cst);
  if (!lane_->try_push(std::move(batch))) return false;
  wants_room_.store(false, std::memory_order_seq_cst);
  return true;
}

bool EpochProgress::push(engine::SampleBatch batch) {
  if (waiting_.empty() && try_push(batch)) return true;
  waiting_.push_back(std::move(batch));
  return false;
}

void EpochProgress::retry() {
  if (waiting_.empty()) return;
  while (!waiting_.empty()) {
    if (!try_push(waiting_.front())) return;
    waiting_.pop_front();
  }
  if (const auto still = reader.lock()) still->on_room();
}

void EpochProgress::mark(std::span<const model::Slot> slots, model::Quality quality) {
  if (waiting_.size() >= kMaxWaiting) return;
  engine::SampleBatch batch{.mark = taken};
  batch.samples.reserve(slots.size());
  for (const model::Slot slot : slots)
    if (slot != kNoSlot) batch.samples.push_back(Sample{{}, kNever, quality, slot});
  push(std::move(batch));
}

}  // namespace tagwerk::supervisor
