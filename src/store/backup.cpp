#include "store/backup.hpp"

#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>
#include <vector>

#include "base/new_file.hpp"
#include "store/backup_archive.hpp"
#include "store/configuration_store.hpp"
#include "store/database.hpp"

namespace tagwerk::store {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kWorkPrefix = ".making-";

/// A directory for half-done things, gone with them.
class WorkDirectory {
 public:
  static Result<WorkDirectory> make(const fs::path& parent) {
    std::error_code error;
    if (fs::create_directories(parent, error)) fs::permissions(parent, fs::perms::owner_all, error);
    std::string name = parent / fmt::format("{}XXXXXX", kWorkPrefix);
    if (::mkdtemp(name.data()) == nullptr)
      return base::fail_errno(fmt::format("cannot make a directory in '{}'", parent.native()));
    return WorkDirectory(std::move(name));
  }
  WorkDirectory(WorkDirectory&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  WorkDirectory& operator=(WorkDirectory&&) = delete;
  ~WorkDirectory() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  explicit WorkDirectory(fs::path path) : path_(std::move(path)) {}

  fs::path path_;
};

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

/// The name of the machine in letters that a manifest may have.
std::string plain(std::string text) {
  for (char& c : text)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '_') c = '-';
  return text;
}

Result<BackupManifest> write(const BackupSource& source, int descriptor, UtcTime now,
                             const std::stop_token& stop) {
  BackupManifest manifest{.version = source.version,
                          .made_at = std::chrono::floor<std::chrono::microseconds>(now),
                          .instance = source.instance,
                          .host = plain(source.host)};
  auto live = Database::open_to_read(source.directory / kDatabaseMember);
  if (!live) return std::unexpected(live.error());
  const auto work = WorkDirectory::make(source.backups());
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

Result<MadeBackup> make_backup(const BackupSource& source, const fs::path& file, UtcTime now,
                               const std::stop_token& stop) {
  auto made = base::NewFile::make(file);
  if (!made) return std::unexpected(made.error());
  auto manifest = write(source, made->descriptor(), now, stop);
  if (!manifest) return std::unexpected(manifest.error());
  struct stat info{};
  if (::fstat(made->descriptor(), &info) != 0 || ::lseek(made->descriptor(), 0, SEEK_SET) != 0)
    return base::fail_errno(fmt::format("cannot read '{}'", file.native()));
  if (const auto read = check_backup(made->descriptor()); !read)
    return fail(ErrorCode::corrupt,
                "what was written into '{}' does not read back: {}; check the "
                "disk",
                file.native(), read.error().message);
  if (auto kept = made->keep(); !kept) return std::unexpected(kept.error());
  return MadeBackup{std::move(*manifest), static_cast<std::uint64_t>(info.st_size)};
}

Result<SpooledBackup> spool_backup(const BackupSource& source, UtcTime now,
                                   const std::stop_token& stop) {
  const auto spool = base::unnamed_file(source.backups());
  if (!spool) return std::unexpected(spool.error());
  auto manifest = write(source, spool->get(), now, stop);
  if (!manifest) return std::unexpected(manifest.error());
  auto mapped = base::MappedFile::map(spool->get());
  if (!mapped) return std::unexpected(mapped.error());
  return SpooledBackup{std::move(*manifest), std::move(*mapped)};
}

void remove_unfinished_backups(const BackupSource& source) {
  std::error_code error;
  std::vector<fs::path> found;
  for (fs::directory_iterator each(source.backups(), error), end; !error && each != end;
       each.increment(error))
    if (each->path().filename().native().starts_with(kWorkPrefix)) found.push_back(each->path());
  for (const fs::path& path : found)
    fs::remove_all(path, error);
}

}  // namespace tagwerk::store
