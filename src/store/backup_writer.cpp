#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <memory>
#include <vector>

#include "base/descriptor.hpp"
#include "store/backup_archive.hpp"
#include "store/sha256.hpp"

namespace tagwerk::store {
namespace {

struct FreeWriter {
  void operator()(archive* writer) const { archive_write_free(writer); }
};
struct FreeEntry {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

Status stopped(const std::stop_token& stop) {
  if (!stop.stop_requested()) return {};
  return fail(ErrorCode::unavailable, "the backup was broken off, because the server stops");
}

/// Hands a file out piece by piece.
template <class Take>
Status for_each_piece(const std::filesystem::path& path, const std::stop_token& stop, Take take) {
  const base::Descriptor in(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!in.good()) return base::fail_errno(fmt::format("cannot read '{}'", path.native()));
  std::vector<char> piece(kArchivePiece);
  for (;;) {
    if (auto wanted = stopped(stop); !wanted) return wanted;
    const auto got = ::read(in.get(), piece.data(), piece.size());
    if (got < 0) return base::fail_errno(fmt::format("cannot read '{}'", path.native()));
    if (got == 0) return {};
    if (Status taken = take(std::string_view(piece.data(), static_cast<std::size_t>(got))); !taken)
      return taken;
  }
}

/// A tar archive on its way through zstd into a file.
class Writer {
 public:
  explicit Writer(UtcTime time)
      : writer_(archive_write_new()),
        seconds_(std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count()) {}

  Status open(int descriptor) {
    archive* to = writer_.get();
    const bool ready = archive_write_set_format_pax_restricted(to) == ARCHIVE_OK &&
                       archive_write_add_filter_zstd(to) == ARCHIVE_OK &&
                       archive_write_set_bytes_in_last_block(to, 1) == ARCHIVE_OK &&
                       archive_write_open_fd(to, descriptor) == ARCHIVE_OK;
    return ready ? Status{} : failed();
  }

  Status begin(std::string_view name, std::uint64_t size) {
    const std::unique_ptr<archive_entry, FreeEntry> entry(archive_entry_new());
    archive_entry_set_pathname(entry.get(), std::string(name).c_str());
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0600);
    archive_entry_set_size(entry.get(), static_cast<std::int64_t>(size));
    archive_entry_set_mtime(entry.get(), seconds_, 0);
    left_ = size;
    return archive_write_header(writer_.get(), entry.get()) == ARCHIVE_OK ? Status{} : failed();
  }

  Status add(std::string_view bytes) {
    if (bytes.size() > left_) return changed();
    left_ -= bytes.size();
    const auto put = archive_write_data(writer_.get(), bytes.data(), bytes.size());
    return put == static_cast<la_ssize_t>(bytes.size()) ? Status{} : failed();
  }

  Status end() { return left_ == 0 ? Status{} : changed(); }

  Status finish() { return archive_write_close(writer_.get()) == ARCHIVE_OK ? Status{} : failed(); }

 private:
  Status failed() {
    const char* why = archive_error_string(writer_.get());
    return fail(ErrorCode::io, "cannot write the backup: {}; look whether the disk is full",
                why == nullptr ? "unknown" : why);
  }
  static Status changed() {
    return fail(ErrorCode::corrupt, "a file changed while it was backed up; try again");
  }

  std::unique_ptr<archive, FreeWriter> writer_;
  std::int64_t seconds_;
  std::uint64_t left_ = 0;  ///< of the member that was begun
};

Status write_member(Writer& writer, std::string_view name, std::string_view bytes) {
  if (auto begun = writer.begin(name, bytes.size()); !begun) return begun;
  return writer.add(bytes);
}

Status write_content(Writer& writer, const BackupContent& content, const std::stop_token& stop) {
  if (content.path.empty()) return write_member(writer, content.file.name, content.bytes);
  if (auto begun = writer.begin(content.file.name, content.file.size); !begun) return begun;
  auto written =
      for_each_piece(content.path, stop, [&](std::string_view piece) { return writer.add(piece); });
  return written ? writer.end() : written;
}

}  // namespace

Result<BackupContent> content_of_file(std::string_view member, const std::filesystem::path& path,
                                      const std::stop_token& stop) {
  BackupContent out{.file = {.name = std::string(member)}, .path = path};
  Sha256 sum;
  const auto read = for_each_piece(path, stop, [&](std::string_view piece) -> Status {
    sum.add(piece);
    out.file.size += piece.size();
    return {};
  });
  if (!read) return std::unexpected(read.error());
  out.file.sha256 = sum.finish();
  return out;
}

BackupContent content_of_bytes(std::string_view member, std::string bytes) {
  Sha256 sum;
  sum.add(bytes);
  return {.file = {std::string(member), bytes.size(), sum.finish()}, .bytes = std::move(bytes)};
}

Status write_backup(int descriptor, BackupManifest& manifest,
                    const std::vector<BackupContent>& contents, const std::stop_token& stop) {
  manifest.files.clear();
  for (const BackupContent& content : contents)
    manifest.files.push_back(content.file);
  Writer writer(manifest.made_at);
  if (auto opened = writer.open(descriptor); !opened) return opened;
  if (auto done = write_member(writer, "manifest.json", to_json(manifest)); !done) return done;
  for (const BackupContent& content : contents)
    if (auto done = write_content(writer, content, stop); !done) return done;
  return writer.finish();
}

}  // namespace tagwerk::store
