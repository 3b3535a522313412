#include "app/nightly_backup.hpp"

#include <algorithm>
#include <ctime>
#include <fcntl.h>

#include "base/descriptor.hpp"
#include "base/log.hpp"
#include "console/progress.hpp"
#include "store/backup_archive.hpp"

namespace tagwerk::app {
namespace {

namespace fs = std::filesystem;

/// Looking whether it is time.
constexpr Duration kPeriod = std::chrono::seconds(10);

std::tm on_the_wall(UtcTime time) {
  const std::time_t seconds =
      std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time));
  std::tm out{};
  ::localtime_r(&seconds, &out);
  return out;
}

/// As the calendar of the wall has it: day 0 is the last of the month before, and so on.
UtcTime from_the_wall(std::tm day, std::chrono::minutes time) {
  day.tm_hour = static_cast<int>(time.count() / 60);
  day.tm_min = static_cast<int>(time.count() % 60);
  day.tm_sec = 0;
  day.tm_isdst = -1;
  return UtcTime{std::chrono::seconds(std::mktime(&day))};
}

std::string seconds_text(UtcTime time) {
  return base::to_rfc3339(time).substr(0, 19) + "Z";
}

constexpr std::string_view kBefore = "nightly-";
constexpr std::string_view kBehind = ".tar.zst";

bool is_nightly(std::string_view name) {
  if (!name.starts_with(kBefore) || !name.ends_with(kBehind)) return false;
  if (name.size() != kBefore.size() + 8 + kBehind.size()) return false;
  return name.substr(kBefore.size(), 8).find_first_not_of("0123456789") == std::string_view::npos;
}

/// What a file says of itself, when it is a backup that this server made.
std::optional<store::BackupManifest> own_manifest(const store::BackupSource& source,
                                                  const fs::path& file) {
  const base::Descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!in.good()) return std::nullopt;
  auto manifest = store::read_backup_manifest(in.get());
  if (!manifest || manifest->instance != source.instance || manifest->host != source.plain_host())
    return std::nullopt;
  return std::move(*manifest);
}

fs::path directory_of(const BackupSettings& settings, const store::BackupSource& source) {
  return settings.directory.empty() ? source.backups() : fs::path(settings.directory);
}

/// That it is there, and the name free or our own.
Status check_place(const store::BackupSource& source, const fs::path& file) {
  std::error_code error;
  if (!fs::is_directory(file.parent_path(), error))
    return fail(ErrorCode::not_found,
                "the directory '{}' of backup.directory is not there; make it, or mount what it is "
                "on",
                file.parent_path().native());
  if (!fs::exists(fs::symlink_status(file, error)) || own_manifest(source, file)) return {};
  return fail(ErrorCode::already_exists,
              "'{}' is not of this server; move it away, or give each server a backup.directory of "
              "its own",
              file.native());
}

void remove_oldest(const store::BackupSource& source, const fs::path& directory, std::size_t keep) {
  const auto all = nightlies_of(source, directory);
  for (std::size_t i = keep; i < all.size(); ++i) {
    std::error_code error;
    if (!fs::remove(all[i].file, error))
      base::logger("backup")->warn("cannot remove '{}': {}", all[i].file.native(), error.message());
  }
}

}  // namespace

UtcTime last_time_of_day(UtcTime now, std::chrono::minutes time) {
  std::tm day = on_the_wall(now);
  const UtcTime today = from_the_wall(day, time);
  if (today <= now) return today;
  --day.tm_mday;
  return from_the_wall(day, time);
}

std::string nightly_name(UtcTime now) {
  const std::tm day = on_the_wall(now);
  return fmt::format("{}{:04}{:02}{:02}{}", kBefore, day.tm_year + 1900, day.tm_mon + 1,
                     day.tm_mday, kBehind);
}

