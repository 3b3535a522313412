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

#include "base/new_file.hpp"

namespace tagwerk::link {
namespace {

using base::Bytes;
using base::ByteView;

constexpr mode_t kPrivate = 0600;
constexpr std::size_t kMaxFile = std::size_t{1} << 30;

Result<std::optional<Bytes>> read_file(const std::string& path) {
  const base::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.good() && errno == ENOENT) return std::nullopt;
  struct stat status{};
  if (!file.good() || ::fstat(file.get(), &status) != 0)
    return base::fail_errno(fmt::format("cannot read '{}'", path));
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size > kMaxFile)
    return fail(ErrorCode::limit_exceeded, "'{}' has {} bytes; {} are accepted", path, size,
                kMaxFile);
  Bytes bytes(size);
  std::size_t at = 0;
  while (at < size) {
    const ssize_t count = ::read(file.get(), bytes.data() + at, size - at);
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
  if (!base::write_all(fd, pid))
    return base::fail_errno(fmt::format("cannot write '{}'", lock_file));
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
  if (auto saved = base::replace_file(path_ + "/epoch", line); !saved)
    return std::unexpected(saved.error());
  return epoch;
}

Status DataDirectory::save_configuration(ByteView frames) {
  return base::replace_file(path_ + "/configuration", base::as_text(frames));
}

Result<std::optional<Bytes>> DataDirectory::load_configuration() const {
  return read_file(path_ + "/configuration");
}

}  // namespace tagwerk::link
