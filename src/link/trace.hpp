#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"

namespace tagwerk::link {

/// Both ends of a device's connection: addresses as text, "10.0.0.5".
struct TraceConnection {
  std::string device;
  std::string local;
  std::uint16_t local_port = 0;
  std::string peer;
  std::uint16_t peer_port = 0;

  bool operator==(const TraceConnection&) const = default;
};

enum class TraceDirection : std::uint8_t { sent = 0, received = 1 };

/// Of a frame that answers nothing.
inline constexpr Duration kNoDelay = Duration::min();

/// A frame in the ring; valid until the next one is added.
struct TraceFrame {
  std::uint64_t number = 0;
  UtcTime time;
  Duration delay = kNoDelay;  ///< since the request it answers
  TraceDirection direction = TraceDirection::sent;
  std::shared_ptr<const TraceConnection> connection{};
  base::ByteView bytes{};  ///< what was kept of it
  std::uint32_t size = 0;  ///< of the whole frame
};

/// The last frames of a connector, as they went over its wires. Adding one allocates nothing.
/// Threads: the connector's event loop
/// Owns:    memory for Limits, touched as it fills
/// Limits:  10,000 frames, fewer when they are longer than 260 bytes on average; of one frame the
///          first 65,535 bytes
class TraceRing {
 public:
  struct Limits {
    std::size_t frames = 10'000;
    std::size_t bytes = 10'001 * std::size_t{260};
  };

  TraceRing() : TraceRing(Limits{}) {}
  explicit TraceRing(Limits limits);

  void add(std::shared_ptr<const TraceConnection> connection, TraceDirection direction,
           base::ByteView bytes, UtcTime time, Duration delay = kNoDelay);

  /// Numbers count from 1; oldest() == next() while the ring is empty.
  std::uint64_t oldest() const { return oldest_; }
  std::uint64_t next() const { return next_; }
  bool holds(std::uint64_t number) const { return number >= oldest_ && number < next_; }
  /// The ring must hold it (asserted).
  TraceFrame at(std::uint64_t number) const;

 private:
  struct Entry {
    UtcTime time;
    Duration delay = kNoDelay;
    std::shared_ptr<const TraceConnection> connection;
    std::uint64_t start = 0;  ///< where its bytes lie, counted on and on
    std::uint32_t kept = 0;
    std::uint32_t size = 0;
    TraceDirection direction = TraceDirection::sent;
  };

  Entry& entry_of(std::uint64_t number) { return entries_[(number - 1) % limits_.frames]; }
  const Entry& entry_of(std::uint64_t number) const {
    return entries_[(number - 1) % limits_.frames];
  }
  std::uint64_t make_room(std::size_t size);
  void drop_oldest();

  const Limits limits_;
  std::vector<Entry> entries_;
  std::unique_ptr<std::byte[]> bytes_;
  std::uint64_t oldest_ = 1;
  std::uint64_t next_ = 1;
  std::uint64_t end_ = 0;  ///< behind the newest frame's bytes
};

}  // namespace tagwerk::link
