#include "link/trace.hpp"

#include <algorithm>
#include <cstring>

#include "base/assert.hpp"

namespace tagwerk::link {
namespace {

constexpr std::size_t kMostKept = 65'535;

}  // namespace

TraceRing::TraceRing(Limits limits)
    : limits_(limits), bytes_(std::make_unique_for_overwrite<std::byte[]>(limits.bytes)) {
  TAGWERK_ASSERT(limits_.frames > 0);
  entries_.reserve(limits_.frames);
}

void TraceRing::drop_oldest() {
  entry_of(oldest_++).connection.reset();
}

/// A place for a frame in one piece; the oldest ones give way.
std::uint64_t TraceRing::make_room(std::size_t size) {
  std::uint64_t start = end_;
  const std::uint64_t left = limits_.bytes - start % limits_.bytes;
  if (left < size) start += left;
  const auto covered = [&] { return start + size - entry_of(oldest_).start > limits_.bytes; };
  while (oldest_ < next_ && (next_ - oldest_ >= limits_.frames || covered()))
    drop_oldest();
  return start;
}

void TraceRing::add(std::shared_ptr<const TraceConnection> connection, TraceDirection direction,
                    base::ByteView bytes, UtcTime time, Duration delay) {
  const std::size_t kept = std::min({bytes.size(), kMostKept, limits_.bytes});
  const std::uint64_t start = make_room(kept);
  std::ranges::copy(bytes.first(kept), bytes_.get() + start % limits_.bytes);
  end_ = start + kept;
  // Slots are made one by one as the ring fills, in memory that was reserved.
  if (entries_.size() < limits_.frames) entries_.emplace_back();
  entry_of(next_++) = {time,
                       delay,
                       std::move(connection),
                       start,
                       static_cast<std::uint32_t>(kept),
                       static_cast<std::uint32_t>(bytes.size()),
                       direction};
}

TraceFrame TraceRing::at(std::uint64_t number) const {
  TAGWERK_ASSERT(holds(number));
  const Entry& entry = entry_of(number);
  return {number,           entry.time,
          entry.delay,      entry.direction,
          entry.connection, {bytes_.get() + entry.start % limits_.bytes, entry.kept},
          entry.size};
}

}  // namespace tagwerk::link
