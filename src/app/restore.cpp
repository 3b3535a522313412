#include "app/restore.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "app/data_directory.hpp"
#include "app/machine.hpp"
#include "app/version.hpp"
#include "base/new_file.hpp"
#include "base/work_directory.hpp"
#include "store/backup.hpp"
#include "store/database.hpp"

namespace tagwerk::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kWorkPrefix = ".restoring-";
/// The database's log must not meet another database.
constexpr std::array<std::string_view, 2> kDatabaseLogs{"config.sqlite-wal", "config.sqlite-shm"};
/// What DataDirectory::open makes, and a plant needs not to be there for.
constexpr std::array<std::string_view, 4> kEmptyPlant{"lock", "connectors", "backup", "run"};

bool there_is(const fs::path& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

/// New, empty, or with nothing but what a command left that found nothing to do.
bool is_unused(const fs::path& directory) {
  if (!there_is(directory)) return true;
  std::error_code error;
  for (fs::directory_iterator each(directory, error), end; !error && each != end;
       each.increment(error)) {
    const std::string name = each->path().filename();
    if (std::ranges::find(kEmptyPlant, name) == kEmptyPlant.end()) return false;
    if (each->is_directory(error) && !fs::is_empty(each->path(), error)) return false;
  }
  return !error;
}

Status check_place(const fs::path& directory, bool replace) {
  std::error_code error;
  if (!fs::exists(directory, error)) return {};
  if (!fs::is_directory(directory, error))
    return fail(ErrorCode::invalid_argument, "'{}' is a file; name a directory",
                directory.native());
  if (is_unused(directory)) return {};
  if (!there_is(directory / "lock"))
    return fail(ErrorCode::already_exists,
                "'{}' is not empty and no data directory; name a new one", directory.native());
  if (replace) return {};
  return fail(ErrorCode::already_exists,
              "'{}' holds a plant already; name a new directory, or give --replace: what is there "
              "is then backed up into '{}' and replaced",
              directory.native(), (directory / "backup").native());
}

/// That this program can run it, and that it is sound.
Status check_database(const fs::path& file, const store::BackupManifest& manifest) {
  auto database = store::Database::open_to_read(file);
  if (!database)
    return fail(ErrorCode::corrupt, "the database in the backup cannot be read: {}",
                database.error().message);
  if ((*database)->schema() > store::Database::newest_schema())
    return fail(ErrorCode::conflict,
                "the backup was made by Tagwerk {} (schema {}, this one knows {}); restore it with "
                "that version or a newer one",
                manifest.version, (*database)->schema(), store::Database::newest_schema());
  const auto faults = (*database)->faults(store::Database::Look::thorough);
  if (faults && faults->empty()) return {};
  return fail(ErrorCode::corrupt, "the database in the backup is damaged ({}); take another backup",
              faults ? faults->front() : faults.error().message);
}

Status move(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) == 0) return {};
  return base::fail_errno(fmt::format("cannot move '{}' to '{}'", from.native(), to.native()));
}

/// "…/before-restore-20261121-013000": of now, and free.
fs::path free_name(const fs::path& backups) {
  std::string time = base::to_rfc3339(base::utc_now()).substr(0, 19);
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  std::ranges::replace(time, 'T', '-');
  fs::path name = backups / ("before-restore-" + time);
  for (int i = 2; there_is(name) || there_is(name.native() + ".tar.zst"); ++i)
    name = backups / fmt::format("before-restore-{}-{}", time, i);
  return name;
}

/// All that a backup would hold, as it is: also what is damaged.
Status move_away(const fs::path& directory, const fs::path& to) {
  std::error_code error;
  fs::create_directory(to, error);
  fs::permissions(to, fs::perms::owner_all, error);
  for (const std::string_view name : {std::string_view("tls"), std::string_view("secret"),
                                      kDatabaseLogs[0], kDatabaseLogs[1], store::kDatabaseMember})
    if (there_is(directory / name))
      if (auto moved = move(directory / name, to / name); !moved) return moved;
  return base::sync_directory(to);
}

