#include "app/data_directory.hpp"

#include <array>
#include <fcntl.h>
#include <sodium/crypto_hash_sha256.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

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

DataDirectory::~DataDirectory() {
  ::close(lock_);
}

std::string DataDirectory::default_instance() const {
  return hash_of(path_.string());
}

std::string DataDirectory::socket(const std::string& name) const {
  std::string inside = (path_ / "run" / name).string();
  if (inside.size() <= kLongestSocketPath) return inside;
  const std::string folder = "/tmp/tagwerk-" + default_instance();
  std::error_code ignored;
  fs::create_directories(folder, ignored);
  fs::permissions(folder, fs::perms::owner_all, ignored);
  return folder + "/" + name;
}

Status DataDirectory::write_private(const std::string& name, const std::string& text) const {
  const std::string file = (path_ / name).string();
  const std::string fresh = file + ".new";
  const int out = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (out < 0) return base::fail_errno(fmt::format("cannot write '{}'", file));
  const bool good = ::write(out, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                    ::fsync(out) == 0;
  ::close(out);
  if (!good || ::rename(fresh.c_str(), file.c_str()) != 0)
    return base::fail_errno(fmt::format("cannot write '{}'", file));
  return {};
}

}  // namespace tagwerk::app
