#include "access/broadcast.hpp"

#include <algorithm>
#include <mutex>

namespace tagwerk::access {

void Broadcaster::add(std::shared_ptr<BroadcastTarget> target) {
  const std::lock_guard lock(adding_);
  auto targets = std::make_shared<Targets>(*targets_.load());
  targets->push_back(std::move(target));
  targets_.store(std::move(targets));
}

std::shared_ptr<const Broadcast> Broadcaster::copy(std::span<const engine::Change> changes) const {
  auto broadcast = std::make_shared<Broadcast>();
  broadcast->changes.reserve(changes.size());
  // Nobody's current value moved by those for history.
  std::ranges::copy_if(changes, std::back_inserter(broadcast->changes),
                       [](const auto& change) { return !change.for_history_only(); });
  broadcast->number = number_();
  return broadcast;
}

void Broadcaster::on_changes(std::span<const engine::Change> changes) {
  const auto targets = targets_.load();
  std::shared_ptr<const Broadcast> broadcast;
  for (const auto& target : *targets) {
    if (!target->interested()) continue;
    if (broadcast == nullptr) broadcast = copy(changes);
    if (broadcast->changes.empty()) return;
    target->take(broadcast);
  }
}

void Broadcaster::on_plant(const std::shared_ptr<const model::Plant>& plant) {
  auto broadcast = std::make_shared<Broadcast>();
  broadcast->plant = plant;
  const auto targets = targets_.load();
  for (const auto& target : *targets)
    target->take(broadcast);
}

}  // namespace tagwerk::access
