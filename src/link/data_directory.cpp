#include "link/data_directory.hpp"

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace tagwerk::link {
namespace {

using base::Bytes;
using base::ByteView;

constexpr mode_t kPrivate = 0600;
constexpr std::size_t kMaxFile = std::size_t{1} << 30;

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

Status write_all(int fd, ByteView bytes, const std::string& name) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return base::fail_errno(fmt::format("cannot write '{}'", name));
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

Status sync_directory(const std::string& path) {
  const File directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.fd() < 0 || ::fsync(directory.fd()) != 0)
    return base::fail_errno(fmt::format("cannot sync '{}'", path));
  return {};
}

/// The file has either the old content or the new one, whatever happens.
Status replace_file(const std::string& directory, const std::string& name, ByteView bytes) {
  const std::string path = directory + "/" + name;
  const std::string fresh = path + ".new";
  {
    const File file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kPrivate));
    if (file.fd() < 0) return base::fail_errno(fmt::format("cannot create '{}'", fresh));
    if (auto written = write_all(file.fd(), bytes, fresh); !written) return written;
    if (::fsync(file.fd()) != 0) return base::fail_errno(fmt::format("cannot sync '{}'", fresh));
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0)
    return base::fail_errno(fmt::format("cannot rename '{}'", fresh));
  return sync_directory(directory);
}

Result<std::optional<Bytes>> read_file(const std::string& path) {
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd() < 0 && errno == ENOENT) return std::nullopt;
  struct stat status{};
  if (file.fd() < 0 || ::fstat(file.fd(), &status) != 0)
    return base::fail_errno(fmt::format("cannot read '{}'", path));
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size > kMaxFile)
    return fail(ErrorCode::limit_exceeded, "'{}' has {} bytes; {} are accepted", path, size,
                kMaxFile);
  Bytes bytes(size);
  std::size_t at = 0;
  while (at < size) {
    const ssize_t count = ::read(file.fd(), bytes.data() + at, size - at);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return base::fail_errno(fmt::format("cannot read '{}'", path));
    if (count == 0) break;
    at += static_cast<std::size_t>(count);
  }
  bytes.resize(at);
  return std::optional(std::move(bytes));
}

std::string first_line(const std::optional<Bytes>& bytes) {
  if (!bytes) return {};
  const auto text = base::as_text(*bytes);
  return std::string(text.substr(0, text.find('\n')));
}

std::unexpected<Error> held_by_other(const std::string& path, const std::string& lock_file) {
  const auto content = read_file(lock_file);
  const std::string pid = content ? first_line(*content) : std::string();
  return fail(ErrorCode::conflict, "'{}' is in use by process {}; stop it first", path,
              pid.empty() ? "unknown" : pid);
}

}  // namespace

DataDirectory::DataDirectory(DataDirectory&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

DataDirectory::~DataDirectory() {
  if (lock_ >= 0) ::close(lock_);
}

Result<DataDirectory> DataDirectory::open(const std::string& path) {
  std::error_code code;
  std::filesystem::create_directories(path, code);
  if (code) return fail(ErrorCode::io, "cannot make directory '{}': {}", path, code.message());
  ::chmod(path.c_str(), 0700);
  const std::string lock_file = path + "/lock";
  const int fd = ::open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kPrivate);
  if (fd < 0) return base::fail_errno(fmt::format("cannot open '{}'", lock_file));
  DataDirectory directory(path, fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return held_by_other(path, lock_file);
    return base::fail_errno(fmt::format("cannot lock '{}'", lock_file));
  }
  if (::ftruncate(fd, 0) != 0) return base::fail_errno(fmt::format("cannot write '{}'", lock_file));
  const std::string pid = fmt::format("{}\n", ::getpid());
  if (auto written = write_all(fd, base::as_bytes(pid), lock_file); !written)
    return std::unexpected(written.error());
  return directory;
}

Result<std::uint64_t> DataDirectory::next_epoch(std::uint64_t at_least) {
  const auto content = read_file(path_ + "/epoch");
  if (!content) return std::unexpected(content.error());
  const std::string text = first_line(*content);
  std::uint64_t last = 0;
  std::from_chars(text.data(), text.data() + text.size(), last);
  const std::uint64_t epoch = std::max(at_least, last + 1);
  const std::string line = fmt::format("{}\n", epoch);
  if (auto saved = replace_file(path_, "epoch", base::as_bytes(line)); !saved)
    return std::unexpected(saved.error());
  return epoch;
}

Status DataDirectory::save_configuration(ByteView frames) {
  return replace_file(path_, "configuration", frames);
}

Result<std::optional<Bytes>> DataDirectory::load_configuration() const {
  return read_file(path_ + "/configuration");
}

}  // namespace tagwerk::link
