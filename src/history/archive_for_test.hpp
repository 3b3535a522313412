#pragma once

#include <fstream>
#include <gtest/gtest.h>

#include "history/archive_reader.hpp"

/// Archives as the tests of this folder make and read them.
namespace tagwerk::history {

inline UtcTime at_second(int second) {
  return UtcTime{std::chrono::seconds(second)};
}

inline Record record_of(TagId tag, int second, double value, bool keep = false) {
  return {
      .tag = tag, .point = {.time = at_second(second), .value = Value::of(value)}, .keep = keep};
}

/// Everything that is recorded of a tag; damaged blocks left out.
inline std::vector<Point> points_in(const std::string& file, const Archive& archive, TagId tag) {
  const auto open = archive.open_points(tag);
  auto reader = ArchiveReader::open(file);
  EXPECT_TRUE(reader) << (reader ? "" : reader.error().message);
  const auto blocks = (*reader)->blocks(tag, UtcTime{Duration::min()}, UtcTime{Duration::max()});
  EXPECT_TRUE(blocks) << (blocks ? "" : blocks.error().message);
  std::vector<OpenPoints::Entry> stored;
  Columns columns;
  for (const BlockPlace& place : *blocks) {
    if (!(*reader)->read(place, columns)) continue;
    EXPECT_EQ(columns.point(0).time, place.first);
    EXPECT_EQ(columns.point(columns.size() - 1).time, place.last);
    for (std::size_t i = 0; i < columns.size(); ++i)
      stored.push_back({columns.point(i), false});
  }
  std::vector<Point> out;
  for (OpenPoints::Entry& each : merged(std::move(stored), open))
    out.push_back(std::move(each.point));
  return out;
}

/// "second=value …"
inline std::string text_of(const std::vector<Point>& points) {
  std::string out;
  for (const Point& each : points)
    out +=
        fmt::format("{}{}={}", out.empty() ? "" : " ",
                    each.time.time_since_epoch() / std::chrono::seconds(1), each.value.to_json());
  return out;
}

/// One bit of the tag's oldest block flips.
inline void damage_first_block(const std::string& path, TagId tag) {
  auto file = *store::SqliteFile::open(path, store::SqliteFile::Use::write);
  const auto piece = *file->number(
      fmt::format("SELECT piece FROM block WHERE tag = {} ORDER BY first LIMIT 1", tag));
  const auto place = *file->number(
      fmt::format("SELECT at + bytes - 3 FROM block WHERE tag = {} ORDER BY first LIMIT 1", tag));
  auto query = *file->prepare("SELECT data FROM piece WHERE id = ?");
  ASSERT_TRUE(*query.bind(1, piece).row());
  const auto view = query.bytes(0);
  base::Bytes data(view.begin(), view.end());
  query.reset();
  data[static_cast<std::size_t>(place)] ^= std::byte{1};
  auto write = *file->prepare("UPDATE piece SET data = ? WHERE id = ?");
  ASSERT_TRUE(write.bind(1, base::ByteView(data)).bind(2, piece).run());
}

inline void write_text(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
}

}  // namespace tagwerk::history
