#include "link/write_queue.hpp"

#include <algorithm>
#include <iterator>

namespace tagwerk::link {

std::optional<PendingWrite> WriteQueue::push(PendingWrite write) {
  std::optional<PendingWrite> replaced;
  const auto same = std::ranges::find_if(waiting_, [&](const PendingWrite& each) {
    return each.order.binding.handle == write.order.binding.handle;
  });
  if (same != waiting_.end()) {
    replaced = std::move(*same);
    waiting_.erase(same);
  }
  waiting_.push_back(std::move(write));
  return replaced;
}

std::vector<PendingWrite> WriteQueue::pop(const Joins& joins) {
  std::vector<PendingWrite> out;
  while (!waiting_.empty() && (out.empty() || joins(out.front().order, waiting_.front().order))) {
    out.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return out;
}

std::vector<PendingWrite> WriteQueue::take_expired(MonoTime now) {
  const auto expired =
      std::stable_partition(waiting_.begin(), waiting_.end(),
                            [&](const PendingWrite& each) { return each.order.deadline > now; });
  std::vector<PendingWrite> out(std::make_move_iterator(expired),
                                std::make_move_iterator(waiting_.end()));
  waiting_.erase(expired, waiting_.end());
  return out;
}

std::vector<PendingWrite> WriteQueue::take_all() {
  std::vector<PendingWrite> out(std::make_move_iterator(waiting_.begin()),
                                std::make_move_iterator(waiting_.end()));
  waiting_.clear();
  return out;
}

std::optional<MonoTime> WriteQueue::next_deadline() const {
  const auto first = std::ranges::min_element(
      waiting_, {}, [](const PendingWrite& each) { return each.order.deadline; });
  if (first == waiting_.end()) return std::nullopt;
  return first->order.deadline;
}

}  // namespace tagwerk::link
