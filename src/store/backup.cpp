#include "store/backup.hpp"

#include <cctype>
#include <cerrno>
#include <fcntl.h>
#include <optional>
#include <vector>

#include "base/new_file.hpp"
#include "base/work_directory.hpp"
#include "store/backup_archive.hpp"
#include "store/configuration_store.hpp"
#include "store/database.hpp"

namespace tagwerk::store {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kWorkPrefix = ".making-";

Status make_directory(const fs::path& directory) {
  std::error_code error;
  if (fs::create_directories(directory, error))
    fs::permissions(directory, fs::perms::owner_all, error);
  if (!error) return {};
  return fail(ErrorCode::io, "cannot make the directory '{}': {}", directory.native(),
              error.message());
}

/// Nothing when there is no such file.
Result<std::optional<std::string>> read_small(const fs::path& file, std::size_t limit) {
  const base::Descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!in.good() && errno == ENOENT) return std::nullopt;
  std::string text(limit + 1, '\0');
  const auto got = in.good() ? ::read(in.get(), text.data(), text.size()) : -1;
  if (got < 0) return base::fail_errno(fmt::format("cannot read '{}'", file.native()));
  if (static_cast<std::size_t>(got) > limit)
    return fail(ErrorCode::corrupt, "'{}' has more than {} bytes and cannot be what it should be",
                file.native(), limit);
  text.resize(static_cast<std::size_t>(got));
  return text;
}

/// Schema and revision as they are in the copy, which is what counts.
Status describe(const fs::path& database, BackupManifest& manifest) {
  auto copy = Database::open_to_read(database);
  if (!copy) return std::unexpected(copy.error());
  manifest.schema = (*copy)->schema();
  const auto revision = ConfigurationStore(**copy).revision();
  if (!revision) return std::unexpected(revision.error());
  manifest.revision = *revision;
  return {};
}

Result<BackupManifest> write(const BackupSource& source, int descriptor, UtcTime now,
                             const std::stop_token& stop) {
  BackupManifest manifest{.version = source.version,
                          .made_at = std::chrono::floor<std::chrono::microseconds>(now),
                          .instance = source.instance,
                          .host = source.plain_host()};
  auto live = Database::open_to_read(source.directory / kDatabaseMember);
  if (!live) return std::unexpected(live.error());
  if (auto there = make_directory(source.backups()); !there) return std::unexpected(there.error());
  const auto work = base::WorkDirectory::make(source.backups(), kWorkPrefix);
  if (!work) return std::unexpected(work.error());
  const fs::path copy = work->path() / kDatabaseMember;
  if (auto copied = (*live)->copy_to(copy, stop); !copied) return std::unexpected(copied.error());
  live->reset();
  if (auto described = describe(copy, manifest); !described)
    return std::unexpected(described.error());

  std::vector<BackupContent> contents;
  auto database = content_of_file(kDatabaseMember, copy, stop);
  if (!database) return std::unexpected(database.error());
  contents.push_back(std::move(*database));
  for (const BackupMember& member : kBackupMembers) {
    if (member.name == kDatabaseMember) continue;
    auto bytes = read_small(source.directory / member.name, member.limit);
    if (!bytes) return std::unexpected(bytes.error());
    if (*bytes) contents.push_back(content_of_bytes(member.name, std::move(**bytes)));
  }
  if (auto written = write_backup(descriptor, manifest, contents, stop); !written)
    return std::unexpected(written.error());
  return manifest;
}

}  // namespace

std::string BackupSource::plain_host() const {
  std::string text = host.substr(0, 255);
  for (char& c : text)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '_') c = '-';
  return text;
}

Result<MadeBackup> back_up(const BackupSource& source, int descriptor, UtcTime now,
                           const std::stop_token& stop) {
  auto manifest = write(source, descriptor, now, stop);
  if (!manifest) return std::unexpected(manifest.error());
  const auto size = ::lseek(descriptor, 0, SEEK_CUR);
  if (size < 0 || ::lseek(descriptor, 0, SEEK_SET) != 0)
    return base::fail_errno("cannot read the backup");
  const auto read = check_backup(descriptor, {}, stop);
  if (!read && stop.stop_requested()) return std::unexpected(read.error());
  if (!read)
    return fail(ErrorCode::corrupt, "the backup does not read back: {}; check the disk",
                read.error().message);
  return MadeBackup{std::move(*manifest), static_cast<std::uint64_t>(size)};
}

Result<MadeBackup> make_backup(const BackupSource& source, const fs::path& file, UtcTime now,
                               const std::stop_token& stop) {
  auto fresh = base::NewFile::make(file);
  if (!fresh) return std::unexpected(fresh.error());
  auto made = back_up(source, fresh->descriptor(), now, stop);
  if (!made) return made;
  if (auto kept = fresh->keep(); !kept) return std::unexpected(kept.error());
  return made;
}

Result<SpooledBackup> spool_backup(const BackupSource& source, UtcTime now,
                                   const std::stop_token& stop) {
  if (auto there = make_directory(source.backups()); !there) return std::unexpected(there.error());
  const auto spool = base::unnamed_file(source.backups());
  if (!spool) return std::unexpected(spool.error());
  auto manifest = write(source, spool->get(), now, stop);
  if (!manifest) return std::unexpected(manifest.error());
  auto mapped = base::MappedFile::map(spool->get());
  if (!mapped) return std::unexpected(mapped.error());
  return SpooledBackup{std::move(*manifest), std::move(*mapped)};
}

void remove_unfinished_backups(const BackupSource& source) {
  base::WorkDirectory::remove_leftovers(source.backups(), kWorkPrefix);
}

}  // namespace tagwerk::store
