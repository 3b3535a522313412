#include "table/twin.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <unistd.h>

#include "table/access.hpp"
#include "table/segment.hpp"

namespace tagwerk::table {
namespace {

constexpr std::uint64_t kPage = 4096;

/// Who else uses System V segments need not notice that we look.
bool could_be_table(const SysvRecord& record) {
  return record.bytes >= kHeaderBytes + 4 * kPage && record.bytes % kPage == 0;
}

const Header* header_of(const SharedMemory& segment) {
  const auto bytes = segment.bytes();
  return bytes.size() < kHeaderBytes ? nullptr : reinterpret_cast<const Header*>(bytes.data());
}

bool has_magic(const Header* header) {
  return header != nullptr && header->magic.load(std::memory_order_acquire) == kMagic;
}

std::string instance_in(const Header& header) {
  return {header.instance, ::strnlen(header.instance, sizeof header.instance)};
}

/// Made by a process that died before it wrote anything. Somebody else's would hardly have the very
/// size of ours.
bool is_unfinished(const SysvSegment& segment, std::uint64_t size) {
  const auto bytes = segment.bytes();
  if (bytes.size() != size || segment.attached() > 1) return false;
  const auto creator = segment.creator();
  if (::kill(creator, 0) == 0 || errno != ESRCH) return false;
  return std::ranges::all_of(bytes.first(sizeof(Header)),
                             [](std::byte byte) { return byte == std::byte{0}; });
}

std::unexpected<Error> foreign(SysvKey key, std::string_view whose) {
  const auto records = sysv_records();
  const auto found = std::ranges::find(records, key, &SysvRecord::key);
  const auto id = found != records.end() ? fmt::format("{}", found->id) : std::string("?");
  return fail(ErrorCode::already_exists,
              "System V key {} belongs to segment {}, {}; choose another table.sysv_key, or remove "
              "that with 'ipcrm -m {}'",
              to_string_of_key(key), id, whose, id);
}

bool same_path(const View& first, const View& twin, AreaReference path) {
  if (path.length > kMaxPath || !first.inside(path)) return false;
  char text[kMaxPath];
  const auto bytes = std::as_writable_bytes(std::span(text, path.length));
  load_bytes(first.area(path.unit), bytes);
  return equal_bytes(twin.area(path.unit), bytes);
}

bool same_entry(const View& first, const View& twin, std::uint32_t slot) {
  const auto load = [](const Word& word) { return word.load(std::memory_order_relaxed); };
  const auto& a = first.entry(slot);
  const auto& b = twin.entry(slot);
  if (load(a.tag_id) != load(b.tag_id)) return false;
  if (load(a.tag_id) == 0) return true;
  return load(a.path) == load(b.path) && load(a.area) == load(b.area) &&
         load(a.hash) == load(b.hash) && load(a.type) == load(b.type) &&
         same_path(first, twin, AreaReference::from(load(a.path)));
}

bool same_directory(const View& first, const View& twin) {
  const auto load = [](const auto& word) { return word.load(std::memory_order_relaxed); };
  const auto& a = first.header();
  const auto& b = twin.header();
  if (load(a.directory) != load(b.directory) || load(a.slot_limit) != load(b.slot_limit) ||
      std::memcmp(a.instance, b.instance, sizeof a.instance) != 0)
    return false;
  for (std::uint32_t at = 0; at < first.geometry().bucket_count; ++at)
    if (load(first.bucket(at)) != load(twin.bucket(at))) return false;
  for (std::uint32_t slot = 0; slot < slot_limit(first); ++slot)
    if (!same_entry(first, twin, slot)) return false;
  return true;
}

/// The first one is stored first.
bool is_behind(const View& first, const View& twin) {
  const auto number = [](const View& view, std::uint32_t slot) {
    return Control{view.cell(slot).control.load(std::memory_order_relaxed)}.number();
  };
  if (twin.header().committed.load(std::memory_order_relaxed) >
      first.header().committed.load(std::memory_order_relaxed))
    return false;
  for (std::uint32_t slot = 0; slot < slot_limit(first); ++slot)
    if (number(twin, slot) > number(first, slot)) return false;
  return true;
}

Status fill(SysvSegment& twin, const View& first, const std::vector<Catalog::Extent>& extents) {
  const auto* from = reinterpret_cast<const std::byte*>(&first.header());
  for (const auto& extent : extents) {
    if (auto taken = twin.take_memory(extent.offset, extent.bytes); !taken) return taken;
    // Not the magic: who opens meanwhile is told to try again.
    const auto offset = std::max<std::uint64_t>(extent.offset, sizeof(Word));
    std::memcpy(twin.bytes().data() + offset, from + offset, extent.offset + extent.bytes - offset);
  }
  return {};
}

}  // namespace

std::vector<SysvTable> sysv_tables() {
  std::vector<SysvTable> found;
  for (const auto& record : sysv_records()) {
    if (!could_be_table(record)) continue;
    const auto segment = SysvSegment::open_to_read(record.key);
    if (!segment || !has_magic(header_of(*segment))) continue;
    auto instance = instance_in(*header_of(*segment));
    if (check_instance(instance)) found.push_back({record.key, segment->id(), std::move(instance)});
  }
  std::ranges::sort(found, {}, &SysvTable::instance);
  return found;
}

Result<std::optional<SysvSegment>> find_own_sysv(SysvKey key, std::string_view instance,
                                                 std::uint64_t bytes) {
  auto segment = SysvSegment::open_to_write(key);
  if (!segment && segment.error().code == ErrorCode::not_found) return std::nullopt;
  if (!segment && segment.error().code == ErrorCode::permission_denied)
    return foreign(key, "which is another user's");
  if (!segment) return std::unexpected(segment.error());
  if (const auto owner = segment->stat().owner_uid; owner != ::geteuid())
    return foreign(key, fmt::format("which is user {}'s", owner));
  const auto* header = header_of(*segment);
  if (has_magic(header) && instance_in(*header) != instance)
    return foreign(key, fmt::format("the table '{}'", instance_in(*header)));
  if (!has_magic(header) && !is_unfinished(*segment, bytes))
    return foreign(key, "which is no table");
  return std::move(*segment);
}

bool can_go_on(const View& first, const SysvSegment& twin) {
  const auto geometry = check_header(twin.bytes());
  if (!geometry || *geometry != first.geometry()) return false;
  const View view(twin.bytes().data(), *geometry);
  return view.header().generation.load(std::memory_order_relaxed) ==
             first.header().generation.load(std::memory_order_relaxed) &&
         same_directory(first, view) && is_behind(first, view);
}

Result<SysvSegment> make_twin(const View& first, const std::vector<Catalog::Extent>& extents,
                              SysvKey key, std::uint32_t mode, std::int32_t group) {
  auto former = find_own_sysv(key, instance_in(first.header()), first.geometry().segment_bytes);
  if (!former) return std::unexpected(former.error());
  if (*former) retire(**former);
  auto twin = SysvSegment::make(key, first.geometry().segment_bytes, 0600);
  if (!twin) return twin;
  auto done = fill(*twin, first, extents);
  if (done) done = twin->set_access(mode, group);
  if (!done) {
    (void)twin->remove();
    return std::unexpected(done.error());
  }
  reinterpret_cast<Word*>(twin->bytes().data())->store(kMagic, std::memory_order_release);
  return twin;
}

void mark_replaced(std::span<std::byte> segment) {
  if (segment.size() < sizeof(Header)) return;
  auto& header = *reinterpret_cast<Header*>(segment.data());
  header.state.store(static_cast<std::uint32_t>(State::replaced), std::memory_order_release);
  // Readers compare it with what they know, and then look at the state.
  header.directory.fetch_add(1, std::memory_order_release);
  // Changes the futex word, so that no waiter goes to sleep on the old one.
  header.committed.fetch_add(1, std::memory_order_release);
  wake_waiting(header.committed);
}

void retire(SysvSegment& segment) {
  mark_replaced(segment.bytes());
  (void)segment.remove();
}

}  // namespace tagwerk::table
