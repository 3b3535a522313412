#include "table/catalog.hpp"

#include <algorithm>
#include <string>

#include "base/bytes.hpp"
#include "table/latch.hpp"

namespace tagwerk::table {
namespace {

/// Memory is taken in steps: a fallocate for every tag would cost more than the tag.
constexpr std::uint32_t kSlotStep = 1024;
constexpr std::uint64_t kAreaChunk = 256 * 1024;

std::uint32_t area_units(AreaReference area) {
  return 2 * units_of(area.length);
}

std::uint64_t load(const Word& word) {
  return word.load(std::memory_order_relaxed);
}

}  // namespace

Catalog::Catalog(const MutableView& view, SharedMemory& memory)
    : view_(view),
      memory_(memory),
      heap_(static_cast<std::uint32_t>(
          std::min<std::uint64_t>(view.geometry().area_bytes / kAreaUnit, UINT32_MAX))),
      index_(view),
      taken_chunks_(view.geometry().area_bytes / kAreaChunk + 1) {}

std::optional<std::uint32_t> Catalog::slot_of(std::uint64_t tag_id) const {
  const auto found = slots_.find(tag_id);
  if (found == slots_.end()) return {};
  return found->second;
}

std::optional<std::uint32_t> Catalog::find(std::string_view path) const {
  Found found;
  if (find_path(view_, path, found) != FindResult::found) return {};
  return found.slot;
}

std::optional<std::uint32_t> Catalog::free_slot() {
  while (first_free_ < limit() && in_use(first_free_))
    ++first_free_;
  if (first_free_ >= view_.geometry().slot_capacity) return {};
  return first_free_;
}

std::uint64_t Catalog::fresh_id() {
  const auto& next = view_.header().next_tag_id;
  const auto id = std::max<std::uint64_t>(load(next), 1);
  view_.store(next, id + 1);
  return id;
}

void Catalog::count_tag(int by) {
  const auto& count = view_.header().tag_count;
  view_.store(count, count.load(std::memory_order_relaxed) + static_cast<std::uint32_t>(by));
}

Status Catalog::take_memory(std::uint64_t offset, std::uint64_t bytes) {
  if (auto taken = memory_.take_memory(offset, bytes); !taken) return taken;
  return twin_ != nullptr ? twin_->take_memory(offset, bytes) : Status{};
}

Status Catalog::take_area(std::uint32_t unit, std::uint32_t units) {
  const auto first = std::uint64_t{unit} * kAreaUnit / kAreaChunk;
  const auto end = (std::uint64_t{unit} + units) * kAreaUnit;
  for (auto chunk = first; chunk * kAreaChunk < end; ++chunk) {
    if (taken_chunks_[chunk]) continue;
    const auto at = area_chunk(chunk);
    if (auto taken = take_memory(at.offset, at.bytes); !taken) return taken;
    taken_chunks_[chunk] = true;
  }
  return {};
}

Catalog::Extent Catalog::area_chunk(std::uint64_t chunk) const {
  const auto offset = chunk * kAreaChunk;
  return {view_.geometry().area + offset,
          std::min(kAreaChunk, view_.geometry().area_bytes - offset)};
}

std::vector<Catalog::Extent> Catalog::extents() const {
  const auto& geometry = view_.geometry();
  std::vector<Extent> found{{0, geometry.entries}};
  if (backed_slots_ > 0)
    for (const auto offset : {geometry.entries, geometry.slots})
      found.push_back({offset, std::uint64_t{backed_slots_} * kSlotBytes});
  for (std::uint64_t chunk = 0; chunk < taken_chunks_.size(); ++chunk)
    if (taken_chunks_[chunk]) found.push_back(area_chunk(chunk));
  return found;
}

Status Catalog::take_slots(std::uint32_t wanted) {
  const auto capacity = view_.geometry().slot_capacity;
  if (wanted > capacity)
    return fail(ErrorCode::limit_exceeded, "slot {}: the table has {}; create it with more slots",
                wanted - 1, capacity);
  if (wanted > backed_slots_) {
    const auto upto = std::min((wanted + kSlotStep - 1) / kSlotStep * kSlotStep, capacity);
    const auto from = std::uint64_t{backed_slots_};
    for (const auto offset : {view_.geometry().entries, view_.geometry().slots})
      if (auto taken = take_memory(offset + from * kSlotBytes, (upto - from) * kSlotBytes); !taken)
        return taken;
    backed_slots_ = upto;
  }
  if (wanted > limit()) {
    ids_.resize(wanted);
    areas_.resize(wanted);
    view_.store(view_.header().slot_limit, wanted);
  }
  return {};
}

Result<std::uint32_t> Catalog::allocate(std::uint32_t units, std::string_view what) {
  const auto unit = heap_.allocate(units);
  if (!unit)
    return fail(ErrorCode::limit_exceeded,
                "no {} bytes free in the table's area of {} for {}; create it with a larger area",
                std::uint64_t{units} * kAreaUnit, view_.geometry().area_bytes, what);
  if (auto taken = take_area(*unit, units); !taken) {
    heap_.release(*unit, units);
    return std::unexpected(taken.error());
  }
  return *unit;
}

Result<AreaReference> Catalog::store_path(std::string_view path) {
  const auto unit = allocate(units_of(path.size()), path);
  if (!unit) return std::unexpected(unit.error());
  view_.store_bytes(*unit, base::as_bytes(path));
  return AreaReference{*unit, static_cast<std::uint32_t>(path.size())};
}

Status Catalog::prepare(std::uint32_t slot, std::string_view path, Type type,
                        std::uint32_t area_bytes) {
  if (auto taken = take_slots(slot + 1); !taken) return taken;
  const auto path_at = store_path(path);
  if (!path_at) return std::unexpected(path_at.error());
  AreaReference area{0, area_bytes};
  if (area_bytes > 0) {
    const auto unit = allocate(area_units(area), path);
    if (!unit) {
      heap_.release(path_at->unit, units_of(path_at->length));
      return std::unexpected(unit.error());
    }
    area.unit = *unit;
  }
  const auto& entry = view_.entry(slot);
  view_.store(entry.path, path_at->word());
  view_.store(entry.area, area.word());
  view_.store(entry.hash, hash_path(path));
  view_.store(entry.type, static_cast<std::uint64_t>(type));
  areas_[slot] = area;
  return {};
}

void Catalog::claim(std::uint32_t slot, std::uint64_t tag_id) {
  ids_[slot] = tag_id;
  slots_[tag_id] = slot;
  const auto& next = view_.header().next_tag_id;
  if (tag_id >= load(next)) view_.store(next, tag_id + 1);
}

void Catalog::show(std::uint32_t slot) {
  const auto& entry = view_.entry(slot);
  view_.store(entry.tag_id, ids_[slot]);
  index_.insert(slot, load(entry.hash));
  count_tag(1);
  index_.step();
}

void Catalog::remove(std::uint32_t slot) {
  const auto& entry = view_.entry(slot);
  const auto path = AreaReference::from(load(entry.path));
  view_.store(entry.tag_id, 0);
  index_.erase(slot, load(entry.hash));
  count_tag(-1);
  index_.step();
  slots_.erase(ids_[slot]);
  ids_[slot] = 0;
  first_free_ = std::min(first_free_, slot);
  heap_.release(path.unit, units_of(path.length));
  release_area(areas_[slot]);
  areas_[slot] = {};
}

Status Catalog::rename(std::uint32_t slot, std::string_view path) {
  const auto path_at = store_path(path);
  if (!path_at) return std::unexpected(path_at.error());
  const auto& entry = view_.entry(slot);
  const auto old_path = AreaReference::from(load(entry.path));
  const auto old_hash = load(entry.hash);
  const auto hash = hash_path(path);
  index_.insert(slot, hash);
  view_.store(entry.path, path_at->word());  // from here on the new path is found, the old is not
  view_.store(entry.hash, hash);
  index_.erase(slot, old_hash);
  index_.step();
  heap_.release(old_path.unit, units_of(old_path.length));
  return {};
}

void Catalog::set_type(std::uint32_t slot, Type type) {
  view_.store(view_.entry(slot).type, static_cast<std::uint64_t>(type));
}

Result<AreaReference> Catalog::replace_area(std::uint32_t slot, std::uint32_t bytes) {
  AreaReference area{0, bytes};
  const auto unit = allocate(area_units(area), "a larger value");
  if (!unit) return std::unexpected(unit.error());
  area.unit = *unit;
  const auto old = areas_[slot];
  areas_[slot] = area;
  view_.store(view_.entry(slot).area, area.word());
  return old;
}

void Catalog::release_area(AreaReference area) {
  heap_.release(area.unit, area_units(area));
}

/// The extents are free in the book, so no two tags share bytes.
bool Catalog::adopt_entry(std::uint32_t slot) {
  const auto& entry = view_.entry(slot);
  EntryCopy copy;
  char path[kMaxPath];
  if (read_entry(view_, slot, copy, path) != FindResult::found) return false;
  const std::string_view text(path, copy.path_length);
  if (text.empty() || load(entry.hash) != hash_path(text) || slots_.contains(copy.tag_id))
    return false;
  const auto area_end = std::uint64_t{copy.area.unit} + area_units(copy.area);
  if (copy.area.length > kMaxValueBytes || area_end * kAreaUnit > view_.geometry().area_bytes)
    return false;
  const auto path_units = units_of(copy.path_length);
  if (!heap_.reserve(copy.path_at.unit, path_units)) return false;
  if (!heap_.reserve(copy.area.unit, area_units(copy.area))) {
    heap_.release(copy.path_at.unit, path_units);
    return false;
  }
  ids_[slot] = copy.tag_id;
  areas_[slot] = copy.area;
  slots_[copy.tag_id] = slot;
  return true;
}

/// There is memory already, unless damage made up the places.
Status Catalog::take_storage(std::uint32_t slot) {
  if (!in_use(slot)) return {};
  const auto path = AreaReference::from(load(view_.entry(slot).path));
  if (auto taken = take_area(path.unit, units_of(path.length)); !taken) return taken;
  return take_area(areas_[slot].unit, area_units(areas_[slot]));
}

void Catalog::drop_entry(std::uint32_t slot) {
  view_.store(view_.entry(slot).tag_id, 0);
}

Result<std::uint32_t> Catalog::adopt() {
  std::uint32_t dropped = 0;
  const auto used = table::slot_limit(view_);
  if (auto taken = take_slots(used); !taken) return std::unexpected(taken.error());
  for (std::uint32_t slot = 0; slot < used; ++slot) {
    if (load(view_.entry(slot).tag_id) == 0 || adopt_entry(slot)) continue;
    drop_entry(slot);
    ++dropped;
  }
  index_.purge();
  const auto& next = view_.header().next_tag_id;
  for (std::uint32_t slot = 0; slot < used; ++slot) {
    if (!in_use(slot)) continue;
    const auto hash = load(view_.entry(slot).hash);
    if (!index_.holds(slot, hash)) index_.insert(slot, hash);
    if (ids_[slot] >= load(next)) view_.store(next, ids_[slot] + 1);
  }
  for (std::uint32_t slot = 0; slot < used; ++slot)
    if (auto taken = take_storage(slot); !taken) return std::unexpected(taken.error());
  view_.store(view_.header().tag_count, static_cast<std::uint32_t>(slots_.size()));
  index_.step();
  return dropped;
}

}  // namespace tagwerk::table
