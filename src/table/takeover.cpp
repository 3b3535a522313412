#include <algorithm>
#include <cstring>
#include <unistd.h>

#include "table/process.hpp"
#include "table/saved.hpp"
#include "table/twin.hpp"
#include "table/writer.hpp"
#include "table/writer_lock.hpp"

/// Writer: how it comes to its segment and leaves it.
namespace tagwerk::table {
namespace {

/// Higher ones cannot come from counting; they are damage.
constexpr std::uint64_t kMaxNumber = std::uint64_t{1} << 53;
constexpr int kOpenAttempts = 100;

void write_header(std::byte* base, const Geometry& g, std::string_view instance) {
  auto& header = *reinterpret_cast<Header*>(base);
  header.version = kLayoutVersion;
  header.header_bytes = kHeaderBytes;
  header.segment_bytes = g.segment_bytes;
  header.slot_capacity = g.slot_capacity;
  header.bucket_count = g.bucket_count;
  header.buckets = g.buckets;
  header.entries = g.entries;
  header.slots = g.slots;
  header.area = g.area;
  header.area_bytes = g.area_bytes;
  header.created_utc_ns = base::utc_now().time_since_epoch().count();
  std::memcpy(header.instance, instance.data(), instance.size());
  header.directory.store(1, std::memory_order_relaxed);
  header.next_tag_id.store(1, std::memory_order_relaxed);
  header.state.store(static_cast<std::uint32_t>(State::in_use), std::memory_order_relaxed);
  header.magic.store(kMagic, std::memory_order_release);
}

/// Somebody else's segment, writable through its mode: its owner decides about the mode.
Status grant_access(Segment& segment, const WriterOptions& options) {
  auto granted = segment.set_access(options.mode, options.group);
  if (!granted && segment.stat().owner_uid != ::geteuid()) return {};
  return granted;
}

}  // namespace

Writer::Writer(Segment segment, const Geometry& geometry, WriterOptions options)
    : options_(options),
      segment_(std::move(segment)),
      view_(segment_.bytes().data(), geometry),
      catalog_(view_, segment_) {}

Writer::~Writer() {
  view_.store(view_.header().writer_pid, 0);
  dirty_ = true;
  commit();
}

Result<std::unique_ptr<Writer>> Writer::create(std::string_view instance,
                                               const WriterOptions& options) {
  if (auto named = check_instance(instance); !named) return std::unexpected(named.error());
  if (auto planned = plan_geometry(options.slot_capacity, options.area_bytes); !planned)
    return std::unexpected(planned.error());
  for (int attempt = 0; attempt < kOpenAttempts; ++attempt) {
    auto segment = Segment::open_to_write(instance, options.mode);
    if (!segment) return std::unexpected(segment.error());
    if (auto locked = lock_alone(instance, *segment); !locked)
      return std::unexpected(locked.error());
    // Replaced or removed between open and lock: this one is nobody's any more.
    if (stat_of(instance).inode != segment->stat().inode) continue;
    auto writer = open_locked(instance, std::move(*segment), options);
    if (writer) (*writer)->settle_twin();
    return writer;
  }
  return fail(ErrorCode::unavailable, "table '{}' is being replaced again and again; try later",
              instance);
}

Result<std::unique_ptr<Writer>> Writer::open_locked(std::string_view instance, Segment segment,
                                                    WriterOptions options) {
  if (auto mapped = segment.map_to_write(); !mapped) return std::unexpected(mapped.error());
  const auto geometry = check_header(segment.bytes());
  if (!geometry) {
    const bool fresh = segment.bytes().empty();
    auto writer = make(instance, options, {});
    if (!writer) return writer;
    if (!fresh) {
      mark_replaced(segment.bytes());
      (*writer)->start_ = Start::replaced;
      (*writer)->start_note_ = geometry.error().text;
    }
    return writer;
  }
  std::unique_ptr<Writer> writer(new Writer(std::move(segment), *geometry, options));
  const bool too_small =
      geometry->slot_capacity < options.slot_capacity || geometry->area_bytes < options.area_bytes;
  const SysvKey former_key = writer->view_.header().sysv_key.load(std::memory_order_acquire);
  writer->former_key_ = former_key;
  if (!too_small) writer->adopt_twin();
  const auto taken = writer->take_over();
  if (!taken && taken.error().code != ErrorCode::corrupt) return std::unexpected(taken.error());
  if (taken && !too_small) {
    if (auto granted = grant_access(writer->segment_, options); !granted)
      return std::unexpected(granted.error());
    return writer;
  }
  options.slot_capacity = std::max(options.slot_capacity, geometry->slot_capacity);
  options.area_bytes = std::max(options.area_bytes, geometry->area_bytes);
  auto successor = make(instance, options, writer->leave_behind());
  if (!successor) return successor;
  mark_replaced(writer->segment_.bytes());
  (*successor)->former_key_ = former_key;
  (*successor)->start_ = Start::replaced;
  (*successor)->start_note_ = taken ? "made larger" : taken.error().message;
  return successor;
}

Result<std::unique_ptr<Writer>> Writer::make(std::string_view instance,
                                             const WriterOptions& options,
                                             const Heritage& heritage) {
  const auto geometry = plan_geometry(options.slot_capacity, options.area_bytes);
  if (!geometry) return std::unexpected(geometry.error());
  auto segment = Segment::make_unnamed(instance, geometry->segment_bytes, options.mode);
  if (!segment) return std::unexpected(segment.error());
  if (auto locked = lock_alone(instance, *segment); !locked) return std::unexpected(locked.error());
  if (auto mapped = segment->map_to_write(); !mapped) return std::unexpected(mapped.error());
  if (auto taken = segment->take_memory(0, geometry->entries); !taken)
    return std::unexpected(taken.error());
  write_header(segment->bytes().data(), *geometry, instance);
  std::unique_ptr<Writer> writer(new Writer(std::move(*segment), *geometry, options));
  if (auto inherited = writer->inherit(heritage); !inherited)
    return std::unexpected(inherited.error());
  if (auto granted = writer->segment_.set_access(options.mode, options.group); !granted)
    return std::unexpected(granted.error());
  if (auto named = writer->segment_.publish_name(instance); !named)
    return std::unexpected(named.error());
  return writer;
}

void Writer::sign() {
  const auto& header = view_.header();
  const auto self = this_process();
  view_.store(header.writer_pid, 0);
  view_.store(header.writer_start_ticks, self.start_ticks);
  view_.store(header.writer_pid_namespace, self.pid_namespace);
  beat(base::utc_now());
  view_.store(header.generation, header.generation.load(std::memory_order_relaxed) + 1);
  view_.store(header.writer_pid, self.pid);
}

/// The next number is above everything the dead writer left, committed or not.
/// Fails: corrupt
Status Writer::number_batches() {
  batch_.committed = view_.header().committed.load(std::memory_order_acquire);
  auto highest = batch_.committed;
  for (Slot slot = 0; slot < catalog_.limit(); ++slot)
    highest = std::max(highest,
                       Control{view_.cell(slot).control.load(std::memory_order_relaxed)}.number());
  if (highest >= kMaxNumber)
    return fail(ErrorCode::corrupt, "its publish number {} is damaged", highest);
  batch_.current = highest + 1;
  return {};
}

Status Writer::take_over() {
  start_ = Start::taken_over;
  sign();
  const auto dropped = catalog_.adopt();
  if (!dropped) return std::unexpected(dropped.error());
  if (*dropped > 0) start_note_ = fmt::format("{} damaged tags were dropped", *dropped);
  if (auto numbered = number_batches(); !numbered) return numbered;
  mark_uncertain();
  return {};
}

/// Every tag is published anew, also the bad ones: their bytes then lie in the area the catalog
/// knows.
void Writer::mark_uncertain() {
  begin(base::utc_now());
  for (const auto& tag : tags()) {
    auto saved = save(tag);
    if (!Quality{saved.current.quality}.bad())
      saved.current.quality = model::kUncertainLastUsableValue.code;
    put(tag.slot, saved.current, saved.bytes);
  }
  dirty_ = true;  // also without tags: who waits learns of the new writer
  commit();
}

Writer::Heritage Writer::leave_behind() const {
  Heritage heritage{view_.header().generation.load(std::memory_order_relaxed) - 1,
                    view_.header().next_tag_id.load(std::memory_order_relaxed),
                    {}};
  for (const auto& tag : tags())
    heritage.tags.push_back(save(tag));
  return heritage;
}

Status Writer::inherit(const Heritage& heritage) {
  view_.store(view_.header().generation, heritage.generation);
  view_.store(view_.header().next_tag_id, heritage.next_tag_id);
  sign();
  for (const auto& saved : heritage.tags) {
    const TagSpec spec{saved.tag.path, saved.tag.id, saved.tag.slot, saved.tag.type,
                       saved.tag.area_bytes};
    if (auto slot = add(spec, &saved); !slot) return std::unexpected(slot.error());
  }
  return {};
}

}  // namespace tagwerk::table
