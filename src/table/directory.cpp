#include "table/directory.hpp"

#include <algorithm>

#include "base/bytes.hpp"
#include "table/latch.hpp"

namespace tagwerk::table {
namespace {

constexpr int kAttempts = 1000;

std::uint64_t step_of(const View& view) {
  return view.header().directory.load(std::memory_order_acquire);
}
bool unchanged_since(const View& view, std::uint64_t step) {
  return view.header().directory.load(std::memory_order_relaxed) == step;
}
AreaReference load_reference(const Word& word) {
  return AreaReference::from(word.load(std::memory_order_acquire));
}

/// The bucket's slot, if there is such a slot.
std::optional<std::uint32_t> slot_in(const View& view, std::uint64_t bucket) {
  const auto slot = static_cast<std::uint32_t>(bucket) - 1;
  if (slot >= slot_limit(view)) return {};
  return slot;
}

bool has_path(const View& view, std::uint32_t slot, std::string_view path) {
  const auto at = load_reference(view.entry(slot).path);
  return at.length == path.size() && view.inside(at) &&
         equal_bytes(view.area(at.unit), base::as_bytes(path));
}

/// One walk along the buckets; absent also where a bucket leads nowhere.
bool walk(const View& view, std::string_view path, std::uint64_t hash, Found& out) {
  const auto mask = view.geometry().bucket_count - 1;
  auto at = static_cast<std::uint32_t>(hash) & mask;
  for (std::uint32_t steps = 0; steps <= mask; ++steps, at = (at + 1) & mask) {
    const auto bucket = view.bucket(at).load(std::memory_order_acquire);
    if (bucket == 0) return false;
    if (bucket >> 32 != hash >> 32) continue;
    const auto slot = slot_in(view, bucket);
    if (!slot || !has_path(view, *slot, path)) continue;
    out.slot = *slot;
    out.tag_id = view.entry(*slot).tag_id.load(std::memory_order_acquire);
    if (out.tag_id != 0) return true;
  }
  return false;
}

}  // namespace

std::uint32_t slot_limit(const View& view) {
  return std::min(view.header().slot_limit.load(std::memory_order_acquire),
                  view.geometry().slot_capacity);
}

FindResult find_path(const View& view, std::string_view path, Found& out) {
  const auto hash = hash_path(path);
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    out.directory = step_of(view);
    const bool found = walk(view, path, hash, out);
    if (unchanged_since(view, out.directory))  // sync point C
      return found ? FindResult::found : FindResult::absent;
  }
  return FindResult::unsteady;
}

FindResult read_entry(const View& view, std::uint32_t slot, EntryCopy& out, char* path) {
  if (slot >= slot_limit(view)) return FindResult::absent;
  const auto& entry = view.entry(slot);
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    out.directory = step_of(view);
    out.tag_id = entry.tag_id.load(std::memory_order_acquire);
    const auto type = entry.type.load(std::memory_order_acquire);
    out.type = type < kTypeCount ? static_cast<Type>(type) : Type::null;
    out.area = load_reference(entry.area);
    out.area_bytes = out.area.length;
    out.path_at = load_reference(entry.path);
    out.path_length = out.path_at.length;
    const bool sound =
        out.path_length <= kMaxPath && view.inside(out.path_at) && view.inside(out.area);
    if (sound)
      load_bytes(view.area(out.path_at.unit),
                 std::as_writable_bytes(std::span(path, out.path_length)));
    if (!unchanged_since(view, out.directory)) continue;  // sync point C
    return sound && out.tag_id != 0 ? FindResult::found : FindResult::absent;
  }
  return FindResult::unsteady;
}

void Index::step() {
  const auto& word = view_.header().directory;
  view_.store(word, word.load(std::memory_order_relaxed) + 1);
}

void Index::insert(std::uint32_t slot, std::uint64_t hash) {
  auto at = static_cast<std::uint32_t>(hash) & mask();
  while (view_.bucket(at).load(std::memory_order_relaxed) != 0)
    at = (at + 1) & mask();
  view_.store(view_.bucket(at), bucket_word(slot, hash));
}

std::optional<std::uint32_t> Index::locate(std::uint32_t slot, std::uint64_t hash) const {
  auto at = static_cast<std::uint32_t>(hash) & mask();
  for (std::uint32_t steps = 0; steps <= mask(); ++steps, at = (at + 1) & mask()) {
    const auto bucket = view_.bucket(at).load(std::memory_order_relaxed);
    if (bucket == bucket_word(slot, hash)) return at;
    if (bucket == 0) return {};
  }
  return {};
}

bool Index::holds(std::uint32_t slot, std::uint64_t hash) const {
  return locate(slot, hash).has_value();
}

bool Index::erase(std::uint32_t slot, std::uint64_t hash) {
  const auto at = locate(slot, hash);
  if (at) close_gap(*at);
  return at.has_value();
}

/// By the entry's hash: the bucket keeps only the half that its place does not tell.
std::uint32_t Index::home_of(std::uint32_t at) const {
  const auto slot = slot_in(view_, view_.bucket(at).load(std::memory_order_relaxed));
  if (!slot) return at;  // damaged: stays where it is until purge takes it
  return static_cast<std::uint32_t>(view_.entry(*slot).hash.load(std::memory_order_relaxed)) &
         mask();
}

/// Moves later buckets of the run forward: each is stored in its new place, then the step, then its
/// old place is reused. At no moment is one missing, and who passed the new place too early sees
/// the step.
void Index::close_gap(std::uint32_t gap) {
  const auto first = gap;
  for (auto at = (gap + 1) & mask(); at != first; at = (at + 1) & mask()) {
    const auto bucket = view_.bucket(at).load(std::memory_order_relaxed);
    if (bucket == 0) break;
    if (((at - home_of(at)) & mask()) < ((at - gap) & mask())) continue;  // would pass its home
    view_.store(view_.bucket(gap), bucket);
    step();
    gap = at;
  }
  view_.store(view_.bucket(gap), 0);
  step();
}

bool Index::reachable(std::uint32_t at) const {
  for (auto from = home_of(at); from != at; from = (from + 1) & mask())
    if (view_.bucket(from).load(std::memory_order_relaxed) == 0) return false;
  return true;
}

bool Index::sound(std::uint32_t at, std::vector<bool>& met) const {
  const auto bucket = view_.bucket(at).load(std::memory_order_relaxed);
  const auto slot = slot_in(view_, bucket);
  if (!slot || met[*slot]) return false;
  const auto& entry = view_.entry(*slot);
  if (entry.tag_id.load(std::memory_order_relaxed) == 0) return false;
  if (bucket != bucket_word(*slot, entry.hash.load(std::memory_order_relaxed))) return false;
  if (!reachable(at)) return false;
  met[*slot] = true;
  return true;
}

void Index::purge() {
  std::vector<bool> met(view_.geometry().slot_capacity);
  for (std::uint32_t at = 0; at <= mask();) {
    if (view_.bucket(at).load(std::memory_order_relaxed) == 0 || sound(at, met))
      ++at;
    else
      close_gap(at);  // brings another bucket here, or none
  }
}

}  // namespace tagwerk::table
