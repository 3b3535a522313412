#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"

namespace tagwerk::store {

/// What a backup says of itself: its first member, manifest.json.
/// On disk: docs/formats/backup.md
struct BackupManifest {
  static constexpr int kFormat = 1;

  /// A file of the data directory.
  struct File {
    std::string name;  ///< "config.sqlite", "tls/key.pem"
    std::uint64_t size = 0;
    std::string sha256;  ///< 64 hex digits
    bool operator==(const File&) const = default;
  };

  std::string version;  ///< of the Tagwerk that made it
  int schema = 0;       ///< of the database
  UtcTime made_at = kNever;
  std::string instance;
  std::string host;
  std::uint64_t revision = 0;  ///< of the project
  std::vector<File> files;     ///< in the order in which they follow

  /// Bytes of all files.
  std::uint64_t total() const;
  /// "tagwerk-30e6cd88-20261121-013000.tar.zst": instance and time (UTC).
  std::string file_name() const;
  bool operator==(const BackupManifest&) const = default;
};

/// A file of the data directory that belongs to a backup.
struct BackupMember {
  std::string_view name;
  std::uint64_t limit;  ///< bytes
  bool required;
};
inline constexpr std::string_view kDatabaseMember = "config.sqlite";
/// All there are, in their order. Nothing else is ever written or read.
inline constexpr BackupMember kBackupMembers[] = {
    {kDatabaseMember, std::uint64_t{1} << 44, true},
    {"secret", 4096, false},  // a server that never ran has none
    {"tls/certificate.pem", 1 << 20, false},
    {"tls/key.pem", 1 << 20, false},
};

std::string to_json(const BackupManifest& manifest);
/// Everything that the rest of the reading relies on: known names in their order, once each, sizes
/// within limits, texts that can be shown and be part of a file's name.
/// Limits: 64 KiB
/// Fails: corrupt, naming what is wrong; conflict for a newer format
Result<BackupManifest> parse_manifest(std::string_view text);
inline constexpr std::size_t kLongestManifest = std::size_t{64} * 1024;

}  // namespace tagwerk::store
