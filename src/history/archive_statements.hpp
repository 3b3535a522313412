#pragma once

#include "history/archive.hpp"

namespace tagwerk::history {

/// Prepared once, in the order the schema has the tables.
struct Archive::Statements {
  store::SqliteStatement add_row, rows, drop_rows, last_row;
  store::SqliteStatement add_piece, newest_pieces, piece_data, lose_block, drop_piece;
  store::SqliteStatement add_block, last_block, blocks_from, drop_block;

  static Result<std::unique_ptr<Statements>> prepare(const store::SqliteFile& file);
};

}  // namespace tagwerk::history
