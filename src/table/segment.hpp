#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "table/shared_memory.hpp"

/// The POSIX segment of a table: a file in /dev/shm, its mapping and its lock. Knows nothing of
/// what is inside.
namespace tagwerk::table {

/// An open, possibly mapped segment.
/// Threads: one thread, except bytes()
/// Owns:    descriptor (close-on-exec), mapping and lock
class Segment final : public SharedMemory {
 public:
  /// For reading only; the mapping refuses stores.
  /// Fails: not_found, permission_denied, io
  static Result<Segment> open_to_read(std::string_view instance);
  /// For writing, made empty when there is none.
  /// Fails: permission_denied, io
  static Result<Segment> open_to_write(std::string_view instance, std::uint32_t mode);
  /// A new one under a name no reader looks at; see publish_name.
  static Result<Segment> make_unnamed(std::string_view instance, std::uint64_t bytes,
                                      std::uint32_t mode);

  Segment() = default;
  Segment(Segment&& other) noexcept { swap(other); }
  Segment& operator=(Segment&& other) noexcept {
    swap(other);
    return *this;
  }
  ~Segment() override;

  std::span<std::byte> bytes() const override { return {base_, size_}; }
  Status map_to_read();
  Status map_to_write();
  /// Takes memory for the range now, so that a store into it cannot fail later.
  /// Fails: limit_exceeded, naming /dev/shm and the bytes
  Status take_memory(std::uint64_t offset, std::uint64_t bytes) override;

  /// The one-writer lock: an open-file-description lock, freed by the kernel with its process.
  /// False: somebody else holds it.
  Result<bool> lock();
  std::optional<bool> locked_by_other() const override;
  Status set_access(std::uint32_t mode, std::int32_t group);
  /// Gives a segment of make_unnamed the instance's name, in place of the one there.
  Status publish_name(std::string_view instance);
  SegmentStat stat() const override;

 private:
  Segment(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}
  void swap(Segment& other) noexcept;
  Status map(int protection);

  int fd_ = -1;
  bool unnamed_ = false;  ///< goes again unless publish_name was reached
  std::string name_;
  std::byte* base_ = nullptr;
  std::size_t size_ = 0;
};

/// 1 to 63 of A-Z a-z 0-9 . _ -, not a '.' first.
/// Fails: invalid_argument
Status check_instance(std::string_view instance);
/// By name; all zero where there is none.
SegmentStat stat_of(std::string_view instance);
/// "/dev/shm/tagwerk.INSTANCE"
std::string segment_path(std::string_view instance);
Status remove_name(std::string_view instance);
/// Removes what a writer left that died while it made a new segment. Returns its path, "" =
/// nothing.
std::string remove_unnamed(std::string_view instance);
/// Instances that have a segment, sorted.
std::vector<std::string> segment_instances();

}  // namespace tagwerk::table
