#include "history/archive.hpp"
#include "history/archive_statements.hpp"

namespace tagwerk::history {

/// Points of the journal that are in no block come back into memory.
Status Archive::recover() {
  const auto from = file_->number("SELECT coalesce(min(first), 1) FROM journal");
  if (!from) return std::unexpected(from.error());
  journal_from_ = static_cast<std::uint64_t>(*from);
  const auto sealed = sealed_numbers(journal_from_);
  if (!sealed) return std::unexpected(sealed.error());
  JournalRowDecoder decoder;
  std::vector<Record> records;
  next_number_ = journal_from_;
  for (;;) {
    const auto found = sql_->rows.row();
    if (!found) return std::unexpected(found.error());
    if (!*found) break;
    const auto first = static_cast<std::uint64_t>(sql_->rows.integer(0));
    records.clear();
    Status read = decoder.decode(sql_->rows.bytes(2), records);
    if (read && records.size() != static_cast<std::size_t>(sql_->rows.integer(1)))
      read = fail(ErrorCode::corrupt, "it has {} points where {} belong", records.size(),
                  sql_->rows.integer(1));
    next_number_ = first + static_cast<std::uint64_t>(sql_->rows.integer(1));
    if (!read) {
      damages_.push_back(
          {0, kNever, kNever, fmt::format("journal row {}: {}", first, read.error().message)});
      continue;
    }
    for (std::size_t i = 0; i < records.size(); ++i) {
      const auto mark = sealed->find(records[i].tag);
      if (mark == sealed->end() || first + i >= mark->second)
        open_point(tag_of(records[i].tag), records[i], first + i);
    }
  }
  counts_.points = next_number_ - 1;
  counts_.in_journal = next_number_ - journal_from_;
  return {};
}

/// For each tag up to which number all its points are in blocks, as far as that is above `above`.
Result<std::unordered_map<TagId, std::uint64_t>> Archive::sealed_numbers(std::uint64_t above) {
  std::unordered_map<TagId, std::uint64_t> out;
  for (;;) {
    const auto found = sql_->newest_pieces.row();
    if (!found) return std::unexpected(found.error());
    if (!*found) return out;
    const auto sealed = static_cast<std::uint64_t>(sql_->newest_pieces.integer(0));
    if (sealed <= above) break;
    const auto tags = tags_of_piece(sql_->newest_pieces.bytes(1));
    if (!tags) return std::unexpected(tags.error());
    for (const TagId tag : *tags)
      out.try_emplace(tag, sealed);  // the newest comes first
  }
  sql_->newest_pieces.reset();
  return out;
}

}  // namespace tagwerk::history
