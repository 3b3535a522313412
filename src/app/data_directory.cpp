#include "app/data_directory.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sodium/crypto_hash_sha256.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/new_file.hpp"

namespace tagwerk::app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestSocketPath = 100;

std::string holder_of(int lock) {
  std::array<char, 32> text{};
  const auto got = ::pread(lock, text.data(), text.size() - 1, 0);
  return got > 0 ? std::string(text.data()) : "unknown";
}

Result<int> take_lock(const fs::path& file) {
  const int lock = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (lock < 0) return base::fail_errno(fmt::format("cannot open '{}'", file.string()));
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    const std::string holder = holder_of(lock);
    ::close(lock);
    return fail(ErrorCode::conflict,
                "'{}' is in use by process {}; stop that server or give another --data",
                file.parent_path().string(), holder);
  }
  const std::string pid = std::to_string(::getpid());
  if (::ftruncate(lock, 0) != 0 || ::pwrite(lock, pid.data(), pid.size(), 0) < 0) {
    const auto error = base::fail_errno(fmt::format("cannot write '{}'", file.string()));
    ::close(lock);
    return error;
  }
  return lock;
}

std::string hash_of(const std::string& text) {
  std::array<unsigned char, crypto_hash_sha256_BYTES> hash;
  crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(text.data()), text.size());
  return fmt::format("{:02x}{:02x}{:02x}{:02x}", hash[0], hash[1], hash[2], hash[3]);
}

/// In /tmp anybody could have made it before us, to listen in our place.
Status make_own_folder(const std::string& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    return base::fail_errno(fmt::format("cannot make the directory '{}'", folder));
  struct stat info{};
  const bool own = ::lstat(folder.c_str(), &info) == 0 && S_ISDIR(info.st_mode) &&
                   info.st_uid == ::geteuid() && ::chmod(folder.c_str(), 0700) == 0;
  if (own) return {};
  return fail(ErrorCode::permission_denied,
              "'{}' belongs to somebody else; remove it, or give a --data whose path is shorter "
              "than {} bytes",
              folder, kLongestSocketPath - std::string_view("/run/http.sock").size());
}

}  // namespace

Result<std::unique_ptr<DataDirectory>> DataDirectory::open(const fs::path& path) {
  std::error_code error;
  const bool fresh = fs::create_directories(path, error);
  if (!error && fresh) fs::permissions(path, fs::perms(0750), error);
  for (const char* name : {"connectors", "backup", "run"})
    if (!error) fs::create_directories(path / name, error);
  if (error)
    return fail(ErrorCode::io, "cannot make the data directory '{}': {}", path.string(),
                error.message());
  const fs::path canonical = fs::canonical(path, error);
  auto lock = take_lock(canonical / "lock");
  if (!lock) return std::unexpected(lock.error());
  return std::unique_ptr<DataDirectory>(new DataDirectory(canonical, *lock));
}

Result<std::unique_ptr<DataDirectory>> DataDirectory::open_existing(const fs::path& path) {
  std::error_code error;
  if (fs::exists(path / "config.sqlite", error)) return open(path);
  return fail(ErrorCode::not_found,
              "there is no plant in '{}'; name the server's data directory with --data",
              path.string());
}

DataDirectory::~DataDirectory() {
  ::close(lock_);
}

std::string DataDirectory::default_instance() const {
  return hash_of(path_.string());
}

Result<std::string> DataDirectory::socket(const std::string& name) const {
  std::string inside = (path_ / "run" / name).string();
  if (inside.size() <= kLongestSocketPath) return inside;
  const std::string folder = "/tmp/tagwerk-" + default_instance();
  if (auto own = make_own_folder(folder); !own) return std::unexpected(own.error());
  return folder + "/" + name;
}

Status DataDirectory::write_private(const std::string& name, const std::string& text) const {
  return base::replace_file(path_ / name, text);
}

}  // namespace tagwerk::app
