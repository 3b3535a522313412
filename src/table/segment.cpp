#include "table/segment.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace tagwerk::table {
namespace {

constexpr const char* kDirectory = "/dev/shm/";
constexpr std::string_view kPrefix = "tagwerk.";
/// Not the prefix: who lists instances never sees a half-made one.
constexpr std::string_view kUnnamedPrefix = "tagwerk-new.";

std::string path_of(std::string_view prefix, std::string_view instance) {
  return fmt::format("{}{}{}", kDirectory, prefix, instance);
}

std::unexpected<Error> refused(std::string_view what, const std::string& name) {
  const int number = errno;
  auto error = base::fail_errno(fmt::format("cannot {} shared memory '{}'", what, name));
  if (number == EACCES || number == EPERM)
    error.error().message +=
        "; let the writer set the table's mode and group so that you belong to it";
  if (number == ENOENT)
    error.error().message += "; is its writer started, and the instance's name right?";
  return error;
}

struct flock whole_file(short type) {
  struct flock lock{};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

SegmentStat stat_from(const struct stat& found) {
  return {.bytes = static_cast<std::uint64_t>(found.st_size),
          .used_bytes = static_cast<std::uint64_t>(found.st_blocks) * 512,
          .inode = found.st_ino,
          .owner_uid = found.st_uid,
          .group_gid = found.st_gid,
          .mode = found.st_mode & 07777U,
          .removed = found.st_nlink == 0};
}

}  // namespace

Status check_instance(std::string_view instance) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  if (instance.empty() || instance.size() > 63 || instance.front() == '.' ||
      !std::ranges::all_of(instance, allowed))
    return fail(ErrorCode::invalid_argument,
                "instance '{}': use 1 to 63 letters, digits, '.', '_' or '-', no '.' first",
                instance.substr(0, 80));
  return {};
}

Result<Segment> Segment::open_to_read(std::string_view instance) {
  auto name = path_of(kPrefix, instance);
  const int fd = ::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return refused("open", name);
  return Segment(fd, std::move(name));
}

Result<Segment> Segment::open_to_write(std::string_view instance, std::uint32_t mode) {
  auto name = path_of(kPrefix, instance);
  // Not O_CREAT alone: fs.protected_regular refuses that for a file of another user in a sticky
  // directory.
  int fd = ::open(name.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0 && errno == ENOENT)
    fd = ::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
  if (fd < 0 && errno == EEXIST) fd = ::open(name.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return refused("write", name);
  return Segment(fd, std::move(name));
}

Result<Segment> Segment::make_unnamed(std::string_view instance, std::uint64_t bytes,
                                      std::uint32_t mode) {
  auto name = path_of(kUnnamedPrefix, instance);
  ::unlink(name.c_str());  // left by a writer that died right here; we hold the instance's lock
  const int fd = ::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
  if (fd < 0) return refused("make", name);
  Segment made(fd, std::move(name));
  made.unnamed_ = true;
  if (::ftruncate(fd, static_cast<off_t>(bytes)) != 0) return refused("size", made.name_);
  return made;
}

Segment::~Segment() {
  if (base_ != nullptr) ::munmap(base_, size_);
  if (unnamed_) ::unlink(name_.c_str());
  if (fd_ >= 0) ::close(fd_);
}

void Segment::swap(Segment& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(unnamed_, other.unnamed_);
  std::swap(name_, other.name_);
  std::swap(base_, other.base_);
  std::swap(size_, other.size_);
}

Status Segment::map(int protection) {
  const auto size = stat().bytes;
  if (size == 0) return {};  // nothing to see yet; check_header says so
  void* base = ::mmap(nullptr, size, protection, MAP_SHARED, fd_, 0);
  if (base == MAP_FAILED) return refused("map", name_);
  base_ = static_cast<std::byte*>(base);
  size_ = size;
  return {};
}

Status Segment::map_to_read() {
  return map(PROT_READ);
}
Status Segment::map_to_write() {
  return map(PROT_READ | PROT_WRITE);
}

Status Segment::take_memory(std::uint64_t offset, std::uint64_t bytes) {
  int result = 0;
  do
    result = ::fallocate(fd_, 0, static_cast<off_t>(offset), static_cast<off_t>(bytes));
  while (result != 0 && errno == EINTR);
  if (result == 0) return {};
  return fail(
      ErrorCode::limit_exceeded,
      "no {} bytes of shared memory left for '{}' ({}); make /dev/shm larger or the table smaller",
      bytes, name_, std::generic_category().message(errno));
}

Result<bool> Segment::lock() {
  auto lock = whole_file(F_WRLCK);
  if (::fcntl(fd_, F_OFD_SETLK, &lock) == 0) return true;
  if (errno == EAGAIN || errno == EACCES) return false;
  return refused("lock", name_);
}

std::optional<bool> Segment::locked_by_other() const {
  auto lock = whole_file(F_RDLCK);
  return ::fcntl(fd_, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

Status Segment::set_access(std::uint32_t mode, std::int32_t group) {
  if (group >= 0 && ::fchown(fd_, static_cast<uid_t>(-1), static_cast<gid_t>(group)) != 0)
    return refused(fmt::format("give group {} to", group), name_);
  if (::fchmod(fd_, mode) != 0) return refused("set the mode of", name_);
  return {};
}

Status Segment::publish_name(std::string_view instance) {
  auto name = path_of(kPrefix, instance);
  if (::rename(name_.c_str(), name.c_str()) != 0) return refused("name", name);
  name_ = std::move(name);
  unnamed_ = false;
  return {};
}

SegmentStat Segment::stat() const {
  struct stat found{};
  return ::fstat(fd_, &found) == 0 ? stat_from(found) : SegmentStat{};
}

SegmentStat stat_of(std::string_view instance) {
  struct stat found{};
  return ::lstat(path_of(kPrefix, instance).c_str(), &found) == 0 ? stat_from(found)
                                                                  : SegmentStat{};
}

std::string segment_path(std::string_view instance) {
  return path_of(kPrefix, instance);
}

Status remove_name(std::string_view instance) {
  const auto name = path_of(kPrefix, instance);
  if (::unlink(name.c_str()) != 0) return refused("remove", name);
  return {};
}

std::string remove_unnamed(std::string_view instance) {
  auto name = path_of(kUnnamedPrefix, instance);
  return ::unlink(name.c_str()) == 0 ? name : std::string();
}

std::vector<std::string> segment_instances() {
  std::vector<std::string> found;
  std::error_code ignored;
  for (std::filesystem::directory_iterator at(kDirectory, ignored), end; at != end && !ignored;
       at.increment(ignored)) {
    const auto name = at->path().filename().string();
    if (!name.starts_with(kPrefix)) continue;
    auto instance = name.substr(kPrefix.size());
    if (check_instance(instance)) found.push_back(std::move(instance));
  }
  std::ranges::sort(found);
  return found;
}

}  // namespace tagwerk::table
