#pragma once

#include "table/writer.hpp"

namespace tagwerk::table {

/// A tag with its value, outside the segment: what moves from one slot or segment to another.
struct Writer::Saved {
  TagRecord tag;
  Current current;
  base::Bytes bytes;
};

/// Everything a segment hands to the one that takes its place.
struct Writer::Heritage {
  std::uint64_t generation = 0;
  std::uint64_t next_tag_id = 1;
  std::vector<Saved> tags;
};

}  // namespace tagwerk::table
