#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "net/ip_address.hpp"

namespace tagwerk::net {

/// How many connections each client has, so that none can take them all. A client is an IPv4
/// address or an IPv6 /64.
/// Threads: any; a lock when a connection comes or goes
class ClientCounts {
  struct Table;

 public:
  ClientCounts();

  /// One connection's place; it is free again when this goes.
  class Seat {
   public:
    Seat(Seat&& other) noexcept = default;
    Seat& operator=(Seat&& other) noexcept {
      std::swap(table_, other.table_);
      std::swap(client_, other.client_);
      std::swap(number_, other.number_);
      return *this;
    }
    ~Seat();
    /// How many this client had with this one, when it came.
    std::size_t number() const { return number_; }

   private:
    friend class ClientCounts;
    Seat(std::shared_ptr<Table> table, const IpNetwork& client, std::size_t number)
        : table_(std::move(table)), client_(client), number_(number) {}

    std::shared_ptr<Table> table_;
    IpNetwork client_;
    std::size_t number_;
  };

  /// Nothing when this client has `limit` already.
  std::optional<Seat> enter(const IpAddress& client, std::size_t limit);
  /// Clients that have any.
  std::size_t clients() const;

 private:
  std::shared_ptr<Table> table_;
};

}  // namespace tagwerk::net
