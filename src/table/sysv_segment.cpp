#include "table/sysv_segment.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace tagwerk::table {
namespace {

std::string name_of(SysvKey key) {
  return fmt::format("System V segment {}", to_string_of_key(key));
}

/// A sentence for what shmget, shmat and shmctl refuse.
std::unexpected<Error> refused(std::string_view what, SysvKey key) {
  const int number = errno;
  auto error = base::fail_errno(fmt::format("cannot {} {}", what, name_of(key)));
  std::string& text = error.error().message;
  switch (number) {
    case ENOENT:
    case EIDRM:
      error.error().code = ErrorCode::not_found;
      text += "; is its writer started, and is the key its table.sysv_key?";
      break;
    case EACCES:
    case EPERM:
      text += "; let the writer set the table's mode and group so that you belong to it";
      break;
    case EEXIST:
      error.error().code = ErrorCode::already_exists;
      text += "; choose another key";
      break;
    case EINVAL:
    case ENOSPC:
    case ENOMEM:
      error.error().code = ErrorCode::limit_exceeded;
      text += "; see /proc/sys/kernel/shmmax, shmall and shmmni, or make the table smaller";
      break;
    case ENOSYS:
      text += "; this kernel has no System V shared memory, leave table.sysv_key out";
      break;
    default:
      break;
  }
  return error;
}

key_t kernel_key(SysvKey key) {
  return static_cast<key_t>(key);
}

/// Calls `visit` with each line of the kernel's list, without allocating; false ends it.
template <class Visit>
void for_each_record(Visit visit) {
  const int fd = ::open("/proc/sysvipc/shm", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  char text[4096];
  std::size_t size = 0;
  for (;;) {
    const auto got = ::read(fd, text + size, sizeof text - 1 - size);
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
    text[size] = '\0';
    char* line = text;
    while (char* end = std::strchr(line, '\n')) {
      *end = '\0';
      SysvRecord record;
      long long key = 0;
      unsigned long long bytes = 0;
      unsigned long long used = 0;
      // key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime rss swap
      const int fields =
          std::sscanf(line, "%lld %d %*o %llu %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %llu", &key,
                      &record.id, &bytes, &used);
      record.key = static_cast<SysvKey>(key);
      record.bytes = bytes;
      record.used_bytes = used;
      if (fields == 4 && !visit(record)) {
        ::close(fd);
        return;
      }
      line = end + 1;
    }
    size -= static_cast<std::size_t>(line - text);
    std::memmove(text, line, size);
    if (size == sizeof text - 1) break;  // a line longer than any the kernel writes
  }
  ::close(fd);
}

}  // namespace

Result<SysvKey> parse_sysv_key(std::string_view text) {
  const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
  const std::string_view digits = hexadecimal ? text.substr(2) : text;
  SysvKey key = 0;
  const auto [end, fault] =
      std::from_chars(digits.data(), digits.data() + digits.size(), key, hexadecimal ? 16 : 10);
  if (fault != std::errc{} || end != digits.data() + digits.size() || key == 0)
    return fail(ErrorCode::invalid_argument,
                "'{}' is no System V key; use a number from 1 to 0xffffffff, like 0x54570001",
                text.substr(0, 80));
  return key;
}

std::string to_string_of_key(SysvKey key) {
  return fmt::format("0x{:08x}", key);
}

Result<SysvSegment> SysvSegment::open(SysvKey key, int flags) {
  const int id = key == 0 ? -1 : ::shmget(kernel_key(key), 0, 0);
  if (key == 0) errno = ENOENT;
  if (id < 0) return refused("open", key);
  SysvSegment segment(key, id);
  if (auto attached = segment.attach(flags); !attached) return std::unexpected(attached.error());
  return segment;
}

Result<SysvSegment> SysvSegment::open_to_read(SysvKey key) {
  return open(key, SHM_RDONLY);
}

Result<SysvSegment> SysvSegment::open_to_write(SysvKey key) {
  return open(key, 0);
}

Result<SysvSegment> SysvSegment::make(SysvKey key, std::uint64_t bytes, std::uint32_t mode) {
  // Not reserved as a whole: memory is taken as tags come, see take_memory.
  const int id = ::shmget(kernel_key(key), bytes,
                          IPC_CREAT | IPC_EXCL | SHM_NORESERVE | static_cast<int>(mode & 0777U));
  if (id < 0) return refused(fmt::format("make {} bytes of", bytes), key);
  SysvSegment segment(key, id);
  if (auto attached = segment.attach(0); !attached) {
    (void)segment.remove();
    return std::unexpected(attached.error());
  }
  return segment;
}

SysvSegment::~SysvSegment() {
  if (base_ != nullptr) ::shmdt(base_);
}

void SysvSegment::swap(SysvSegment& other) noexcept {
  std::swap(id_, other.id_);
  std::swap(key_, other.key_);
  std::swap(base_, other.base_);
  std::swap(size_, other.size_);
}

Status SysvSegment::attach(int flags) {
  void* base = ::shmat(id_, nullptr, flags);
  if (base == reinterpret_cast<void*>(-1)) return refused("attach", key_);
  base_ = static_cast<std::byte*>(base);
  struct shmid_ds found{};
  if (::shmctl(id_, IPC_STAT, &found) != 0) return refused("look at", key_);
  size_ = found.shm_segsz;
  return {};
}

Status SysvSegment::take_memory(std::uint64_t offset, std::uint64_t bytes) {
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const auto from = offset / page * page;
  const auto upto = std::min<std::uint64_t>((offset + bytes + page - 1) / page * page, size_);
#ifdef MADV_POPULATE_WRITE
  int result = 0;
  do
    result = ::madvise(base_ + from, upto - from, MADV_POPULATE_WRITE);
  while (result != 0 && errno == EINTR);
  if (result == 0) return {};
  if (errno != EINVAL)  // EINVAL: the kernel is older than 5.14
    return fail(ErrorCode::limit_exceeded, "no {} bytes of shared memory left for {} ({})", bytes,
                name_of(key_), std::generic_category().message(errno));
#endif
  for (auto at = from; at < upto; at += page)
    reinterpret_cast<std::atomic<std::uint64_t>*>(base_ + at)->fetch_or(0);
  return {};
}

Status SysvSegment::set_access(std::uint32_t mode, std::int32_t group) {
  struct shmid_ds found{};
  if (::shmctl(id_, IPC_STAT, &found) != 0) return refused("look at", key_);
  found.shm_perm.mode = static_cast<unsigned short>(mode & 0777U);
  if (group >= 0) found.shm_perm.gid = static_cast<gid_t>(group);
  if (::shmctl(id_, IPC_SET, &found) != 0) return refused("set mode and group of", key_);
  return {};
}

Status SysvSegment::remove() {
  if (::shmctl(id_, IPC_RMID, nullptr) != 0) return refused("remove", key_);
  return {};
}

bool SysvSegment::removed() const {
  struct shmid_ds found{};
  return ::shmctl(id_, IPC_STAT, &found) != 0 || (found.shm_perm.mode & SHM_DEST) != 0;
}

std::uint64_t SysvSegment::attached() const {
  struct shmid_ds found{};
  return ::shmctl(id_, IPC_STAT, &found) == 0 ? found.shm_nattch : 0;
}

int SysvSegment::creator() const {
  struct shmid_ds found{};
  return ::shmctl(id_, IPC_STAT, &found) == 0 ? found.shm_cpid : 0;
}

SegmentStat SysvSegment::stat() const {
  struct shmid_ds found{};
  if (::shmctl(id_, IPC_STAT, &found) != 0) return {.removed = true};
  SegmentStat stat{.bytes = found.shm_segsz,
                   .inode = static_cast<std::uint64_t>(id_) + 1,
                   .owner_uid = found.shm_perm.uid,
                   .group_gid = found.shm_perm.gid,
                   .mode = found.shm_perm.mode & 0777U,
                   .removed = (found.shm_perm.mode & SHM_DEST) != 0};
  for_each_record([&](const SysvRecord& record) {
    if (record.id == id_) stat.used_bytes = record.used_bytes;
    return record.id != id_;
  });
  return stat;
}

std::vector<SysvRecord> sysv_records() {
  std::vector<SysvRecord> found;
  for_each_record([&](const SysvRecord& record) {
    if (record.key != 0) found.push_back(record);
    return true;
  });
  return found;
}

}  // namespace tagwerk::table
