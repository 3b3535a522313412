#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/error.hpp"

namespace tagwerk::app {

/// The one directory in which a server keeps everything, locked against a second server.
/// Owns: the lock, for its lifetime
class DataDirectory {
 public:
  /// Makes the directory (mode 0750) and its subdirectories when they are not there.
  /// Fails: conflict when another process has it, naming the process; io
  static Result<std::unique_ptr<DataDirectory>> open(const std::filesystem::path& path);
  /// The same, but makes no directory where there is no plant.
  /// Fails: also not_found
  static Result<std::unique_ptr<DataDirectory>> open_existing(const std::filesystem::path& path);
  ~DataDirectory();
  DataDirectory(const DataDirectory&) = delete;
  DataDirectory& operator=(const DataDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path config_database() const { return path_ / "config.sqlite"; }
  std::filesystem::path backups() const { return path_ / "backup"; }
  /// A path that fits a Unix socket's address: below the directory, else in one of our own below
  /// /tmp.
  /// Fails: permission_denied when that belongs to somebody else, io
  Result<std::string> socket(const std::string& name) const;
  /// The first 8 hex digits of the SHA-256 of the canonical path: names shared memory and logs.
  std::string default_instance() const;
  /// Writes a file of mode 0600, whole or not at all.
  Status write_private(const std::string& name, const std::string& text) const;

 private:
  DataDirectory(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}

  std::filesystem::path path_;
  int lock_;
};

}  // namespace tagwerk::app
