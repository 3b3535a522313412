#include "base/new_file.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>

namespace tagwerk::base {
namespace {

namespace fs = std::filesystem;

fs::path directory_of(const fs::path& file) {
  return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

std::unexpected<Error> failed(std::string_view verb, const fs::path& file) {
  return fail_errno(fmt::format("cannot {} '{}'", verb, file.native()));
}

}  // namespace

Result<NewFile> NewFile::make(const fs::path& file) {
  std::string beside = directory_of(file) / fmt::format(".{}.XXXXXX", file.filename().native());
  Descriptor made(::mkostemp(beside.data(), O_CLOEXEC));
  if (!made.good()) return failed("make", file);
  return NewFile(file, std::move(beside), std::move(made));
}

NewFile::~NewFile() {
  if (!beside_.empty()) ::unlink(beside_.c_str());
}

Status NewFile::keep_as(const fs::path& file) {
  if (::fsync(descriptor_.get()) != 0) return failed("make durable", file);
  if (::rename(beside_.c_str(), file.c_str()) != 0) return failed("make", file);
  beside_.clear();
  return sync_directory(directory_of(file));
}

Status NewFile::keep_unless_there() {
  if (::fsync(descriptor_.get()) != 0) return failed("make durable", file_);
  if (::link(beside_.c_str(), file_.c_str()) != 0 && errno != EEXIST) return failed("make", file_);
  ::unlink(std::exchange(beside_, {}).c_str());
  return sync_directory(directory_of(file_));
}

Status replace_file(const fs::path& file, std::string_view content) {
  const fs::path beside = file.native() + ".new";
  const Descriptor out(
      ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  const bool written = out.good() && write_all(out.get(), content) && ::fsync(out.get()) == 0;
  if (!written || ::rename(beside.c_str(), file.c_str()) != 0) return failed("write", file);
  return sync_directory(directory_of(file));
}

Result<Descriptor> unnamed_file(const fs::path& directory) {
  std::string name = directory / ".unnamed-XXXXXX";
  Descriptor made(::mkostemp(name.data(), O_CLOEXEC));
  if (!made.good()) return failed("make a file in", directory);
  ::unlink(name.c_str());
  return made;
}

Status write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto put = ::write(descriptor, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return fail_errno("cannot write");
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

Status sync_directory(const fs::path& directory) {
  const Descriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.good() || ::fsync(opened.get()) != 0) return failed("make durable", directory);
  return {};
}

}  // namespace tagwerk::base
