#include <algorithm>
#include <unordered_map>

#include "base/assert.hpp"
#include "table/saved.hpp"
#include "table/writer.hpp"

/// Writer: adding, changing and removing tags.
namespace tagwerk::table {
namespace {

constexpr Quality kBadNodeIdUnknown{0x80340000};

std::uint32_t wanted_area(const TagSpec& spec) {
  return spec.area_bytes == 0 && needs_area(spec.type) ? kDefaultAreaBytes : spec.area_bytes;
}

}  // namespace

Status Writer::check(const TagSpec& spec) const {
  if (spec.path.empty() || spec.path.size() > kMaxPath || spec.path.front() != '/' ||
      spec.path.find('\0') != std::string::npos)
    return fail(ErrorCode::invalid_argument,
                "path '{}': it starts with '/' and has at most {} bytes", spec.path.substr(0, 100),
                kMaxPath);
  if (spec.area_bytes > kMaxValueBytes)
    return fail(ErrorCode::invalid_argument, "tag '{}': {} bytes of area, allowed are {}",
                spec.path, spec.area_bytes, kMaxValueBytes);
  const auto capacity = view_.geometry().slot_capacity;
  if (spec.slot != kAnySlot && spec.slot >= capacity)
    return fail(ErrorCode::limit_exceeded,
                "tag '{}' in slot {}: the table has {}; create it with more", spec.path, spec.slot,
                capacity);
  if (in_batch_)
    return fail(ErrorCode::invalid_argument, "tag '{}': commit the batch first", spec.path);
  return {};
}

TagRecord Writer::record_of(Slot slot) const {
  EntryCopy entry;
  char path[kMaxPath];
  TAGWERK_ASSERT(read_entry(view_, slot, entry, path) == FindResult::found);
  return {std::string(path, entry.path_length), entry.tag_id, slot, entry.type, entry.area_bytes};
}

Writer::Saved Writer::save(const TagRecord& tag) const {
  Saved saved{tag, {}, {}};
  Control seen;
  if (!read_slot(view_.cell(tag.slot), saved.current, seen)) return saved;
  if (!needs_area(saved.current.type)) return saved;
  const auto at = saved.current.reference();
  if (!view_.inside(at) || at.length > tag.area_bytes) {  // damaged
    saved.current.type = model::Type::null;
    return saved;
  }
  saved.bytes.resize(at.length);
  load_bytes(view_.area(at.unit), saved.bytes);
  return saved;
}

Result<Slot> Writer::define(const TagSpec& spec) {
  if (auto fine = check(spec); !fine) return std::unexpected(fine.error());
  const auto holder = catalog_.find(spec.path);
  const auto own = spec.id != 0 ? catalog_.slot_of(spec.id) : holder;
  if (holder && holder != own)
    return fail(ErrorCode::already_exists,
                "path '{}' belongs to tag {} in slot {}; undefine it first", spec.path,
                catalog_.id_in(*holder), *holder);
  const bool moves = own && spec.slot != kAnySlot && spec.slot != *own;
  if (own && !moves) return change(*own, spec);
  if (spec.slot != kAnySlot && catalog_.in_use(spec.slot))
    return fail(ErrorCode::already_exists,
                "slot {} for tag '{}' belongs to tag {}; undefine it first", spec.slot, spec.path,
                catalog_.id_in(spec.slot));
  if (!own) return add(spec, nullptr);
  const auto tag = record_of(*own);
  const auto saved = save(tag);
  auto moved = spec;
  moved.id = tag.id;
  moved.area_bytes = std::max(wanted_area(spec), tag.area_bytes);
  if (auto gone = undefine(*own); !gone) return std::unexpected(gone.error());
  return add(moved, &saved);
}

Result<Slot> Writer::add(const TagSpec& spec, const Saved* value) {
  const auto slot = spec.slot != kAnySlot ? std::optional(spec.slot) : catalog_.free_slot();
  if (!slot)
    return fail(ErrorCode::limit_exceeded,
                "no slot left for tag '{}': the table has {}; create it with more", spec.path,
                view_.geometry().slot_capacity);
  if (auto ready = catalog_.prepare(*slot, spec.path, spec.type, wanted_area(spec)); !ready)
    return std::unexpected(ready.error());
  const auto id = spec.id != 0 ? spec.id : catalog_.fresh_id();
  catalog_.claim(*slot, id);
  const bool alone = !in_batch_;
  if (alone) begin(base::utc_now());
  if (value == nullptr || put(*slot, value->current, value->bytes) != Outcome::fine)
    put_null(*slot, model::kBadWaitingForInitialData);
  if (alone) commit();
  catalog_.show(*slot);
  return *slot;
}

Status Writer::grow_area(Slot slot, std::uint32_t bytes) {
  const auto saved = save(record_of(slot));
  const auto old = catalog_.replace_area(slot, bytes);
  if (!old) return std::unexpected(old.error());
  begin(base::utc_now());
  put(slot, saved.current, saved.bytes);
  commit();
  catalog_.release_area(*old);
  return {};
}

Result<Slot> Writer::change(Slot slot, const TagSpec& spec) {
  const auto area = wanted_area(spec);
  if (area > catalog_.area_of(slot).length)
    if (auto grown = grow_area(slot, area); !grown) return std::unexpected(grown.error());
  if (catalog_.find(spec.path) != slot)
    if (auto renamed = catalog_.rename(slot, spec.path); !renamed)
      return std::unexpected(renamed.error());
  catalog_.set_type(slot, spec.type);
  return slot;
}

Status Writer::undefine(Slot slot) {
  if (!catalog_.in_use(slot))
    return fail(ErrorCode::not_found, "slot {} has no tag to remove", slot);
  if (in_batch_) return fail(ErrorCode::invalid_argument, "slot {}: commit the batch first", slot);
  begin(base::utc_now());
  put_null(slot, kBadNodeIdUnknown);
  commit();
  catalog_.remove(slot);
  return {};
}

/// It is not asked for, moves, or has to make its path free for another.
bool Writer::must_go(const TagRecord& tag, const TagSpec* spec) const {
  if (spec == nullptr) return true;
  if (spec->slot != kAnySlot && spec->slot != tag.slot) return true;
  if (spec->path == tag.path) return false;
  return catalog_.find(spec->path).has_value();
}

std::vector<Writer::Saved> Writer::remove_others(std::span<const TagSpec> specs) {
  std::unordered_map<TagId, const TagSpec*> by_id;
  std::unordered_map<std::string_view, const TagSpec*> by_path;
  for (const auto& spec : specs) {
    if (spec.id != 0)
      by_id.emplace(spec.id, &spec);
    else
      by_path.emplace(spec.path, &spec);
  }
  std::vector<Saved> gone;
  begin(base::utc_now());
  for (const auto& tag : tags()) {
    const auto id = by_id.find(tag.id);
    const auto path = by_path.find(tag.path);
    const auto* spec = id != by_id.end()       ? id->second
                       : path != by_path.end() ? path->second
                                               : nullptr;
    if (!must_go(tag, spec)) continue;
    gone.push_back(save(tag));
    put_null(tag.slot, kBadNodeIdUnknown);
  }
  commit();  // before any storage is free for others
  for (const auto& saved : gone)
    catalog_.remove(saved.tag.slot);
  return gone;
}

Status Writer::define_all(std::span<const TagSpec> specs) {
  for (const auto& spec : specs)
    if (auto fine = check(spec); !fine) return fine;
  const auto gone = remove_others(specs);
  std::unordered_map<TagId, const Saved*> by_id;
  std::unordered_map<std::string_view, const Saved*> by_path;
  for (const auto& saved : gone) {
    by_id.emplace(saved.tag.id, &saved);
    by_path.emplace(saved.tag.path, &saved);
  }
  Status first_failure;
  for (auto spec : specs) {
    const Saved* value = nullptr;
    if (const auto found = by_id.find(spec.id); found != by_id.end()) value = found->second;
    if (const auto found = by_path.find(spec.path); spec.id == 0 && found != by_path.end()) {
      value = found->second;
      spec.id = value->tag.id;
    }
    auto defined = define(spec);
    if (defined && value != nullptr) put_back(*defined, *value);
    if (!defined && first_failure) first_failure = std::unexpected(defined.error());
  }
  return first_failure;
}

/// A value that was saved, if it still fits.
void Writer::put_back(Slot slot, const Saved& value) {
  if (value.current.type != model::Type::null && needs_area(value.current.type) &&
      value.bytes.size() > catalog_.area_of(slot).length)
    return;
  begin(base::utc_now());
  put(slot, value.current, value.bytes);
  commit();
}

}  // namespace tagwerk::table
