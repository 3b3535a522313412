#include "history/piece.hpp"

namespace tagwerk::history {

void PieceWriter::add(TagId tag, UtcTime first, UtcTime last, base::ByteView block) {
  base::ByteWriter tags(tags_);
  tags.varint(tag);
  tags.varint(block.size());
  blocks_.push_back(
      {.tag = tag, .first = first, .last = last, .at = data_.size(), .bytes = block.size()});
  data_.insert(data_.end(), block.begin(), block.end());
}

void PieceWriter::clear() {
  blocks_.clear();
  tags_.clear();
  data_.clear();
}

Result<std::vector<TagId>> tags_of_piece(base::ByteView tags) {
  std::vector<TagId> out;
  base::ByteReader in(tags);
  while (in.ok() && in.remaining() > 0) {
    out.push_back(in.varint());
    in.varint();
  }
  if (!in.ok()) return fail(ErrorCode::corrupt, "the list of tags of a piece ends too early");
  return out;
}

}  // namespace tagwerk::history
