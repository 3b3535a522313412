#include "history/archive_reader.hpp"

#include <algorithm>

#include "history/archive_schema.hpp"

namespace tagwerk::history {
namespace {

/// Every header fits.
constexpr std::size_t kHeaderBytes = 512;

}  // namespace

struct ArchiveReader::Statements {
  store::SqliteStatement blocks, data;
};

Result<std::unique_ptr<ArchiveReader>> ArchiveReader::open(const std::filesystem::path& path) {
  auto file = store::SqliteFile::open(path, store::SqliteFile::Use::read);
  if (!file) return std::unexpected(file.error());
  if (auto known = check_archive(**file); !known) return std::unexpected(known.error());
  std::unique_ptr<ArchiveReader> out(new ArchiveReader(std::move(*file)));
  auto blocks = out->file_->prepare(
      "SELECT first, last, piece, at, bytes FROM block WHERE tag = ?1 AND first >= coalesce("
      "(SELECT max(first) FROM block WHERE tag = ?1 AND first <= ?2), ?2) AND first <= ?3 "
      "ORDER BY first");
  if (!blocks) return std::unexpected(blocks.error());
  auto data = out->file_->prepare("SELECT substr(data, ?2 + 1, ?3) FROM piece WHERE id = ?1");
  if (!data) return std::unexpected(data.error());
  out->sql_ = std::make_unique<Statements>(std::move(*blocks), std::move(*data));
  return out;
}

ArchiveReader::ArchiveReader(std::unique_ptr<store::SqliteFile> file) : file_(std::move(file)) {}

ArchiveReader::~ArchiveReader() = default;

Result<std::vector<BlockPlace>> ArchiveReader::blocks(TagId tag, UtcTime from, UtcTime to) {
  auto& query = sql_->blocks.bind(1, static_cast<std::int64_t>(tag))
                    .bind(2, nanos_of(from))
                    .bind(3, nanos_of(to));
  std::vector<BlockPlace> out;
  for (;;) {
    const auto found = query.row();
    if (!found) return std::unexpected(found.error());
    if (!*found) break;
    out.push_back(place_of(tag, query));
  }
  if (!out.empty() && out.front().last < from) out.erase(out.begin());
  return out;
}

Result<base::ByteView> ArchiveReader::bytes_of(const BlockPlace& place, std::size_t most) {
  const auto found = sql_->data.bind(1, place.piece)
                         .bind(2, static_cast<std::int64_t>(place.at))
                         .bind(3, static_cast<std::int64_t>(std::min(place.bytes, most)))
                         .row();
  if (!found) return std::unexpected(found.error());
  if (!*found)
    return fail(ErrorCode::not_found, "piece {} of '{}' is not there", place.piece,
                file_->path().string());
  return sql_->data.bytes(0);
}

Status ArchiveReader::read(const BlockPlace& place, Columns& out) {
  const auto bytes = bytes_of(place, place.bytes);
  Status done = bytes ? decoder_.decode(*bytes, out) : std::unexpected(bytes.error());
  sql_->data.reset();
  return done;
}

Result<BlockHeader> ArchiveReader::header(const BlockPlace& place) {
  const auto bytes = bytes_of(place, kHeaderBytes);
  auto out = bytes ? read_header(*bytes) : std::unexpected(bytes.error());
  sql_->data.reset();
  return out;
}

}  // namespace tagwerk::history
