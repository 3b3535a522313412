#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace tagwerk::link {

/// A connector's own directory: locked while its process lives, holds the last epoch and a copy of
/// the configuration.
/// Fails: io and the like, naming the file; conflict when another process holds it
class DataDirectory {
 public:
  /// Makes the directory (mode 0700) when it is not there and locks it.
  static Result<DataDirectory> open(const std::string& path);
  DataDirectory(DataDirectory&& other) noexcept;
  DataDirectory& operator=(DataDirectory&&) = delete;
  ~DataDirectory();

  /// Above every former one, also when the clock went back; durable before it is used.
  Result<std::uint64_t> next_epoch(std::uint64_t at_least);

  Status save_configuration(base::ByteView frames);
  /// Nothing when there is none. Limits: 1 GiB
  Result<std::optional<base::Bytes>> load_configuration() const;

 private:
  DataDirectory(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}

  std::string path_;
  int lock_ = -1;
};

}  // namespace tagwerk::link
