#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "history/archive.hpp"

namespace tagwerk::history {

/// Reads an archive's file, also while a server writes it, on a connection of its own.
///
/// What is in no block yet comes from Archive::open_points(), asked for before reading: a point
/// that moves into a block meanwhile is in both and counts once.
///
/// Threads: one
/// Blocks:  on the disk
class ArchiveReader {
 public:
  /// Fails: not_found, corrupt, conflict as Archive::open; io, permission_denied
  static Result<std::unique_ptr<ArchiveReader>> open(const std::filesystem::path& file);
  ~ArchiveReader();

  /// Blocks of a tag with points in [from, to], ascending; they do not overlap.
  Result<std::vector<BlockPlace>> blocks(TagId tag, UtcTime from, UtcTime to);
  /// Replaces `out`.
  /// Fails: corrupt, naming what is wrong with the block; not_found when it was written anew
  /// meanwhile: ask for the blocks again
  Status read(const BlockPlace& place, Columns& out);
  /// The first bytes of a block, for read_header().
  Result<BlockHeader> header(const BlockPlace& place);

 private:
  struct Statements;
  explicit ArchiveReader(std::unique_ptr<store::SqliteFile> file);
  Result<base::ByteView> bytes_of(const BlockPlace& place, std::size_t most);

  const std::unique_ptr<store::SqliteFile> file_;
  std::unique_ptr<Statements> sql_;
  BlockDecoder decoder_;
};

}  // namespace tagwerk::history
