#include "link/frame.hpp"

#include <algorithm>
#include <cstring>

#include "base/assert.hpp"
#include "link/frame_scope.hpp"
#include "link/samples.hpp"

namespace tagwerk::link {
namespace {

using base::ByteReader;
using base::Bytes;
using base::ByteView;
using base::ByteWriter;

constexpr std::size_t kMaxLongText = kMaxFrame - 64;
constexpr std::uint8_t kWritable = 1;
constexpr std::uint8_t kReadBack = 2;
constexpr std::uint8_t kArrivalTime = 4;

void write_binding(const Binding& binding, ByteWriter& out) {
  out.varint(binding.handle);
  out.text(binding.device);
  out.text(binding.address);
  out.text(binding.dtype);
  out.text(binding.order);
  out.u8(static_cast<std::uint8_t>(binding.type));
  out.i64(binding.period.count());
  out.f64(binding.deadband);
  out.i64(binding.refresh.count());
  out.u8(static_cast<std::uint8_t>((binding.writable ? kWritable : 0) |
                                   (binding.read_back ? kReadBack : 0) |
                                   (binding.arrival_time ? kArrivalTime : 0)));
  out.text(binding.path);
}

bool read_binding(ByteReader& in, Binding& binding) {
  const std::uint64_t handle = in.varint();
  binding.handle = static_cast<std::uint32_t>(handle);
  binding.device = in.text();
  binding.address = in.text();
  binding.dtype = in.text();
  binding.order = in.text();
  const std::uint8_t type = in.u8();
  binding.type = static_cast<model::Type>(type);
  binding.period = Duration(in.i64());
  binding.deadband = in.f64();
  binding.refresh = Duration(in.i64());
  const std::uint8_t flags = in.u8();
  binding.writable = (flags & kWritable) != 0;
  binding.read_back = (flags & kReadBack) != 0;
  binding.arrival_time = (flags & kArrivalTime) != 0;
  binding.path = in.text();
  return in.ok() && handle < kNoSlot && binding.period > Duration::zero() &&
         binding.deadband >= 0 && binding.refresh >= Duration::zero() &&
         type <= static_cast<std::uint8_t>(model::Type::string_array) &&
         flags <= (kWritable | kReadBack | kArrivalTime);
}

}  // namespace

std::string_view to_string(FrameType type) {
  constexpr std::string_view kNames[] = {
      "hello",   "welcome", "refused", "configure",    "configured", "configuration_error",
      "samples", "ack",     "write",   "write_result", "log",        "state",
      "ping",    "pong",    "stop",    "request",      "reply",      "trace_request",
      "trace"};
  const auto number = static_cast<std::size_t>(type);
  return number >= 1 && number <= std::size(kNames) ? kNames[number - 1] : "unknown";
}

void encode(const Hello& frame, Bytes& out) {
  FrameScope scope(FrameType::hello, out);
  scope->u16(frame.version);
  scope->text(frame.name);
  scope->text(frame.type);
  scope->text(frame.token);
  scope->u64(frame.epoch);
  scope->u32(frame.pid);
  scope->u64(frame.revision);
  scope->u64(frame.oldest);
  scope->u64(frame.next);
}

Status decode(ByteView payload, Hello& out) {
  ByteReader in(payload);
  out.version = in.u16();
  out.name = in.text();
  out.type = in.text();
  out.token = in.text();
  out.epoch = in.u64();
  out.pid = in.u32();
  out.revision = in.u64();
  out.oldest = in.u64();
  out.next = in.u64();
  return finish(in, FrameType::hello,
                out.epoch > 0 && out.oldest > 0 && out.oldest <= out.next && !out.name.empty());
}

void encode(const Welcome& frame, Bytes& out) {
  FrameScope scope(FrameType::welcome, out);
  scope->u16(frame.version);
  scope->text(frame.instance);
  scope->u64(frame.acknowledged);
}

Status decode(ByteView payload, Welcome& out) {
  ByteReader in(payload);
  out.version = in.u16();
  out.instance = in.text();
  out.acknowledged = in.u64();
  return finish(in, FrameType::welcome);
}

void encode(const Refused& frame, Bytes& out) {
  FrameScope scope(FrameType::refused, out);
  scope->u8(frame.final ? 1 : 0);
  // Fits the limit before `welcome`.
  scope->text(cut(frame.reason, kMaxFrameBefore - 64));
}

Status decode(ByteView payload, Refused& out) {
  ByteReader in(payload);
  const bool ok = read_flag(in, out.final);
  out.reason = in.text();
  return finish(in, FrameType::refused, ok);
}

void encode(const Configure& frame, Bytes& out) {
  FrameScope scope(FrameType::configure, out);
  scope->u64(frame.revision);
  scope->u32(frame.part);
  scope->u32(frame.parts);
  scope->text(frame.settings);
  scope->varint(frame.bindings.size());
  for (const Binding& each : frame.bindings)
    write_binding(each, scope.writer());
}

Status decode(ByteView payload, Configure& out) {
  ByteReader in(payload);
  out.revision = in.u64();
  out.part = in.u32();
  out.parts = in.u32();
  out.settings = in.text();
  const std::uint64_t count = in.varint();
  // The smallest binding has 32 bytes: do not allocate for what cannot be there.
  bool ok = out.revision > 0 && out.part < out.parts && out.parts <= kMaxConfigureParts &&
            (out.part == 0 || out.settings.empty()) && count <= in.remaining() / 32;
  out.bindings.clear();
  if (ok) out.bindings.resize(static_cast<std::size_t>(count));
  for (Binding& each : out.bindings)
    ok = ok && read_binding(in, each);
  return finish(in, FrameType::configure, ok);
}

void encode(const Configured& frame, Bytes& out) {
  FrameScope scope(FrameType::configured, out);
  scope->u64(frame.revision);
  // As many faults as a frame holds; the first ones say enough.
  Bytes faults;
  ByteWriter writer(faults);
  std::size_t count = 0;
  for (const BindingFault& each : frame.faults) {
    if (faults.size() + kMaxDetail + 64 > kMaxFrame - 64) break;
    writer.u32(each.handle);
    writer.text(cut(each.message, kMaxDetail));
    ++count;
  }
  scope->varint(count);
  scope->bytes(faults);
}

Status decode(ByteView payload, Configured& out) {
  ByteReader in(payload);
  out.revision = in.u64();
  const std::uint64_t count = in.varint();
  const bool ok = count <= in.remaining() / 5;
  out.faults.clear();
  if (ok) out.faults.resize(static_cast<std::size_t>(count));
  for (BindingFault& each : out.faults) {
    each.handle = in.u32();
    each.message = in.text();
  }
  return finish(in, FrameType::configured, ok);
}

void encode(const ConfigurationError& frame, Bytes& out) {
  TAGWERK_ASSERT(!frame.faults.empty());
  FrameScope scope(FrameType::configuration_error, out);
  const std::size_t count = std::min<std::size_t>(frame.faults.size(), 100);
  scope->u64(frame.revision);
  scope->varint(count);
  for (std::size_t i = 0; i < count; ++i)
    scope->text(cut(frame.faults[i], kMaxDetail));
}

Status decode(ByteView payload, ConfigurationError& out) {
  ByteReader in(payload);
  out.revision = in.u64();
  const std::uint64_t count = in.varint();
  const bool ok = count >= 1 && count <= in.remaining();
  out.faults.clear();
  if (ok) out.faults.resize(static_cast<std::size_t>(count));
  for (std::string& each : out.faults)
    each = in.text();
  return finish(in, FrameType::configuration_error, ok);
}

void encode(const Ack& frame, Bytes& out) {
  FrameScope scope(FrameType::ack, out);
  scope->u64(frame.epoch);
  scope->u64(frame.sequence);
}

Status decode(ByteView payload, Ack& out) {
  ByteReader in(payload);
  out.epoch = in.u64();
  out.sequence = in.u64();
  return finish(in, FrameType::ack);
}

void encode(const Write& frame, Bytes& out) {
  FrameScope scope(FrameType::write, out);
  scope->u64(frame.id);
  scope->u64(frame.revision);
  scope->u32(frame.handle);
  scope->u32(frame.deadline_ms);
  scope->u8(frame.read_back ? 1 : 0);
  encode_value(frame.value, scope.writer());
}

Status decode(ByteView payload, Write& out) {
  ByteReader in(payload);
  out.id = in.u64();
  out.revision = in.u64();
  out.handle = in.u32();
  out.deadline_ms = in.u32();
  const bool ok = read_flag(in, out.read_back);
  auto value = decode_value(in);
  out.value = value ? std::move(*value) : Value();
  return finish(in, FrameType::write, ok && value.has_value());
}

void encode(const WriteResult& frame, Bytes& out) {
  FrameScope scope(FrameType::write_result, out);
  scope->u64(frame.id);
  scope->u32(frame.quality.code);
  scope->text(cut(frame.detail, kMaxDetail));
  encode_value(frame.value, scope.writer());
}

Status decode(ByteView payload, WriteResult& out) {
  ByteReader in(payload);
  out.id = in.u64();
  out.quality = Quality{in.u32()};
  out.detail = in.text();
  auto value = decode_value(in);
  out.value = value ? std::move(*value) : Value();
  return finish(in, FrameType::write_result, value.has_value());
}

void encode(const Log& frame, Bytes& out) {
  FrameScope scope(FrameType::log, out);
  scope->u8(static_cast<std::uint8_t>(frame.level));
  scope->i64(frame.time.time_since_epoch().count());
  scope->text(cut(frame.text, kMaxDetail));
}

Status decode(ByteView payload, Log& out) {
  ByteReader in(payload);
  const std::uint8_t level = in.u8();
  out.level = static_cast<LogLevel>(level);
  out.time = UtcTime(Duration(in.i64()));
  out.text = in.text();
  return finish(in, FrameType::log, level <= static_cast<std::uint8_t>(LogLevel::error));
}

void encode(const State& frame, Bytes& out) {
  FrameScope scope(FrameType::state, out);
  TAGWERK_ASSERT(frame.json.size() <= kMaxLongText);
  scope->text(frame.json);
}

Status decode(ByteView payload, State& out) {
  ByteReader in(payload);
  out.json = in.text();
  return finish(in, FrameType::state);
}

void encode(const Ping& frame, Bytes& out) {
  FrameScope scope(FrameType::ping, out);
  scope->u64(frame.number);
}

Status decode(ByteView payload, Ping& out) {
  ByteReader in(payload);
  out.number = in.u64();
  return finish(in, FrameType::ping);
}

void encode(const Pong& frame, Bytes& out) {
  FrameScope scope(FrameType::pong, out);
  scope->u64(frame.number);
}

Status decode(ByteView payload, Pong& out) {
  ByteReader in(payload);
  out.number = in.u64();
  return finish(in, FrameType::pong);
}

void encode(const Stop& frame, Bytes& out) {
  FrameScope scope(FrameType::stop, out);
  scope->text(cut(frame.reason, kMaxDetail));
}

Status decode(ByteView payload, Stop& out) {
  ByteReader in(payload);
  out.reason = in.text();
  return finish(in, FrameType::stop);
}

void encode(const Request& frame, Bytes& out) {
  FrameScope scope(FrameType::request, out);
  scope->u64(frame.id);
  scope->u32(frame.deadline_ms);
  scope->text(frame.what);
  scope->text(frame.json);
}

Status decode(ByteView payload, Request& out) {
  ByteReader in(payload);
  out.id = in.u64();
  out.deadline_ms = in.u32();
  out.what = in.text();
  out.json = in.text();
  return finish(in, FrameType::request);
}

void encode(const Reply& frame, Bytes& out) {
  TAGWERK_ASSERT(frame.text.size() <= kMaxLongText);
  FrameScope scope(FrameType::reply, out);
  scope->u64(frame.id);
  scope->u8(frame.ok ? 1 : 0);
  scope->text(frame.text);
}

Status decode(ByteView payload, Reply& out) {
  ByteReader in(payload);
  out.id = in.u64();
  const bool ok = read_flag(in, out.ok);
  out.text = in.text();
  return finish(in, FrameType::reply, ok);
}

}  // namespace tagwerk::link
