#include "supervisor/trace_collector.hpp"

#include <algorithm>

namespace tagwerk::supervisor {

TraceCollector::TraceCollector(Ask ask, link::TraceRequest request, Done done)
    : ask_(std::move(ask)), request_(std::move(request)), done_(std::move(done)) {}

void TraceCollector::run() {
  ask_(request_,
       [self = shared_from_this()](Result<link::Trace> part) { self->take(std::move(part)); });
}

void TraceCollector::take(Result<link::Trace> part) {
  if (!part) return done_(std::unexpected(part.error()));
  const auto frames = static_cast<std::uint32_t>(part->items.size());
  // A part that does not get any further must not be asked for again and again.
  const bool further = part->next > request_.after || request_.newest;
  const bool more = part->more && further && frames < request_.limit;
  request_.limit -= std::min(frames, request_.limit);
  request_.after = part->next;
  request_.newest = false;
  parts_.push_back(std::move(*part));
  if (more) return run();
  done_(std::move(parts_));
}

}  // namespace tagwerk::supervisor
