#pragma once

#include <functional>
#include <string>
#include <vector>

#include "link/frame.hpp"
#include "link/trace.hpp"

namespace tagwerk::link {

/// What a server asks for of a connector's ring of frames.
struct TraceRequest {
  std::uint64_t id = 0;
  std::uint64_t after = 0;  ///< frames with a higher number
  std::uint32_t limit = 1;  ///< most frames of the answer, at least 1
  bool newest = false;      ///< the last `limit` frames, whatever `after` says
  bool with_text = true;    ///< say what each frame means
  std::string device;       ///< only this one's; empty = all
  bool operator==(const TraceRequest&) const = default;
};

/// One frame of the ring with what it means.
struct TraceItem {
  std::uint64_t number = 0;
  UtcTime time;
  Duration delay = kNoDelay;
  std::uint32_t connection = 0;  ///< index of Trace::connections
  TraceDirection direction = TraceDirection::sent;
  std::uint32_t size = 0;  ///< of the whole frame
  std::string text;
  base::Bytes bytes;
  bool operator==(const TraceItem&) const = default;
};

/// A connector's answer, oldest frame first.
struct Trace {
  /// The frames of one answer stop growing beyond this; the rest is asked for with `next`.
  static constexpr std::size_t kBytes = std::size_t{256} * 1024;

  std::uint64_t id = 0;
  std::uint64_t next = 0;  ///< the `after` that goes on from here
  bool more = false;       ///< the ring has frames behind `next`
  std::vector<TraceConnection> connections;
  std::vector<TraceItem> items;
  bool operator==(const Trace&) const = default;
};

/// As the encoders and decoders of link/frame.hpp.
void encode(const TraceRequest& frame, base::Bytes& out);
void encode(const Trace& frame, base::Bytes& out);
Status decode(base::ByteView payload, TraceRequest& out);
Status decode(base::ByteView payload, Trace& out);

/// What a ring answers. `describe` says what a frame means; it is asked when the request wants
/// text. Limits: 1,000 frames, Trace::kBytes
Trace answer_from(const TraceRing& ring, const TraceRequest& request,
                  const std::function<std::string(std::uint64_t number)>& describe);

}  // namespace tagwerk::link
