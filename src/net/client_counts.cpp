#include "net/client_counts.hpp"

#include <map>
#include <mutex>

namespace tagwerk::net {

struct ClientCounts::Table {
  std::mutex mutex;
  std::map<IpNetwork, std::size_t> counts;
};

ClientCounts::ClientCounts() : table_(std::make_shared<Table>()) {}

ClientCounts::Seat::~Seat() {
  if (!table_) return;
  const std::lock_guard lock(table_->mutex);
  const auto found = table_->counts.find(client_);
  if (--found->second == 0) table_->counts.erase(found);
}

std::optional<ClientCounts::Seat> ClientCounts::enter(const IpAddress& client, std::size_t limit) {
  const IpNetwork network = IpNetwork::of_one_client(client);
  const std::lock_guard lock(table_->mutex);
  std::size_t& count = table_->counts[network];
  if (count >= limit) {
    if (count == 0) table_->counts.erase(network);
    return std::nullopt;
  }
  return Seat(table_, network, ++count);
}

std::size_t ClientCounts::clients() const {
  const std::lock_guard lock(table_->mutex);
  return table_->counts.size();
}

}  // namespace tagwerk::net
