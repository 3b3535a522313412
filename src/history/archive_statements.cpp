#include "history/archive_statements.hpp"

namespace tagwerk::history {

Result<std::unique_ptr<Archive::Statements>> Archive::Statements::prepare(
    const store::SqliteFile& file) {
  auto out = std::make_unique<Statements>();
  const std::pair<store::SqliteStatement*, const char*> all[] = {
      {&out->add_row, "INSERT INTO journal(first, points, data) VALUES(?, ?, ?)"},
      {&out->rows, "SELECT first, points, data FROM journal ORDER BY first"},
      {&out->drop_rows,
       "DELETE FROM journal WHERE first IN (SELECT first FROM journal WHERE first + points <= ?1 "
       "AND first < (SELECT max(first) FROM journal) ORDER BY first LIMIT 64)"},
      {&out->last_row, "SELECT first, points FROM journal ORDER BY first DESC LIMIT 1"},
      {&out->add_piece,
       "INSERT INTO piece(live, sealed, tags, data) VALUES(?, ?, ?, ?) RETURNING id"},
      {&out->newest_pieces, "SELECT sealed, tags FROM piece ORDER BY id DESC"},
      {&out->piece_data, "SELECT substr(data, ?2 + 1, ?3) FROM piece WHERE id = ?1"},
      {&out->lose_block, "UPDATE piece SET live = live - 1 WHERE id = ?"},
      {&out->drop_piece, "DELETE FROM piece WHERE id = ? AND live <= 0"},
      {&out->add_block,
       "INSERT INTO block(tag, first, last, piece, at, bytes) VALUES(?, ?, ?, ?, ?, ?)"},
      {&out->last_block, "SELECT last FROM block WHERE tag = ? ORDER BY first DESC LIMIT 1"},
      {&out->blocks_from,
       "SELECT first, last, piece, at, bytes FROM block WHERE tag = ?1 AND first >= coalesce("
       "(SELECT max(first) FROM block WHERE tag = ?1 AND first <= ?2), ?2) ORDER BY first"},
      {&out->drop_block, "DELETE FROM block WHERE tag = ? AND first = ?"},
  };
  for (const auto& [statement, sql] : all) {
    auto prepared = file.prepare(sql);
    if (!prepared) return std::unexpected(prepared.error());
    *statement = std::move(*prepared);
  }
  return out;
}

}  // namespace tagwerk::history
