#pragma once

#include <filesystem>
#include <string_view>
#include <utility>

#include "base/descriptor.hpp"
#include "base/error.hpp"

namespace tagwerk::base {

/// A file that appears under its name whole or not at all: written beside it, mode 0600, then
/// renamed over what may be there. One that is not kept leaves nothing behind.
/// Threads: one
/// Blocks:  keep() waits for the disk
class NewFile {
 public:
  /// Fails: as the operating system says, naming the file
  static Result<NewFile> make(const std::filesystem::path& file);
  NewFile(NewFile&& other) noexcept
      : file_(std::move(other.file_)),
        beside_(std::exchange(other.beside_, {})),
        descriptor_(std::move(other.descriptor_)) {}
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();

  /// To write and to read; both move the one position.
  int descriptor() const { return descriptor_.get(); }
  /// Durable under its name from here on.
  Status keep() { return keep_as(file_); }
  /// Under another name in the same directory.
  Status keep_as(const std::filesystem::path& file);
  /// Under its name unless there is such a file by now; that one then stays, which is no error.
  Status keep_unless_there();

 private:
  NewFile(std::filesystem::path file, std::filesystem::path beside, Descriptor descriptor)
      : file_(std::move(file)), beside_(std::move(beside)), descriptor_(std::move(descriptor)) {}

  std::filesystem::path file_;
  std::filesystem::path beside_;  ///< empty: kept, or moved from
  Descriptor descriptor_;
};

/// Gives a file this content, mode 0600, durable: after a crash it has the old or the new one. For
/// one writer at a time, who takes the same name beside it ("NAME.new") every time, so that killed
/// ones leave nothing that piles up.
/// Fails: as the operating system says, naming the file; what was there before stays
Status replace_file(const std::filesystem::path& file, std::string_view content);

/// A file without a name, gone with its descriptor; on the disk that holds the directory.
Result<Descriptor> unnamed_file(const std::filesystem::path& directory);

/// Fails: as the operating system says, without saying of which file
Status write_all(int descriptor, std::string_view bytes);
/// What was made, renamed or removed in the directory outlives a power failure.
Status sync_directory(const std::filesystem::path& directory);

}  // namespace tagwerk::base
