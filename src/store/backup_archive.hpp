#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "store/backup_manifest.hpp"

namespace tagwerk::store {

/// The bytes of a backup: a tar archive, compressed with zstd (one that was unpacked is read as
/// well). What is read is hostile until its end
/// is reached: only the members that the manifest names, in its order, regular files of the size it
/// says, each with its SHA-256.
/// Threads: any, one at a time for a descriptor
/// On disk: docs/formats/backup.md

/// What is read or written at a time, in bytes.
inline constexpr std::size_t kArchivePiece = std::size_t{256} * 1024;

/// How far the work is, in bytes of the files; may be empty.
using Advance = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// Where a member's bytes come from.
struct BackupContent {
  BackupManifest::File file;
  std::filesystem::path path;  ///< empty: `bytes`
  std::string bytes;
};
/// Size and sum of a file as it is now.
/// Fails: as the operating system says; unavailable once a stop is asked for
Result<BackupContent> content_of_file(std::string_view member, const std::filesystem::path& path,
                                      const std::stop_token& stop = {});
BackupContent content_of_bytes(std::string_view member, std::string bytes);

/// Appends at the descriptor's position. The manifest gets the contents as its files.
/// Fails: io; corrupt when a file is not as its content says any more; unavailable once a stop is
/// asked for
Status write_backup(int descriptor, BackupManifest& manifest,
                    const std::vector<BackupContent>& contents, const std::stop_token& stop = {});

/// Reads from the descriptor's position to the end, which need not be a file, and checks every sum.
/// Fails: corrupt, saying in what way it is no backup; conflict for a newer format; io; unavailable
/// once a stop is asked for
Result<BackupManifest> check_backup(int descriptor, const Advance& advance = {},
                                    const std::stop_token& stop = {});
/// The same, and puts the files into an empty directory, mode 0600, durable. When it fails, some of
/// them may be there.
/// Fails: also io when the disk has no room for them
Result<BackupManifest> extract_backup(int descriptor, const std::filesystem::path& directory,
                                      const Advance& advance = {});
/// Only what it says of itself, which is at its beginning; nothing else is checked.
Result<BackupManifest> read_backup_manifest(int descriptor);

}  // namespace tagwerk::store
