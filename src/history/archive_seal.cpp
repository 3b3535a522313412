#include <algorithm>

#include "history/archive.hpp"
#include "history/archive_statements.hpp"

namespace tagwerk::history {
namespace {

/// One row for each block would waste a fifth of the file.
constexpr std::size_t kBlocksPerPiece = 64;

}  // namespace

Status Archive::seal_due() {
  const std::size_t count = std::min(due_.size(), options_.blocks_per_flush);
  for (Tag* tag : std::span(due_).first(count)) {
    if (auto done = seal(*tag); !done) return done;
    if (piece_.blocks() >= kBlocksPerPiece)
      if (auto done = write_piece(); !done) return done;
  }
  return write_piece();
}

Status Archive::seal(Tag& tag) {
  const auto entries = tag.open.ordered();
  if (!tag.last) {
    const auto last = last_of(tag.id);
    if (!last) return std::unexpected(last.error());
    tag.last = *last;
  }
  tag.sealing = true;
  sealing_.emplace_back(&tag, entries.back().point.time);
  const bool into_past = *tag.last != kNever && entries.front().point.time <= *tag.last;
  return into_past ? seal_into_past(tag.id, entries) : add_blocks(tag.id, entries);
}

/// Blocks that the points fall into are written anew; points between two blocks get their own.
Status Archive::seal_into_past(TagId id, Entries entries) {
  const auto places = places_from(id, entries.front().point.time);
  if (!places) return std::unexpected(places.error());
  const auto take = [&](auto condition) {
    const auto end = std::ranges::find_if_not(
        entries, [&](const OpenPoints::Entry& each) { return condition(each.point.time); });
    const auto out = entries.first(static_cast<std::size_t>(end - entries.begin()));
    entries = entries.subspan(out.size());
    return out;
  };
  for (const BlockPlace& place : *places) {
    const Entries before = take([&](UtcTime time) { return time < place.first; });
    if (auto done = add_blocks(id, before); !done) return done;
    const Entries inside = take([&](UtcTime time) { return time <= place.last; });
    if (inside.empty()) continue;
    auto stored = points_of(place);
    if (!stored) return std::unexpected(stored.error());
    if (auto done = drop_block(place); !done) return done;
    if (auto done = add_blocks(id, merged(std::move(*stored), inside)); !done) return done;
  }
  return add_blocks(id, entries);
}

/// A damaged one has none; that is noted.
Result<std::vector<OpenPoints::Entry>> Archive::points_of(const BlockPlace& place) {
  sql_->piece_data.bind(1, place.piece)
      .bind(2, static_cast<std::int64_t>(place.at))
      .bind(3, static_cast<std::int64_t>(place.bytes));
  const auto found = sql_->piece_data.row();
  if (!found) return std::unexpected(found.error());
  std::vector<OpenPoints::Entry> out;
  Status read = fail(ErrorCode::corrupt, "its row {} is not there", place.piece);
  if (*found) read = block_decoder_.decode(sql_->piece_data.bytes(0), columns_);
  sql_->piece_data.reset();
  if (!read) {
    found_.push_back({place.tag, place.first, place.last, read.error().message});
    return out;
  }
  out.reserve(columns_.size());
  for (std::size_t i = 0; i < columns_.size(); ++i)
    out.push_back({columns_.point(i), false});
  return out;
}

// --- blocks --------------------------------------------------------------------------------------

/// Blocks of about the same size, each of one type.
Status Archive::add_blocks(TagId id, Entries entries) {
  const std::size_t most = options_.block_points + options_.block_points / 4;
  const std::size_t count = (entries.size() + most - 1) / std::max<std::size_t>(most, 1);
  std::vector<Point> points;
  model::Type type = model::Type::null;
  const auto end_block = [&]() -> Status {
    if (auto done = add_block(id, points); !done) return done;
    points.clear();
    type = model::Type::null;
    return {};
  };
  for (const OpenPoints::Entry& each : entries) {
    const model::Type own = each.point.value.type();
    const bool other = own != type && own != model::Type::null && type != model::Type::null;
    if (other || points.size() * count >= entries.size())
      if (auto done = end_block(); !done) return done;
    if (own != model::Type::null) type = own;
    points.push_back(each.point);
  }
  return end_block();
}

Status Archive::add_block(TagId id, std::span<const Point> points) {
  if (points.empty()) return {};
  block_.clear();
  const Status encoded = block_encoder_.encode(points, block_);
  if (encoded) {
    piece_.add(id, points.front().time, points.back().time, block_);
    ++blocks_added_;
    return {};
  }
  if (points.size() == 1) {
    // Nothing that comes in can be so large; it must not keep the others from being sealed.
    found_.push_back({id, points.front().time, points.front().time, encoded.error().message});
    return {};
  }
  const std::size_t half = points.size() / 2;
  if (auto done = add_block(id, points.first(half)); !done) return done;
  return add_block(id, points.subspan(half));
}

Status Archive::write_piece() {
  if (piece_.empty()) return {};
  sql_->add_piece.bind(1, static_cast<std::int64_t>(piece_.blocks()))
      .bind(2, static_cast<std::int64_t>(next_number_))
      .bind(3, piece_.tags())
      .bind(4, piece_.data());
  const auto added = sql_->add_piece.row();
  if (!added) return std::unexpected(added.error());
  const std::int64_t piece = sql_->add_piece.integer(0);
  sql_->add_piece.reset();
  for (const BlockPlace& place : piece_.places())
    if (auto done = sql_->add_block.bind(1, static_cast<std::int64_t>(place.tag))
                        .bind(2, nanos_of(place.first))
                        .bind(3, nanos_of(place.last))
                        .bind(4, piece)
                        .bind(5, static_cast<std::int64_t>(place.at))
                        .bind(6, static_cast<std::int64_t>(place.bytes))
                        .run();
        !done)
      return done;
  piece_.clear();
  return {};
}

Status Archive::drop_block(const BlockPlace& place) {
  if (auto done = sql_->drop_block.bind(1, static_cast<std::int64_t>(place.tag))
                      .bind(2, nanos_of(place.first))
                      .run();
      !done)
    return done;
  if (auto done = sql_->lose_block.bind(1, place.piece).run(); !done) return done;
  return sql_->drop_piece.bind(1, place.piece).run();
}

Result<UtcTime> Archive::last_of(TagId id) {
  const auto found = sql_->last_block.bind(1, static_cast<std::int64_t>(id)).row();
  if (!found) return std::unexpected(found.error());
  if (!*found) return kNever;
  const UtcTime out{Duration(sql_->last_block.integer(0))};
  sql_->last_block.reset();
  return out;
}

/// The block that the time may fall into, and all after it.
Result<std::vector<BlockPlace>> Archive::places_from(TagId id, UtcTime time) {
  auto& query = sql_->blocks_from.bind(1, static_cast<std::int64_t>(id)).bind(2, nanos_of(time));
  std::vector<BlockPlace> out;
  for (;;) {
    const auto found = query.row();
    if (!found) return std::unexpected(found.error());
    if (!*found) return out;
    out.push_back(place_of(id, query));
  }
}

Result<std::size_t> Archive::forget(TagId tag, UtcTime before, std::size_t limit) {
  auto places = places_from(tag, UtcTime{Duration::min()});
  if (!places) return std::unexpected(places.error());
  std::erase_if(*places, [&](const BlockPlace& each) { return each.last >= before; });
  if (places->size() > limit) places->resize(limit);
  if (places->empty()) return 0;
  auto transaction = store::SqliteTransaction::begin(*file_);
  if (!transaction) return std::unexpected(transaction.error());
  for (const BlockPlace& place : *places)
    if (auto done = drop_block(place); !done) return std::unexpected(done.error());
  if (auto done = transaction->commit(); !done) return std::unexpected(done.error());
  return places->size();
}

}  // namespace tagwerk::history
