#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <memory>
#include <system_error>
#include <vector>

#include "base/descriptor.hpp"
#include "base/new_file.hpp"
#include "store/backup_archive.hpp"
#include "store/sha256.hpp"

namespace tagwerk::store {
namespace {

namespace fs = std::filesystem;

template <class... Args>
std::unexpected<Error> damaged(fmt::format_string<Args...> format, Args&&... args) {
  return fail(ErrorCode::corrupt, "this is no whole backup: {}",
              fmt::format(format, std::forward<Args>(args)...));
}

struct FreeReader {
  void operator()(archive* reader) const { archive_read_free(reader); }
};

/// A backup's members one after the other, no further than they are allowed to be.
class Reader {
 public:
  Reader() : reader_(archive_read_new()), piece_(kArchivePiece) {}

  Status open(int descriptor) {
    archive* from = reader_.get();
    const bool ready = archive_read_support_filter_zstd(from) == ARCHIVE_OK &&
                       archive_read_support_format_tar(from) == ARCHIVE_OK &&
                       archive_read_open_fd(from, descriptor, kArchivePiece) == ARCHIVE_OK;
    if (!ready) return failed();
    // Compressed once: what is packed many times over may take for ever to unpack.
    if (archive_filter_count(from) > 2) return damaged("it is compressed more than once");
    return {};
  }

  /// Goes to the next member, which must be this one; its size, which is at most `limit`.
  Result<std::uint64_t> next(std::string_view name, std::uint64_t limit) {
    archive_entry* entry = nullptr;
    const int read = archive_read_next_header(reader_.get(), &entry);
    if (read == ARCHIVE_EOF) return damaged("it ends before '{}'", name);
    if (read != ARCHIVE_OK) return failed();
    const char* found = archive_entry_pathname(entry);
    if (found == nullptr || found != name) return damaged("'{}' is not where it should be", name);
    const bool regular = archive_entry_filetype(entry) == AE_IFREG &&
                         archive_entry_hardlink(entry) == nullptr &&
                         archive_entry_symlink(entry) == nullptr;
    if (!regular || archive_entry_size_is_set(entry) == 0)
      return damaged("'{}' is no ordinary file", name);
    const auto size = static_cast<std::uint64_t>(archive_entry_size(entry));
    if (size > limit) return damaged("'{}' has {} bytes; {} are allowed", name, size, limit);
    return size;
  }

  /// A piece of the member; empty at its end.
  Result<std::string_view> piece() {
    const auto got = archive_read_data(reader_.get(), piece_.data(), piece_.size());
    if (got < 0) return failed();
    return std::string_view(piece_.data(), static_cast<std::size_t>(got));
  }

  /// Nothing follows.
  Status finish() {
    archive_entry* entry = nullptr;
    const int read = archive_read_next_header(reader_.get(), &entry);
    if (read == ARCHIVE_EOF) return {};
    if (read == ARCHIVE_OK) return damaged("it holds more than its manifest says");
    return failed();
  }

 private:
  /// What libarchive says of the archive is for people; the bytes it quotes are not.
  std::unexpected<Error> failed() {
    const char* why = archive_error_string(reader_.get());
    std::string text(why == nullptr ? "unknown" : why);
    for (char& c : text)
      if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e) c = '?';
    return damaged("{}", text);
  }

  std::unique_ptr<archive, FreeReader> reader_;
  std::vector<char> piece_;
};

/// Where the files go: into a directory, or nowhere.
class Destination {
 public:
  explicit Destination(fs::path directory) : directory_(std::move(directory)) {}

  Status prepare(const BackupManifest& manifest) const {
    if (directory_.empty()) return {};
    std::error_code error;
    const auto room = fs::space(directory_, error).available;
    if (!error && room < manifest.total())
      return fail(ErrorCode::io, "the files need {} bytes and '{}' has room for {}; free some",
                  manifest.total(), directory_.native(), room);
    return {};
  }

