#include "table/inspection.hpp"

#include <algorithm>
#include <chrono>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "table/value_bytes.hpp"

namespace tagwerk::table {
namespace {

constexpr int kLooks = 20;

std::uint64_t load_acquired(const Word& word) {
  return word.load(std::memory_order_acquire);
}

/// One look at a segment; the next one starts afresh.
class Look {
 public:
  explicit Look(const View& view) : view_(view) {}

  Inspection run() {
    const auto limit = slot_limit(view_);
    for (std::uint32_t slot = 0; slot < limit; ++slot)
      if (load_acquired(view_.entry(slot).tag_id) != 0) look_at_tag(slot);
    look_at_extents();
    look_at_buckets();
    const auto counted = view_.header().tag_count.load(std::memory_order_acquire);
    if (counted != found_.tags)
      found_.add(fmt::format("the header counts {} tags, there are {}", counted, found_.tags));
    return std::move(found_);
  }

 private:
  struct Extent {
    std::uint64_t unit;
    std::uint64_t units;
    std::uint32_t slot;
  };

  void look_at_tag(std::uint32_t slot) {
    ++found_.tags;
    EntryCopy entry;
    char path[kMaxPath];
    if (read_entry(view_, slot, entry, path) != FindResult::found)
      return found_.add(fmt::format("slot {}: its path or area lies outside the table", slot));
    const std::string_view text(path, entry.path_length);
    if (!ids_.insert(entry.tag_id).second)
      found_.add(fmt::format("tag {} has two slots, one is {}", entry.tag_id, slot));
    look_at_path(slot, text);
    look_at_value(slot, text);
    extents_.push_back({entry.path_at.unit, units_of(entry.path_length), slot});
    if (entry.area.length > 0)
      extents_.push_back({entry.area.unit, 2ULL * units_of(entry.area.length), slot});
  }

  void look_at_path(std::uint32_t slot, std::string_view path) {
    if (load_acquired(view_.entry(slot).hash) != hash_path(path))
      return found_.add(fmt::format("slot {}: the hash of '{}' is wrong", slot, path));
    Found at;
    if (find_path(view_, path, at) != FindResult::found)
      found_.add(fmt::format("slot {}: '{}' is not found by its path", slot, path));
    else if (at.slot != slot)
      found_.add(fmt::format("slots {} and {} both have the path '{}'", slot, at.slot, path));
  }

  void look_at_value(std::uint32_t slot, std::string_view path) {
    const auto& cell = view_.cell(slot);
    std::string fault = "the writer overtakes every look at it";
    for (int attempt = 0; attempt < kLooks; ++attempt) {
      Current current;
      Control seen;
      if (!read_slot(cell, current, seen)) break;
      fault = fault_of(current, seen);
      if (!unchanged(cell, seen)) continue;
      if (fault.empty() && current.number > load_acquired(view_.header().committed))
        ++found_.open_batch;
      break;
    }
    if (fault.empty()) return;
    ++found_.torn;
    found_.add(fmt::format("slot {} of '{}': {}", slot, path, fault));
  }

  std::string fault_of(const Current& current, Control seen) const {
    if (const auto number = (seen.word >> 2) & 15; number >= kTypeCount)
      return fmt::format("there is no type {}", number);
    if (current.type == Type::boolean && current.bits > 1)
      return fmt::format("a bool of {}", current.bits);
    if (!needs_area(current.type)) return {};
    const auto at = current.reference();
    if (!view_.inside(at) || at.length > kMaxValueBytes)
      return fmt::format("its {} bytes lie outside the table", at.length);
    if (current.type < Type::bool_array) return {};
    base::Bytes bytes(at.length);
    load_bytes(view_.area(at.unit), bytes);
    if (make_value(current.type, current.bits, bytes).is_null())
      return fmt::format("{} bytes are no {}", at.length, to_string(current.type));
    return {};
  }

  /// No two tags share bytes.
  void look_at_extents() {
    std::ranges::sort(extents_, {}, &Extent::unit);
    for (std::size_t i = 1; i < extents_.size(); ++i) {
      const auto& before = extents_[i - 1];
      const auto& extent = extents_[i];
      if (before.unit + before.units > extent.unit)
        found_.add(fmt::format("slots {} and {} share bytes of the area at {}", before.slot,
                               extent.slot, extent.unit * kAreaUnit));
    }
  }

  void look_at_buckets() {
    std::unordered_map<std::uint32_t, std::uint32_t> met;
    for (std::uint32_t at = 0; at < view_.geometry().bucket_count; ++at) {
      const auto bucket = load_acquired(view_.bucket(at));
      if (bucket == 0) continue;
      ++found_.buckets;
      const auto slot = static_cast<std::uint32_t>(bucket) - 1;
      if (slot >= slot_limit(view_) || load_acquired(view_.entry(slot).tag_id) == 0 ||
          bucket != bucket_word(slot, load_acquired(view_.entry(slot).hash)))
        found_.add(fmt::format("bucket {} leads to no tag", at));
      else if (const auto [first, fresh] = met.try_emplace(slot, at); !fresh)
        found_.add(fmt::format("buckets {} and {} lead to slot {}", first->second, at, slot));
    }
  }

  const View& view_;
  Inspection found_;
  std::unordered_set<std::uint64_t> ids_;
  std::vector<Extent> extents_;
};

struct Moment {
  std::uint64_t directory;
  std::uint64_t committed;
  bool operator==(const Moment&) const = default;
};

Moment moment_of(const View& view) {
  return {load_acquired(view.header().directory), load_acquired(view.header().committed)};
}

/// A writer that was interrupted in the middle of a change leaves what looks like a fault until it
/// goes on.
bool moves_on(const View& view, const Moment& from, Duration patience) {
  tagwerk_table_information information;
  fill_information(view, nullptr, information);
  if (information.writer_alive == 0) return false;
  const auto deadline = base::mono_now() + patience;
  while (moment_of(view) == from && base::mono_now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  return moment_of(view) != from;
}

}  // namespace

void Inspection::add(std::string text) {
  ++faults;
  if (texts.size() < kMaxTexts) texts.push_back(std::move(text));
}

Inspection inspect(const View& view, Duration patience) {
  Inspection found;
  for (int attempt = 0; attempt < kLooks; ++attempt) {
    const auto before = moment_of(view);
    found = Look(view).run();
    found.unsteady = moment_of(view).directory != before.directory;
    if (!found.unsteady && (found.faults == 0 || !moves_on(view, before, patience))) break;
  }
  return found;
}

Comparison compare(const Reader& first, const Reader& second) {
  Comparison found;
  const auto tags = first.tags();
  for (const auto& tag : tags) {
    const auto other = second.find(tag.path);
    const auto a = first.read(tag.slot, tag.id);
    const auto b = other ? second.read(other->slot, other->id) : TableValue{};
    if (!other || other->id != tag.id || other->slot != tag.slot)
      ++found.different;
    else if (a.number != b.number)
      ++found.behind;
    else if (a.value == b.value && a.quality == b.quality && a.source_time == b.source_time)
      ++found.same;
    else
      ++found.different;
  }
  const auto others = second.tags().size();
  if (others > tags.size()) found.different += static_cast<std::uint32_t>(others - tags.size());
  return found;
}

}  // namespace tagwerk::table
