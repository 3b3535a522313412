#include "table/writer_lock.hpp"

#include "table/layout.hpp"

namespace tagwerk::table {
namespace {

std::unexpected<Error> held(std::string_view instance, Segment& segment) {
  std::uint32_t pid = 0;
  if (segment.map_to_read() && segment.bytes().size() >= sizeof(Header))
    pid = reinterpret_cast<const Header*>(segment.bytes().data())
              ->writer_pid.load(std::memory_order_acquire);
  if (pid == 0)
    return fail(ErrorCode::conflict,
                "table '{}' is being made or removed by another process; try again", instance);
  return fail(ErrorCode::conflict,
              "table '{}' is written by process {}; stop that one or use another instance",
              instance, pid);
}

}  // namespace

Status lock_alone(std::string_view instance, Segment& segment) {
  const auto locked = segment.lock();
  if (!locked) return std::unexpected(locked.error());
  if (!*locked) return held(instance, segment);
  return {};
}

}  // namespace tagwerk::table