  Status begin(const std::string& name) {
    if (directory_.empty()) return {};
    file_ = directory_ / name;
    std::error_code error;
    if (file_.parent_path() != directory_ && fs::create_directory(file_.parent_path(), error))
      fs::permissions(file_.parent_path(), fs::perms::owner_all, error);
    out_ = base::Descriptor(
        ::open(file_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    return out_.good() ? Status{} : failed();
  }

  Status add(std::string_view bytes) {
    if (directory_.empty() || base::write_all(out_.get(), bytes)) return {};
    return failed();
  }

  Status end() {
    if (directory_.empty()) return {};
    if (::fsync(out_.get()) != 0) return failed();
    out_.close();
    return base::sync_directory(file_.parent_path());
  }

 private:
  Status failed() const {
    return base::fail_errno(fmt::format("cannot write '{}'", file_.native()));
  }

  const fs::path directory_;
  fs::path file_;
  base::Descriptor out_;
};

Result<BackupManifest> read_manifest(Reader& reader) {
  const auto size = reader.next("manifest.json", kLongestManifest);
  if (!size) return std::unexpected(size.error());
  std::string text;
  for (;;) {
    const auto piece = reader.piece();
    if (!piece) return std::unexpected(piece.error());
    if (piece->empty()) break;
    text += *piece;
    if (text.size() > kLongestManifest) return damaged("its manifest does not end");
  }
  auto manifest = parse_manifest(text);
  if (manifest || manifest.error().code == ErrorCode::conflict) return manifest;
  return damaged("{}", manifest.error().message);
}

/// What is done so far of everything, and whether to go on.
struct Counter {
  const Advance& advance;
  const std::stop_token& stop;
  std::uint64_t total;
  std::uint64_t done = 0;

  Status add(std::size_t bytes) {
    done += bytes;
    if (advance) advance(done, total);
    if (!stop.stop_requested()) return {};
    return fail(ErrorCode::unavailable, "the backup was not read to its end: it was broken off");
  }
};

Status read_file(Reader& reader, const BackupManifest::File& file, Destination& destination,
                 Counter& counter) {
  const auto size = reader.next(file.name, file.size);
  if (!size) return std::unexpected(size.error());
  if (auto begun = destination.begin(file.name); !begun) return begun;
  Sha256 sum;
  std::uint64_t read = 0;
  for (;;) {
    const auto piece = reader.piece();
    if (!piece) return std::unexpected(piece.error());
    if (piece->empty()) break;
    read += piece->size();
    if (read > file.size) return damaged("'{}' is longer than its manifest says", file.name);
    sum.add(*piece);
    if (auto added = destination.add(*piece); !added) return added;
    if (auto go_on = counter.add(piece->size()); !go_on) return go_on;
  }
  if (read != file.size) return damaged("'{}' has {} of {} bytes", file.name, read, file.size);
  if (sum.finish() != file.sha256) return damaged("'{}' has another SHA-256", file.name);
  return destination.end();
}

Result<BackupManifest> read_backup(int descriptor, Destination destination, const Advance& advance,
                                   const std::stop_token& stop) {
  Reader reader;
  if (auto opened = reader.open(descriptor); !opened) return std::unexpected(opened.error());
  auto manifest = read_manifest(reader);
  if (!manifest) return manifest;
  if (auto ready = destination.prepare(*manifest); !ready) return std::unexpected(ready.error());
  Counter counter{advance, stop, manifest->total()};
  for (const BackupManifest::File& file : manifest->files)
    if (auto done = read_file(reader, file, destination, counter); !done)
      return std::unexpected(done.error());
  if (auto over = reader.finish(); !over) return std::unexpected(over.error());
  return manifest;
}

}  // namespace

Result<BackupManifest> check_backup(int descriptor, const Advance& advance,
                                    const std::stop_token& stop) {
  return read_backup(descriptor, Destination({}), advance, stop);
}

Result<BackupManifest> extract_backup(int descriptor, const fs::path& directory,
                                      const Advance& advance) {
  return read_backup(descriptor, Destination(directory), advance, {});
}

Result<BackupManifest> read_backup_manifest(int descriptor) {
  Reader reader;
  if (auto opened = reader.open(descriptor); !opened) return std::unexpected(opened.error());
  return read_manifest(reader);
}

}  // namespace tagwerk::store