std::vector<Nightly> nightlies_of(const store::BackupSource& source, const fs::path& directory) {
  std::vector<Nightly> out;
  std::error_code error;
  for (fs::directory_iterator each(directory, error), end; !error && each != end;
       each.increment(error)) {
    if (!is_nightly(each->path().filename().native())) continue;
    if (const auto manifest = own_manifest(source, each->path()))
      out.push_back({each->path(), manifest->made_at});
  }
  std::ranges::sort(out, std::greater{}, &Nightly::made_at);
  return out;
}

Result<std::optional<UtcTime>> make_nightly_if_due(const NightlyBackup::Plan& plan,
                                                   const store::BackupSource& source, UtcTime now,
                                                   const std::stop_token& stop) {
  const fs::path directory = directory_of(plan.settings, source);
  std::optional<UtcTime> last;
  // A clock that was wrong once does not keep us from making more.
  for (const Nightly& each : nightlies_of(source, directory))
    if (each.made_at <= now && !last) last = each.made_at;
  if (last.value_or(plan.data_since) >= last_time_of_day(now, plan.settings.time)) return last;
  const fs::path file = directory / nightly_name(now);
  if (auto good = check_place(source, file); !good) return std::unexpected(good.error());
  const auto made = store::make_backup(source, file, now, stop);
  if (!made) return std::unexpected(made.error());
  base::logger("backup")->info("'{}' made: revision {}, {}", file.native(), made->manifest.revision,
                               console::size_text(made->size));
  remove_oldest(source, directory, plan.settings.keep);
  return std::optional(made->manifest.made_at);
}

NightlyBackup::NightlyBackup(Plan plan, store::Backups& backups)
    : plan_(std::move(plan)),
      directory_(directory_of(plan_.settings, backups.source())),
      backups_(backups),
      next_look_(plan_.started + kFirstLook) {}

void NightlyBackup::tick(UtcTime now, MonoTime mono) {
  if (!plan_.settings.enabled) return;
  {
    const std::lock_guard lock(mutex_);
    if (busy_ || mono < next_look_) return;
    next_look_ = mono + kPeriod;
    // Who has looked knows; nothing is read from the disk until the next night.
    const bool due = last_.value_or(plan_.data_since) < last_time_of_day(now, plan_.settings.time);
    if (looked_ && !due) return;
    busy_ = true;
  }
  const auto started = backups_.start(
      [this, now](const std::stop_token& stop) {
        return make_nightly_if_due(plan_, backups_.source(), now, stop);
      },
      [this, mono](Result<std::optional<UtcTime>> last) { finish(std::move(last), mono); });
  if (started) return;
  // Somebody takes a backup right now: in a moment, then.
  const std::lock_guard lock(mutex_);
  busy_ = false;
}

void NightlyBackup::finish(Result<std::optional<UtcTime>> last, MonoTime begun) {
  const std::lock_guard lock(mutex_);
  busy_ = false;
  if (last) {
    if (!failure_.empty()) base::logger("backup")->info("nightly backups are made again");
    failure_.clear();
    looked_ = true;
    last_ = *last;
    return;
  }
  next_look_ = begun + kRetry;
  if (failure_.empty())
    base::logger("backup")->error("the nightly backup failed: {}; the next try is in an hour",
                                  last.error().message);
  failure_ = last.error().message;
}

access::PartStatus NightlyBackup::status() const {
  if (!plan_.settings.enabled)
    return {"backup", "good", "none is made: backup.enabled in tagwerk.yaml is false"};
  const std::lock_guard lock(mutex_);
  if (!failure_.empty()) return {"backup", "warning", "the nightly backup failed: " + failure_};
  if (last_)
    return {
        "backup", "good",
        fmt::format("the last one is of {}, in '{}'", seconds_text(*last_), directory_.native())};
  const auto time = plan_.settings.time.count();
  return {"backup", "good",
          fmt::format("the first one is made at {:02}:{:02}", time / 60, time % 60)};
}

}  // namespace tagwerk::app
