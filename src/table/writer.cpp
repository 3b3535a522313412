#include "table/writer.hpp"

#include <utility>

#include "base/assert.hpp"
#include "base/prefetch.hpp"
#include "table/saved.hpp"
#include "table/value_bytes.hpp"

namespace tagwerk::table {
namespace {

constexpr Quality kBadEncodingLimitsExceeded{0x80080000};

std::int64_t ns_of(UtcTime time) {
  return time.time_since_epoch().count();
}

}  // namespace

void Writer::begin(UtcTime now) {
  TAGWERK_ASSERT(!in_batch_);
  in_batch_ = true;
  batch_ns_ = ns_of(now);
}

/// Which copy comes next each segment knows for itself: after a writer that died the two may differ
/// by the publish it was at.
inline void Writer::put_in(const MutableView& view, Slot slot, Current value, AreaReference area,
                           base::ByteView bytes) {
  auto& cell = view.own_cell(slot);
  const auto copy = open_copy(cell, batch_);
  if (needs_area(value.type)) {
    const AreaReference at{area.unit + copy * units_of(area.length),
                           static_cast<std::uint32_t>(bytes.size())};
    table::store_bytes(view.fresh_area(at.unit), bytes);
    value.bits = at.word();
  }
  close_copy(cell, batch_, value);
}

Outcome Writer::put(Slot slot, const Current& current, base::ByteView bytes) {
  if (!catalog_.in_use(slot)) return Outcome::no_tag;
  auto value = current;
  if (value.server_ns == TAGWERK_TABLE_NEVER) value.server_ns = batch_ns_;
  AreaReference area;
  if (needs_area(value.type)) {
    area = catalog_.area_of(slot);
    if (bytes.size() > area.length) return Outcome::too_large;
  }
  put_in(view_, slot, value, area, bytes);
  if (twin_) put_in(twin_view_, slot, value, area, bytes);
  dirty_ = true;
  return Outcome::fine;
}

void Writer::put_null(Slot slot, Quality quality) {
  put(slot,
      {.quality = quality.code, .source_ns = TAGWERK_TABLE_NEVER, .server_ns = TAGWERK_TABLE_NEVER},
      {});
}

Outcome Writer::publish_raw(Slot slot, const RawValue& value) {
  if (in_batch_) return put(slot, value.current, value.bytes);
  begin(value.current.server_ns == TAGWERK_TABLE_NEVER ? base::utc_now() : kNever);
  const auto outcome = put(slot, value.current, value.bytes);
  commit();
  return outcome;
}

Status Writer::publish(Slot slot, const Value& value, Quality quality, UtcTime source,
                       UtcTime server) {
  switch (publish_now(slot, value, quality, source, server)) {
    case Outcome::fine:
      return {};
    case Outcome::no_tag:
      return fail(ErrorCode::not_found, "slot {} has no tag; define one first", slot);
    case Outcome::too_large:
      break;
  }
  return fail(ErrorCode::limit_exceeded,
              "{} bytes for the tag in slot {}, which has room for {}; define it with more",
              area_bytes(value, scratch_).size(), slot, catalog_.area_of(slot).length);
}

Outcome Writer::publish_now(Slot slot, const Value& value, Quality quality, UtcTime source,
                            UtcTime server) {
  return publish_raw(slot, {{.type = value.type(),
                             .quality = quality.code,
                             .bits = inline_bits(value),
                             .source_ns = ns_of(source),
                             .server_ns = ns_of(server)},
                            value.has_buffer() ? area_bytes(value, scratch_) : base::ByteView{}});
}

void Writer::prefetch(Slot slot) const {
  if (slot >= options_.slot_capacity) return;
  base::prefetch_to_change(view_.cell(slot));
  if (twin_) base::prefetch_to_change(twin_view_.cell(slot));
}

void Writer::apply(std::span<const Sample> samples, UtcTime server_time) {
  const bool alone = !in_batch_;
  if (alone) begin(server_time);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (const std::size_t next = i + base::kPrefetchAhead; next < samples.size())
      prefetch(samples[next].slot);
    const Sample& sample = samples[i];
    const Current current{.type = sample.value.type(),
                          .quality = sample.quality.code,
                          .bits = inline_bits(sample.value),
                          .source_ns = ns_of(sample.time),
                          .server_ns = ns_of(server_time)};
    const auto bytes =
        sample.value.has_buffer() ? area_bytes(sample.value, scratch_) : base::ByteView{};
    const auto outcome = put(sample.slot, current, bytes);
    if (outcome == Outcome::fine) [[likely]]
      continue;
    if (outcome == Outcome::no_tag) {
      ++without_tag_;
      continue;
    }
    ++too_large_;
    put_null(sample.slot, kBadEncodingLimitsExceeded);
  }
  if (alone) commit();
}

void Writer::commit() {
  in_batch_ = false;
  if (!std::exchange(dirty_, false)) return;
  batch_.committed = batch_.current;
  view_.store(view_.header().committed, batch_.committed);  // sync point B
  batch_.current = batch_.committed + 1;
  wake_waiting(view_.header().committed);
  if (twin_) wake_waiting(twin_view_.header().committed);
}

void Writer::heartbeat(UtcTime now) {
  beat(now);
  look_after_twin();
}

void Writer::beat(UtcTime now) {
  const auto& header = view_.header();
  view_.store(header.heartbeat_utc_ns, static_cast<std::uint64_t>(ns_of(now)));
  view_.store(header.heartbeat_mono_ns,
              static_cast<std::uint64_t>(base::mono_now().time_since_epoch().count()));
}

}  // namespace tagwerk::table
