#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "table/shared_memory.hpp"

/// The System V segment of a table: found by a key, as PHP's shmop and `ipcs -m` know it. Knows
/// nothing of what is inside.
namespace tagwerk::table {

/// What shmget takes; 0 (IPC_PRIVATE) is none.
using SysvKey = std::uint32_t;

/// "0x54570001" or "1415000065".
/// Fails: invalid_argument, naming the text
Result<SysvKey> parse_sysv_key(std::string_view text);
/// As `ipcs -m` writes it: "0x54570001".
std::string to_string_of_key(SysvKey key);

/// An attached segment. It has no name to rename and no lock: who may write is decided by the POSIX
/// segment beside it.
/// Threads: one thread, except bytes()
/// Owns:    the attachment. The segment stays until remove().
class SysvSegment final : public SharedMemory {
 public:
  /// For reading only; the attachment refuses stores.
  /// Fails: not_found, permission_denied, io
  static Result<SysvSegment> open_to_read(SysvKey key);
  static Result<SysvSegment> open_to_write(SysvKey key);
  /// A new one, filled with zeros.
  /// Fails: already_exists, limit_exceeded (naming the kernel's limit), io
  static Result<SysvSegment> make(SysvKey key, std::uint64_t bytes, std::uint32_t mode);

  SysvSegment() = default;
  SysvSegment(SysvSegment&& other) noexcept { swap(other); }
  SysvSegment& operator=(SysvSegment&& other) noexcept {
    swap(other);
    return *this;
  }
  ~SysvSegment() override;

  std::span<std::byte> bytes() const override { return {base_, size_}; }
  SegmentStat stat() const override;
  std::optional<bool> locked_by_other() const override { return {}; }
  Status take_memory(std::uint64_t offset, std::uint64_t bytes) override;

  SysvKey key() const { return key_; }
  int id() const { return id_; }
  /// No key leads to it any more.
  bool removed() const;
  /// Processes that have it attached, this one included.
  std::uint64_t attached() const;
  /// The process that made it.
  int creator() const;
  Status set_access(std::uint32_t mode, std::int32_t group);
  /// Takes the key away; who has it attached keeps it.
  Status remove();

 private:
  SysvSegment(SysvKey key, int id) : id_(id), key_(key) {}
  static Result<SysvSegment> open(SysvKey key, int flags);
  void swap(SysvSegment& other) noexcept;
  Status attach(int flags);

  int id_ = -1;
  SysvKey key_ = 0;
  std::byte* base_ = nullptr;
  std::size_t size_ = 0;
};

/// One line of /proc/sysvipc/shm.
struct SysvRecord {
  SysvKey key = 0;
  int id = -1;
  std::uint64_t bytes = 0;
  std::uint64_t used_bytes = 0;
};
/// Every segment of this machine that has a key, also those of others.
std::vector<SysvRecord> sysv_records();

}  // namespace tagwerk::table
