#pragma once

#include <memory>
#include <string_view>

#include "base/error.hpp"

namespace tagwerk::base {

/// A file's bytes as if they were in memory, without taking it: the kernel reads what is looked at
/// and forgets it when memory is short. The file must not become shorter meanwhile, so it is one
/// that nobody else writes.
/// Threads: immutable
/// Owns:    the mapping; neither descriptor nor name of the file are needed any more
class MappedFile {
 public:
  /// Of the whole file.
  /// Fails: as the operating system says
  static Result<std::shared_ptr<const MappedFile>> map(int descriptor);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::string_view bytes() const { return bytes_; }

 private:
  explicit MappedFile(std::string_view bytes) : bytes_(bytes) {}

  const std::string_view bytes_;
};

}  // namespace tagwerk::base
