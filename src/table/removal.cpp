#include "table/access.hpp"
#include "table/twin.hpp"
#include "table/writer.hpp"
#include "table/writer_lock.hpp"

/// How a table goes away: its name, its System V segments, what a dead writer left half-made.
namespace tagwerk::table {
namespace {

std::unexpected<Error> written_by(std::string_view instance, std::uint32_t pid) {
  return fail(ErrorCode::conflict,
              "table '{}' is written by process {}; stop that one before you remove it", instance,
              pid);
}

/// The process that keeps a System V segment whose POSIX one somebody removed.
std::optional<std::uint32_t> living_writer(const SysvSegment& segment) {
  const auto geometry = check_header(segment.bytes());
  if (!geometry) return {};
  tagwerk_table_information information;
  fill_information(View(segment.bytes().data(), *geometry), &segment, information);
  return information.writer_alive != 0 ? std::optional(information.writer_pid) : std::nullopt;
}

/// Fails: conflict, naming the process
Result<std::vector<SysvSegment>> removable_sysv(std::string_view instance) {
  std::vector<SysvSegment> found;
  for (const auto& table : sysv_tables()) {
    if (table.instance != instance) continue;
    auto segment = SysvSegment::open_to_read(table.key);
    if (!segment) continue;  // gone meanwhile
    if (const auto pid = living_writer(*segment)) return written_by(instance, *pid);
    found.push_back(std::move(*segment));
  }
  return found;
}

}  // namespace

Result<std::vector<std::string>> remove_table(std::string_view instance) {
  if (auto named = check_instance(instance); !named) return std::unexpected(named.error());
  Segment segment;
  const bool has_name = stat_of(instance).inode != 0;
  if (has_name) {
    auto opened = Segment::open_to_write(instance, 0600);
    if (!opened) return std::unexpected(opened.error());
    segment = std::move(*opened);
    if (auto locked = lock_alone(instance, segment); !locked)
      return std::unexpected(locked.error());
  }
  auto twins = removable_sysv(instance);
  if (!twins) return std::unexpected(twins.error());
  if (!has_name && twins->empty())
    return fail(ErrorCode::not_found,
                "there is no table '{}'; 'tagwerk table ls' lists what is there", instance);
  std::vector<std::string> removed;
  for (auto& twin : *twins) {
    if (auto gone = twin.remove(); !gone) return std::unexpected(gone.error());
    removed.push_back(
        fmt::format("System V segment {} (key {})", twin.id(), to_string_of_key(twin.key())));
  }
  if (auto left = remove_unnamed(instance); !left.empty()) removed.push_back(std::move(left));
  if (!has_name) return removed;
  if (auto gone = remove_name(instance); !gone) return std::unexpected(gone.error());
  removed.push_back(segment_path(instance));
  return removed;
}

}  // namespace tagwerk::table
