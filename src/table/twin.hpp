#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "table/catalog.hpp"
#include "table/sysv_segment.hpp"

/// The System V segment beside the POSIX one: found again, judged, made and retired. The stores
/// that keep it equal are MutableView's and the writer's.
///
/// It has no lock and no name of its own; whoever holds the POSIX segment's lock is its writer, and
/// the instance in its header says whose it is.
namespace tagwerk::table {

/// A System V segment that holds a table.
struct SysvTable {
  SysvKey key = 0;
  int id = -1;
  std::string instance;
};
/// Those of this machine that this process may read. Others' segments are left alone as far as
/// their size tells them apart.
std::vector<SysvTable> sysv_tables();

/// The instance's segment with this key, attached for writing; nothing where the key is free. One
/// of `bytes` that its writer did not even begin to fill counts as its own, once that writer is
/// dead. Fails: already_exists (another user's, another instance's or no table at all, naming it),
/// io
Result<std::optional<SysvSegment>> find_own_sysv(SysvKey key, std::string_view instance,
                                                 std::uint64_t bytes);

/// The twin can go on as it is: nothing but the last stores of the writer that kept both can be
/// missing. Its slots may differ, its directory does not.
bool can_go_on(const View& first, const SysvSegment& twin);

/// A new segment that equals the first one. A former one of the instance is retired.
/// Fails: as find_own_sysv; limit_exceeded, permission_denied, io; the key is free then
Result<SysvSegment> make_twin(const View& first, const std::vector<Catalog::Extent>& extents,
                              SysvKey key, std::uint32_t mode, std::int32_t group);

/// Tells readers of a segment to open again.
void mark_replaced(std::span<std::byte> segment);
/// Tells them and takes the key away.
void retire(SysvSegment& segment);

}  // namespace tagwerk::table
