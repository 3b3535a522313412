#pragma once

#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace tagwerk::base {

/// A directory (mode 0700) for half-done things, gone with those that were not moved out of it.
/// Owns: the directory
class WorkDirectory {
 public:
  /// PARENT/PREFIXxxxxxx
  /// Fails: as the operating system says, naming the parent
  static Result<WorkDirectory> make(const std::filesystem::path& parent, std::string_view prefix) {
    std::string name = parent / fmt::format("{}XXXXXX", prefix);
    if (::mkdtemp(name.data()) == nullptr)
      return fail_errno(fmt::format("cannot make a directory in '{}'", parent.native()));
    return WorkDirectory(std::move(name));
  }
  /// Those that killed processes left behind.
  static void remove_leftovers(const std::filesystem::path& parent, std::string_view prefix) {
    std::error_code error;
    std::vector<std::filesystem::path> found;
    for (std::filesystem::directory_iterator each(parent, error), end; !error && each != end;
         each.increment(error))
      if (each->path().filename().native().starts_with(prefix)) found.push_back(each->path());
    for (const std::filesystem::path& path : found)
      std::filesystem::remove_all(path, error);
  }

  WorkDirectory(WorkDirectory&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  WorkDirectory& operator=(WorkDirectory&&) = delete;
  ~WorkDirectory() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const { return path_; }

 private:
  explicit WorkDirectory(std::filesystem::path path) : path_(std::move(path)) {}

  std::filesystem::path path_;
};

}  // namespace tagwerk::base
