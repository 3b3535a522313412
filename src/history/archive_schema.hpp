#pragma once

#include "store/sqlite_file.hpp"

namespace tagwerk::history {

/// Makes the tables of a new file, or looks whether this program knows those of an old one.
/// Fails: corrupt when it is another program's database; conflict when a newer Tagwerk wrote it; io
Status prepare_archive(store::SqliteFile& file);
/// The look alone.
Status check_archive(const store::SqliteFile& file);

}  // namespace tagwerk::history
