#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <unistd.h>

#include "app/command_line.hpp"
#include "app/data_directory.hpp"
#include "app/machine.hpp"
#include "app/restore.hpp"
#include "app/version.hpp"
#include "base/new_file.hpp"
#include "console/progress.hpp"
#include "console/server_session.hpp"
#include "store/backup.hpp"
#include "store/backup_archive.hpp"

namespace tagwerk::app {
namespace {

namespace fs = std::filesystem;
using console::Progress;
using console::RemoteOptions;
using console::ServerSession;

struct BackupArguments {
  std::string file;
  std::string data;
  RemoteOptions remote;
  bool replace = false;

  bool streams() const { return file == "-"; }
};

/// "plant.tar.zst: 1.2 MiB, revision 7, schema 5, of 2026-11-21T01:30:00Z"
void print_made(FILE* out, const std::string& name, const store::MadeBackup& made) {
  std::fprintf(out, "%s: %s, revision %llu, schema %d, of %sZ\n", name.c_str(),
               console::size_text(made.size).c_str(),
               static_cast<unsigned long long>(made.manifest.revision), made.manifest.schema,
               base::to_rfc3339(made.manifest.made_at).substr(0, 19).c_str());
}

/// Fetches the server's backup into an open file and reads it back.
Result<store::MadeBackup> fetch(const RemoteOptions& remote, int descriptor) {
  auto session = ServerSession::open(remote);
  if (!session) return std::unexpected(session.error());
  Progress progress("backup");
  progress.update(0, 0);
  std::uint64_t size = 0;
  const auto fetched =
      session->download("/api/backup", [&](std::string_view piece, std::uint64_t total) -> Status {
        size += piece.size();
        progress.update(size, total);
        return base::write_all(descriptor, piece);
      });
  if (!fetched) return std::unexpected(fetched.error());
  if (::lseek(descriptor, 0, SEEK_SET) != 0) return base::fail_errno("cannot read the backup");
  auto manifest = store::check_backup(
      descriptor, [&](std::uint64_t done, std::uint64_t total) { progress.update(done, total); });
  if (!manifest)
    return fail(manifest.error().code, "what the server sent is no good: {}",
                manifest.error().message);
  return store::MadeBackup{std::move(*manifest), size};
}

/// Where the backup is written before it is known to be good, and where it goes then.
struct Target {
  fs::path directory;  ///< of the file
  std::string name;    ///< empty: the name that the backup gives itself
};

Target target_of(const std::string& file) {
  std::error_code error;
  if (file.ends_with('/') || fs::is_directory(file, error)) return {file, ""};
  const fs::path path(file);
  return {path.has_parent_path() ? path.parent_path() : fs::path("."), path.filename()};
}

Result<store::MadeBackup> make(const BackupArguments& arguments, int descriptor) {
  if (arguments.data.empty()) return fetch(arguments.remote, descriptor);
  const auto data = DataDirectory::open_existing(arguments.data);
  if (!data) return std::unexpected(data.error());
  Progress progress("backup");
  progress.update(0, 0);
  return store::back_up({(*data)->path(), kVersion, (*data)->default_instance(), host_name()},
                        descriptor, base::utc_now());
}

int back_up_into_file(const BackupArguments& arguments) {
  const Target target = target_of(arguments.file);
  auto file = base::NewFile::make(target.directory /
                                  (target.name.empty() ? "tagwerk-backup" : target.name));
  if (!file) return report(file.error());
  const auto made = make(arguments, file->descriptor());
  if (!made) return report(made.error());
  const fs::path name =
      target.directory / (target.name.empty() ? made->manifest.file_name() : target.name);
  if (auto kept = file->keep_as(name); !kept) return report(kept.error());
  print_made(stdout, name, *made);
  return kExitGood;
}

Status copy_to_stdout(int descriptor, std::uint64_t size) {
  const auto mapped = base::MappedFile::map(descriptor);
  if (!mapped) return std::unexpected(mapped.error());
  Progress progress("writing");
  for (std::string_view left = (*mapped)->bytes(); !left.empty();) {
    const std::string_view piece = left.substr(0, std::size_t{1024} * 1024);
    if (!base::write_all(STDOUT_FILENO, piece))
      return base::fail_errno("cannot write to standard output");
    left.remove_prefix(piece.size());
    progress.update(size - left.size(), size);
  }
  return {};
}

/// Through a file, for what has left by a pipe cannot be taken back when it turns out to be no
/// good.
int back_up_to_stdout(const BackupArguments& arguments) {
  if (::isatty(STDOUT_FILENO) == 1)
    return report(Error{ErrorCode::invalid_argument,
                        "a backup is no text for a terminal; name a file, or redirect it",
                        {}});
  std::error_code error;
  const auto spool = base::unnamed_file(fs::temp_directory_path(error));
  if (!spool) return report(spool.error());
  const auto made = make(arguments, spool->get());
  if (!made) return report(made.error());
  if (auto copied = copy_to_stdout(spool->get(), made->size); !copied)
    return report(copied.error());
  print_made(stderr, "backup", *made);
  return kExitGood;
}

int back_up(const BackupArguments& arguments) {
  return arguments.streams() ? back_up_to_stdout(arguments) : back_up_into_file(arguments);
}

void print_restored(const Restored& restored, const std::string& data) {
  const store::BackupManifest& manifest = restored.manifest;
  if (!restored.kept_because.empty())
    std::fprintf(stderr, "what was there could not be backed up (%s) and was moved\n",
                 restored.kept_because.c_str());
  if (!restored.kept.empty()) std::printf("what was there is kept in %s\n", restored.kept.c_str());
  std::printf("restored into %s: revision %llu, schema %d, of %sZ, made on %s by Tagwerk %s\n",
              restored.directory.c_str(), static_cast<unsigned long long>(manifest.revision),
              manifest.schema, base::to_rfc3339(manifest.made_at).substr(0, 19).c_str(),
              manifest.host.c_str(), manifest.version.c_str());
  std::printf(
      "users, keys and tokens are those of the backup, also those that were revoked since\n"
      "next: tagwerk serve --data %s\n",
      data.c_str());
}

int restore_backup(const BackupArguments& arguments) {
  const base::Descriptor in(arguments.streams()
                                ? ::dup(STDIN_FILENO)
                                : ::open(arguments.file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!in.good())
    return report(base::fail_errno(fmt::format("cannot read '{}'", arguments.file)).error());
  auto restored = [&] {
    Progress progress("restore");
    return restore(
        in.get(), arguments.data,
        {.replace = arguments.replace, .advance = [&](std::uint64_t done, std::uint64_t total) {
           progress.update(done, total);
         }});
  }();
  if (!restored)
    return report({restored.error().code,
                   fmt::format("cannot restore '{}': {}", arguments.file, restored.error().message),
                   {}});
  print_restored(*restored, arguments.data);
  return kExitGood;
}

}  // namespace

void add_backup_commands(CommandSpec& app) {
  auto arguments = std::make_shared<BackupArguments>();
  CommandSpec backup = app.add_command("backup", "Back everything up into one file");
  backup.option("file", arguments->file, "where to; a directory, or - for standard output")
      .required()
      .offers(Offer::files);
  backup.option("--data", arguments->data, "back up this data directory; its server must not run")
      .offers(Offer::files);
  console::add_remote_options(backup, arguments->remote);
  backup.runs(arguments, back_up);

  CommandSpec restoring =
      app.add_command("restore", "Make a data directory of a backup, without server");
  restoring.option("file", arguments->file, "the backup; - for standard input")
      .required()
      .offers(Offer::files);
  restoring.option("--data", arguments->data, "the directory, new or empty")
      .required()
      .offers(Offer::files);
  restoring.flag("--replace", arguments->replace,
                 "replace the plant that is there, after backing it up into its backup/");
  restoring.runs(arguments, restore_backup);
}

}  // namespace tagwerk::app
