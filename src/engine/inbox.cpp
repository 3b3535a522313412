#include "engine/inbox.hpp"

#include <algorithm>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/assert.hpp"

namespace tagwerk::engine {

bool Lane::try_push(SampleBatch&& batch) {
  const std::size_t count = batch.samples.size();
  const std::size_t waiting = waiting_.load(std::memory_order_relaxed);
  if (waiting != 0 && waiting + count > capacity_) return false;
  waiting_.fetch_add(count, std::memory_order_relaxed);
  if (!queue_.try_push(std::move(batch))) {
    waiting_.fetch_sub(count, std::memory_order_relaxed);
    return false;
  }
  wake_();
  return true;
}

Inbox::Inbox() : event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  TAGWERK_ASSERT(event_ >= 0);
}

Inbox::~Inbox() {
  ::close(event_);
}

std::shared_ptr<Lane> Inbox::open(std::size_t capacity_samples, Lane::Applied applied) {
  auto lane = std::make_shared<Lane>(capacity_samples, std::move(applied));
  lane->wake_ = [this] { wake(); };
  const std::lock_guard lock(mutex_);
  lanes_.push_back(lane);
  lanes_version_.fetch_add(1, std::memory_order_release);
  return lane;
}

void Inbox::close(const std::shared_ptr<Lane>& lane) {
  lane->closed_.store(true, std::memory_order_release);
  wake();
}

void Inbox::wake() {
  // One write per sleep is enough; the engine clears the flag before it looks at the lanes.
  if (signalled_.exchange(true, std::memory_order_acq_rel)) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(event_, &one, sizeof one);
}

void Inbox::wait(Duration timeout) {
  pollfd descriptor{event_, POLLIN, 0};
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(timeout).count();
  if (poll(&descriptor, 1, static_cast<int>(milliseconds)) > 0) {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(event_, &count, sizeof count);
  }
  // Pairs with the exchange in wake(): what was pushed before an earlier one is seen by the drain
  // that follows, and a later one finds the flag cleared and writes to the event again.
  signalled_.exchange(false, std::memory_order_acq_rel);
}

std::vector<std::shared_ptr<Lane>> Inbox::lanes() {
  const std::lock_guard lock(mutex_);
  std::erase_if(lanes_, [](const std::shared_ptr<Lane>& lane) {
    return lane->closed_.load(std::memory_order_acquire) && lane->queue_.empty();
  });
  return lanes_;
}

}  // namespace tagwerk::engine