/// As a backup, or when that cannot be made, because the database is damaged for instance, by
/// moving the files away.
Status keep_what_is_there(const DataDirectory& data, Restored& out) {
  const fs::path name = free_name(data.backups());
  const store::BackupSource source{data.path(), kVersion, data.default_instance(), host_name()};
  const auto made = store::make_backup(source, name.native() + ".tar.zst", base::utc_now());
  if (made) {
    out.kept = name.native() + ".tar.zst";
    return {};
  }
  out.kept = name;
  out.kept_because = made.error().message;
  return move_away(data.path(), name);
}

/// What the backup has goes into its place, what it does not have goes; the database last.
Status put_in_place(const fs::path& work, const fs::path& directory) {
  std::error_code error;
  for (const store::BackupMember& member : store::kBackupMembers) {
    if (member.name == store::kDatabaseMember) continue;
    const fs::path to = directory / member.name;
    if (!there_is(work / member.name)) {
      fs::remove(to, error);
      continue;
    }
    if (fs::create_directory(to.parent_path(), error))
      fs::permissions(to.parent_path(), fs::perms::owner_all, error);
    if (auto moved = move(work / member.name, to); !moved) return moved;
    if (auto durable = base::sync_directory(to.parent_path()); !durable) return durable;
  }
  for (const std::string_view log : kDatabaseLogs)
    fs::remove(directory / log, error);
  if (auto durable = base::sync_directory(directory); !durable) return durable;
  if (auto moved = move(work / store::kDatabaseMember, directory / store::kDatabaseMember); !moved)
    return moved;
  return base::sync_directory(directory);
}

/// Who restores as root does it for the user whose directory it is, who could open nothing else.
void give_to_owner(const DataDirectory& data, const fs::path& kept) {
  struct stat info{};
  if (::geteuid() != 0 || ::stat(data.path().c_str(), &info) != 0 || info.st_uid == 0) return;
  std::vector<fs::path> all{data.path() / "tls"};
  for (const std::string_view name : kEmptyPlant)
    all.push_back(data.path() / name);
  for (const store::BackupMember& member : store::kBackupMembers)
    all.push_back(data.path() / member.name);
  if (!kept.empty()) all.push_back(kept);
  for (const fs::path& path : all)
    if (::lchown(path.c_str(), info.st_uid, info.st_gid) != 0 && errno != ENOENT) return;
}

Result<Restored> restore_into(int descriptor, const fs::path& directory,
                              const RestoreOptions& options) {
  const bool unused = is_unused(directory);
  const auto data = DataDirectory::open(directory);
  if (!data) return std::unexpected(data.error());
  const fs::path& path = (*data)->path();
  base::WorkDirectory::remove_leftovers(path, kWorkPrefix);
  const auto work = base::WorkDirectory::make(path, kWorkPrefix);
  if (!work) return std::unexpected(work.error());
  auto manifest = store::extract_backup(descriptor, work->path(), options.advance);
  if (!manifest) return std::unexpected(manifest.error());
  Restored out{.manifest = std::move(*manifest), .directory = path};
  const fs::path database = work->path() / store::kDatabaseMember;
  if (auto good = check_database(database, out.manifest); !good)
    return std::unexpected(good.error());
  if (!unused)
    if (auto kept = keep_what_is_there(**data, out); !kept) return std::unexpected(kept.error());
  if (auto placed = put_in_place(work->path(), path); !placed)
    return std::unexpected(placed.error());
  give_to_owner(**data, out.kept);
  return out;
}

}  // namespace

Result<Restored> restore(int descriptor, const fs::path& directory, const RestoreOptions& options) {
  if (auto good = check_place(directory, options.replace); !good)
    return std::unexpected(good.error());
  const bool is_new = !there_is(directory);
  auto restored = restore_into(descriptor, directory, options);
  std::error_code ignored;
  if (!restored && is_new) fs::remove_all(directory, ignored);
  return restored;
}

}  // namespace tagwerk::app
