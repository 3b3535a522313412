#pragma once

#include <filesystem>
#include <string>

#include "base/error.hpp"
#include "store/backup_archive.hpp"

namespace tagwerk::app {

struct RestoreOptions {
  bool replace = false;         ///< what is there already; it is kept in its backup/
  store::Advance advance = {};  ///< how far the work is
};

struct Restored {
  store::BackupManifest manifest;
  std::filesystem::path directory;
  std::filesystem::path kept;  ///< what was there before; empty = nothing was
  std::string kept_because;    ///< why it was moved away and not backed up; empty = it was
};

/// Makes a data directory of a backup, which comes from the descriptor: a new or empty one, or in
/// place of what is there. Everything is read, compared and looked through before anything of that
/// is touched; then files are renamed into their places, the database last. An older schema is
/// migrated when the server starts.
/// Threads: one
/// Fails: already_exists without `replace`, naming the remedies; conflict while a server has the
///        directory, and for a backup of a newer Tagwerk; corrupt, io. What was there stays
Result<Restored> restore(int descriptor, const std::filesystem::path& directory,
                         const RestoreOptions& options);

}  // namespace tagwerk::app
