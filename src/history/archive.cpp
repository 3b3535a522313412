#include "history/archive.hpp"

#include <algorithm>
#include <array>

#include "base/prefetch.hpp"
#include "history/archive_schema.hpp"
#include "history/archive_statements.hpp"

namespace tagwerk::history {
namespace {

/// Larger batches pack better: 6.5 bytes a point with this, 41 with a thousand.
constexpr std::size_t kRowPoints = 65'536;
/// Of the fullest or the oldest tags, when room is needed.
constexpr std::size_t kEarlyPart = 16;
/// Tags are numbered from 1 on; larger ones come from elsewhere.
constexpr TagId kMostById = 4'000'000;

}  // namespace

Result<std::unique_ptr<Archive>> Archive::open(const std::filesystem::path& path,
                                               ArchiveOptions options) {
  auto file = store::SqliteFile::open(path, store::SqliteFile::Use::write);
  if (!file) return std::unexpected(file.error());
  if (auto ready = prepare_archive(**file); !ready) return std::unexpected(ready.error());
  auto statements = Statements::prepare(**file);
  if (!statements) return std::unexpected(statements.error());
  std::unique_ptr<Archive> out(new Archive(std::move(*file), options));
  out->sql_ = std::move(*statements);
  if (auto back = out->recover(); !back) return std::unexpected(back.error());
  return out;
}

Archive::Archive(std::unique_ptr<store::SqliteFile> file, ArchiveOptions options)
    : file_(std::move(file)), options_(options) {}

Archive::~Archive() = default;

// --- what comes in -------------------------------------------------------------------------------

void Archive::add(std::span<const Record> records) {
  waiting_.insert(waiting_.end(), records.begin(), records.end());
  counts_.waiting = waiting_.size();
  // Tags lie anywhere in memory, and so do their points.
  constexpr std::size_t kAhead = base::kPrefetchAhead;
  std::array<Tag*, kAhead> next;
  for (std::size_t i = 0; i < records.size() + kAhead; ++i) {
    if (i >= kAhead) open_point(*next[i % kAhead], records[i - kAhead], next_number_++);
    if (i >= records.size()) continue;
    Tag& tag = *(next[i % kAhead] = &tag_of(records[i].tag));
    base::prefetch_to_change(tag);
    if (i >= kAhead / 2) next[(i - kAhead / 2) % kAhead]->open.prefetch();
  }
}

Archive::Tag& Archive::tag_of(TagId id) {
  if (id < kMostById && id >= by_id_.size()) by_id_.resize(id + 1 + id / 2);
  Tag*& place = id < kMostById ? by_id_[id] : by_large_id_[id];
  if (place == nullptr) {
    place = &tags_.emplace_back();
    place->id = id;
    place->target = first_target(id);
  }
  return *place;
}

void Archive::open_point(Tag& tag, const Record& record, std::uint64_t number) {
  const std::size_t before = tag.open.bytes();
  tag.open.add(record.point, record.keep, number);
  counts_.open_bytes += tag.open.bytes() - before;
  ++counts_.open;
  if (tag.open.size() >= tag.target) make_due(tag);
}

/// Tags that are recorded at the same rate do not fill their blocks at the same moment.
std::uint32_t Archive::first_target(TagId tag) const {
  const auto spread = static_cast<std::uint32_t>(tag * 0x9e3779b97f4a7c15U >> 32);
  return std::max(1U, options_.block_points / 2 + spread % std::max(1U, options_.block_points / 2));
}

void Archive::make_due(Tag& tag) {
  if (!std::exchange(tag.due, true)) due_.push_back(&tag);
}

std::vector<OpenPoints::Entry> Archive::open_points(TagId id) const {
  const Tag* tag = nullptr;
  if (id < by_id_.size()) tag = by_id_[id];
  if (const auto found = by_large_id_.find(id); found != by_large_id_.end()) tag = found->second;
  return tag == nullptr ? std::vector<OpenPoints::Entry>{} : tag->open.ordered();
}

// --- flush ---------------------------------------------------------------------------------------

Status Archive::flush() {
  if (counts_.open_bytes > options_.open_bytes) choose_fullest();
  if (counts_.in_journal > options_.journal_points) choose_oldest();
  if (waiting_.empty() && due_.empty()) return {};
  const Status written = write();
  if (written)
    settle();
  else
    undo();
  return written;
}

Status Archive::write() {
  auto transaction = store::SqliteTransaction::begin(*file_);
  if (!transaction) return std::unexpected(transaction.error());
  if (auto done = write_journal(); !done) return done;
  if (auto done = seal_due(); !done) return done;
  journal_from_next_ = journal_from_;
  if (!sealing_.empty())
    if (auto done = drop_journal(oldest_open()); !done) return done;
  return transaction->commit();
}

Status Archive::write_journal() {
  std::uint64_t number = next_number_ - waiting_.size();
  std::size_t most = kRowPoints;
  for (std::span<const Record> rest = waiting_; !rest.empty();) {
    const auto row = rest.first(std::min(rest.size(), most));
    const auto bytes = encoder_.encode(row);
    if (!bytes && row.size() > 1) {
      most = row.size() / 2;  // large texts
      continue;
    }
    if (!bytes) return std::unexpected(bytes.error());
    if (auto done = sql_->add_row.bind(1, static_cast<std::int64_t>(number))
                        .bind(2, static_cast<std::int64_t>(row.size()))
                        .bind(3, *bytes)
                        .run();
        !done)
      return done;
    number += row.size();
    rest = rest.subspan(row.size());
  }
  return {};
}

/// The flush is durable: what it did on the disk now holds in memory too.
void Archive::settle() {
  for (const auto& [sealed, last] : sealing_) {
    Tag& tag = *sealed;
    counts_.open -= tag.open.size();
    counts_.open_bytes -= tag.open.bytes();
    tag.open.clear();
    tag.target = options_.block_points;
    tag.due = tag.sealing = false;
    tag.last = std::max(tag.last.value_or(last), last);
  }
  std::erase_if(due_, [](const Tag* tag) { return !tag->due; });
  sealing_.clear();
  journal_from_ = journal_from_next_;
  waiting_.clear();
  if (waiting_.capacity() > 4 * kRowPoints) waiting_.shrink_to_fit();
  counts_.waiting = 0;
  counts_.points = next_number_ - 1;
  counts_.in_journal = next_number_ - journal_from_;
  counts_.sealed_blocks += std::exchange(blocks_added_, 0);
  std::ranges::move(found_, std::back_inserter(damages_));
  found_.clear();
}

/// The transaction was undone: so is what was noted for it.
void Archive::undo() {
  for (const auto& [tag, last] : sealing_)
    tag->sealing = false;
  sealing_.clear();
  piece_.clear();
  found_.clear();
  blocks_added_ = 0;
}

// --- the journal's end ---------------------------------------------------------------------------

std::uint64_t Archive::oldest_open() const {
  std::uint64_t out = next_number_;
  for (const Tag& tag : tags_)
    if (!tag.sealing && !tag.open.empty()) out = std::min(out, tag.open.first_number());
  return out;
}

Status Archive::drop_journal(std::uint64_t below) {
  do {
    if (auto done = sql_->drop_rows.bind(1, static_cast<std::int64_t>(below)).run(); !done)
      return done;
  } while (file_->changes() > 0);
  const auto from = file_->number("SELECT min(first) FROM journal");
  if (!from) return std::unexpected(from.error());
  journal_from_next_ = static_cast<std::uint64_t>(*from);
  return {};
}

/// The first sixteenth of the tags by a key becomes due.
template <class Key>
void Archive::choose(Key key) {
  std::vector<std::pair<std::int64_t, Tag*>> all;
  for (Tag& tag : tags_)
    if (!tag.open.empty()) all.emplace_back(key(tag.open), &tag);
  const auto count = std::min(all.size(), all.size() / kEarlyPart + 1);
  std::ranges::nth_element(all, all.begin() + static_cast<std::ptrdiff_t>(count));
  for (const auto& [unused, tag] : std::span(all).first(count))
    make_due(*tag);
}

void Archive::choose_fullest() {
  choose([](const OpenPoints& open) { return -static_cast<std::int64_t>(open.bytes()); });
}

void Archive::choose_oldest() {
  choose([](const OpenPoints& open) { return static_cast<std::int64_t>(open.first_number()); });
}

}  // namespace tagwerk::history
