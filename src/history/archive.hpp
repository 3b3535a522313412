#pragma once

#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "history/block.hpp"
#include "history/journal_row.hpp"
#include "history/open_points.hpp"
#include "history/piece.hpp"
#include "store/sqlite_file.hpp"

namespace tagwerk::history {

struct ArchiveOptions {
  /// A block is sealed with so many points, the first one of a tag with fewer, so that not all tags
  /// seal at the same moment.
  std::uint32_t block_points = 1024;
  /// Of all points that are in no block yet; above, the fullest tags seal early.
  std::size_t open_bytes = std::size_t{96} << 20;
  /// Points in the journal; above, the tags that keep the oldest row seal early.
  std::uint64_t journal_points = 64'000'000;
  /// Blocks sealed in one flush at most: a flush holds up what comes meanwhile.
  std::size_t blocks_per_flush = 2'048;
};

/// A block that cannot be read. What is around it can.
struct Damage {
  TagId tag = 0;
  UtcTime first, last;
  std::string what;
};

struct ArchiveCounts {
  std::uint64_t points = 0;         ///< of the journal, since the file was made
  std::uint64_t waiting = 0;        ///< added, not durable yet
  std::uint64_t open = 0;           ///< in no block yet
  std::size_t open_bytes = 0;       ///< of memory
  std::uint64_t in_journal = 0;     ///< points of its rows
  std::uint64_t sealed_blocks = 0;  ///< since it was opened
};

/// The embedded archive: takes points, makes them durable in the journal and later packs them into
/// blocks.
///
/// After a failed flush everything is as it was before it: what waits still waits, and the next
/// flush tries again.
///
/// Threads:  one, the history writer; ArchiveReader reads the file on another
/// Blocks:   flush() on the disk
/// Durable:  what was added before a flush() that succeeded
/// On disk:  docs/formats/history.md
class Archive {
 public:
  /// Makes the file when it is not there; brings back what the journal holds.
  /// Fails: corrupt when it is no archive or its journal cannot be read; conflict when a newer
  /// Tagwerk wrote it; io, permission_denied
  static Result<std::unique_ptr<Archive>> open(const std::filesystem::path& file,
                                               ArchiveOptions options);
  ~Archive();

  void add(std::span<const Record> records);
  /// Fails: io, also when the disk is full
  Status flush();

  /// Of a tag, what is in no block yet: ascending, each time once.
  std::vector<OpenPoints::Entry> open_points(TagId tag) const;
  ArchiveCounts counts() const { return counts_; }
  /// Blocks found to be damaged, oldest finding first.
  const std::vector<Damage>& damages() const { return damages_; }

  /// Deletes blocks of a tag whose last point is older than `before`, at most `limit`; how many
  /// those were.
  Result<std::size_t> forget(TagId tag, UtcTime before, std::size_t limit);

 private:
  struct Tag {
    TagId id = 0;
    OpenPoints open;
    std::uint32_t target = 0;     ///< points that make it due
    bool due = false;             ///< in due_
    bool sealing = false;         ///< by the flush under way
    std::optional<UtcTime> last;  ///< of its blocks, once it was asked for; kNever: it has none
  };
  using Entries = std::span<const OpenPoints::Entry>;
  struct Statements;

  Archive(std::unique_ptr<store::SqliteFile> file, ArchiveOptions options);
  Status recover();
  Result<std::unordered_map<TagId, std::uint64_t>> sealed_numbers(std::uint64_t above);
  Tag& tag_of(TagId id);
  void open_point(Tag& tag, const Record& record, std::uint64_t number);
  std::uint32_t first_target(TagId tag) const;

  Status write();
  Status write_journal();
  Status drop_journal(std::uint64_t below);
  std::uint64_t oldest_open() const;

  template <class Key>
  void choose(Key key);
  void choose_fullest();
  void choose_oldest();
  void make_due(Tag& tag);
  Status seal_due();
  Status seal(Tag& tag);
  Status seal_into_past(TagId id, Entries entries);
  Status add_blocks(TagId id, Entries entries);
  Status add_block(TagId id, std::span<const Point> points);
  Status write_piece();
  Result<UtcTime> last_of(TagId id);
  Result<std::vector<BlockPlace>> places_from(TagId id, UtcTime time);
  Result<std::vector<OpenPoints::Entry>> points_of(const BlockPlace& place);
  Status drop_block(const BlockPlace& place);
  void settle();
  void undo();

  const std::unique_ptr<store::SqliteFile> file_;
  const ArchiveOptions options_;
  std::unique_ptr<Statements> sql_;
  std::deque<Tag> tags_;
  std::vector<Tag*> by_id_;  ///< of ids up to kMostById
  std::unordered_map<TagId, Tag*> by_large_id_;
  std::vector<Tag*> due_;
  std::vector<Record> waiting_;
  std::uint64_t next_number_ = 1;
  std::uint64_t journal_from_ = 1;  ///< number of the oldest point in the journal

  // Of the flush under way.
  std::vector<std::pair<Tag*, UtcTime>> sealing_;  ///< with the time of its last point
  PieceWriter piece_;
  std::vector<Damage> found_;
  std::uint64_t blocks_added_ = 0;
  std::uint64_t journal_from_next_ = 1;

  JournalRowEncoder encoder_;
  BlockEncoder block_encoder_;
  BlockDecoder block_decoder_;
  Columns columns_;
  base::Bytes block_;
  ArchiveCounts counts_;
  std::vector<Damage> damages_;
};

}  // namespace tagwerk::history
