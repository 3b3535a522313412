#pragma once

#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>

#include "base/error.hpp"
#include "base/mapped_file.hpp"
#include "base/time.hpp"
#include "store/backup_manifest.hpp"

namespace tagwerk::store {

/// A data directory that is to be backed up, and what its backups say of it.
struct BackupSource {
  std::filesystem::path directory;
  std::string version;  ///< of this program
  std::string instance;
  std::string host;

  /// Where copies lie while they are worked on, and backups unless told otherwise.
  std::filesystem::path backups() const { return directory / "backup"; }
  /// The host in letters that a manifest may have.
  std::string plain_host() const;
};

struct MadeBackup {
  BackupManifest manifest;
  std::uint64_t size = 0;  ///< of the archive
};

/// A backup without a name, for somebody who will take it away.
struct SpooledBackup {
  BackupManifest manifest;
  std::shared_ptr<const base::MappedFile> file;
};

// The directory's server may run: the database is copied over a connection of its own, and neither
// readers nor writers wait for that.
// Blocks: for as long as copying and compressing the database takes; not on a thread that answers
// Fails:  not_found when there is no database; corrupt, io; unavailable soon after a stop is asked
//         for. Nothing is left behind then

/// Into an open file, at its beginning; read back and compared.
Result<MadeBackup> back_up(const BackupSource& source, int descriptor, UtcTime now,
                           const std::stop_token& stop = {});
/// Mode 0600; appears under its name when it has been read back, in place of what was there.
Result<MadeBackup> make_backup(const BackupSource& source, const std::filesystem::path& file,
                               UtcTime now, const std::stop_token& stop = {});
Result<SpooledBackup> spool_backup(const BackupSource& source, UtcTime now,
                                   const std::stop_token& stop = {});

/// What a process that was killed at it left in the directory, whose server is not running.
void remove_unfinished_backups(const BackupSource& source);

}  // namespace tagwerk::store
