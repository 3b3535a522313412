#include "link/trace_frame.hpp"

#include <algorithm>

#include "link/frame_scope.hpp"

namespace tagwerk::link {
namespace {

using base::ByteReader;
using base::Bytes;
using base::ByteView;

constexpr std::uint32_t kMostFrames = 1000;
constexpr std::uint8_t kNewest = 1;
constexpr std::uint8_t kWithText = 2;
/// The smallest connection and the smallest item: do not allocate for what cannot be there.
constexpr std::size_t kLeastConnection = 7;
constexpr std::size_t kLeastItem = 32;

void write_connection(const TraceConnection& connection, base::ByteWriter& out) {
  out.text(connection.device);
  out.text(connection.local);
  out.u16(connection.local_port);
  out.text(connection.peer);
  out.u16(connection.peer_port);
}

void read_connection(ByteReader& in, TraceConnection& connection) {
  connection.device = in.text();
  connection.local = in.text();
  connection.local_port = in.u16();
  connection.peer = in.text();
  connection.peer_port = in.u16();
}

void write_item(const TraceItem& item, base::ByteWriter& out) {
  out.u64(item.number);
  out.i64(item.time.time_since_epoch().count());
  out.i64(item.delay.count());
  out.varint(item.connection);
  out.u8(static_cast<std::uint8_t>(item.direction));
  out.u32(item.size);
  out.text(cut(item.text, kMaxDetail));
  out.text(base::as_text(item.bytes));
}

bool read_item(ByteReader& in, std::size_t connections, TraceItem& item) {
  item.number = in.u64();
  item.time = UtcTime(Duration(in.i64()));
  item.delay = Duration(in.i64());
  const std::uint64_t connection = in.varint();
  item.connection = static_cast<std::uint32_t>(connection);
  const std::uint8_t direction = in.u8();
  item.direction = static_cast<TraceDirection>(direction);
  item.size = in.u32();
  item.text = in.text();
  const ByteView bytes = base::as_bytes(in.text());
  item.bytes.assign(bytes.begin(), bytes.end());
  return in.ok() && connection < connections && direction <= 1 && item.bytes.size() <= item.size;
}

/// Where to begin so that the last `limit` frames come.
std::uint64_t first_of_newest(const TraceRing& ring, const TraceRequest& request) {
  std::uint32_t left = request.limit;
  std::uint64_t number = ring.next();
  while (number > ring.oldest() && left > 0) {
    --number;
    if (request.device.empty() || ring.at(number).connection->device == request.device) --left;
  }
  return number;
}

std::uint32_t index_of(const TraceConnection& connection, std::vector<TraceConnection>& all) {
  const auto found = std::ranges::find(all, connection);
  if (found != all.end()) return static_cast<std::uint32_t>(found - all.begin());
  all.push_back(connection);
  return static_cast<std::uint32_t>(all.size() - 1);
}

}  // namespace

void encode(const TraceRequest& frame, Bytes& out) {
  FrameScope scope(FrameType::trace_request, out);
  scope->u64(frame.id);
  scope->u64(frame.after);
  scope->u32(frame.limit);
  scope->u8(
      static_cast<std::uint8_t>((frame.newest ? kNewest : 0) | (frame.with_text ? kWithText : 0)));
  scope->text(frame.device);
}

Status decode(ByteView payload, TraceRequest& out) {
  ByteReader in(payload);
  out.id = in.u64();
  out.after = in.u64();
  out.limit = in.u32();
  const std::uint8_t flags = in.u8();
  out.newest = (flags & kNewest) != 0;
  out.with_text = (flags & kWithText) != 0;
  out.device = in.text();
  return finish(in, FrameType::trace_request, out.limit > 0 && flags <= (kNewest | kWithText));
}

void encode(const Trace& frame, Bytes& out) {
  FrameScope scope(FrameType::trace, out);
  scope->u64(frame.id);
  scope->u64(frame.next);
  scope->u8(frame.more ? 1 : 0);
  scope->varint(frame.connections.size());
  for (const TraceConnection& each : frame.connections)
    write_connection(each, scope.writer());
  scope->varint(frame.items.size());
  for (const TraceItem& each : frame.items)
    write_item(each, scope.writer());
}

Status decode(ByteView payload, Trace& out) {
  ByteReader in(payload);
  out.id = in.u64();
  out.next = in.u64();
  bool ok = read_flag(in, out.more);
  const std::uint64_t connections = in.varint();
  ok = ok && connections <= in.remaining() / kLeastConnection;
  out.connections.clear();
  if (ok) out.connections.resize(static_cast<std::size_t>(connections));
  for (TraceConnection& each : out.connections)
    read_connection(in, each);
  const std::uint64_t items = in.varint();
  ok = ok && items <= in.remaining() / kLeastItem;
  out.items.clear();
  if (ok) out.items.resize(static_cast<std::size_t>(items));
  for (TraceItem& each : out.items)
    ok = ok && read_item(in, out.connections.size(), each);
  return finish(in, FrameType::trace, ok);
}

Trace answer_from(const TraceRing& ring, const TraceRequest& request,
                  const std::function<std::string(std::uint64_t number)>& describe) {
  Trace out;
  out.id = request.id;
  const std::uint32_t limit = std::min(request.limit, kMostFrames);
  std::uint64_t number =
      request.newest ? first_of_newest(ring, request)
                     : std::max(ring.oldest(), std::min(request.after, ring.next() - 1) + 1);
  std::size_t size = 0;
  for (; number < ring.next() && out.items.size() < limit && size < Trace::kBytes; ++number) {
    const TraceFrame frame = ring.at(number);
    if (!request.device.empty() && frame.connection->device != request.device) continue;
    TraceItem item{number,
                   frame.time,
                   frame.delay,
                   index_of(*frame.connection, out.connections),
                   frame.direction,
                   frame.size,
                   request.with_text ? describe(number) : "",
                   {frame.bytes.begin(), frame.bytes.end()}};
    size += item.bytes.size() + item.text.size() + kLeastItem;
    out.items.push_back(std::move(item));
  }
  out.next = number - 1;
  out.more = number < ring.next();
  return out;
}

}  // namespace tagwerk::link
