#pragma once

#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "access/access.hpp"
#include "app/server_settings.hpp"
#include "base/error.hpp"
#include "base/time.hpp"
#include "store/backups.hpp"

namespace tagwerk::app {

/// One backup a day, DIRECTORY/nightly-YYYYMMDD.tar.zst, of which the newest are kept. One that was
/// missed, because the server was off, is made soon after the start; a plant that is younger than
/// its first night has none to miss. Files that this server did not make are left alone, also those
/// of another server with the same directory.
/// Threads: tick one, status any; the work is done on the thread of `backups`
/// Owns:    nothing; backups and their worker's jobs are over before it goes
class NightlyBackup {
 public:
  /// From the start, and from a failure to the next try.
  static constexpr Duration kFirstLook = std::chrono::seconds(30);
  static constexpr Duration kRetry = std::chrono::hours(1);

  struct Plan {
    BackupSettings settings;
    UtcTime data_since = kNever;  ///< when the database was made
    MonoTime started{};
  };

  NightlyBackup(Plan plan, store::Backups& backups);

  /// Makes one when it is time. Cheap; call it twice a second.
  void tick(UtcTime now, MonoTime mono);
  access::PartStatus status() const;

 private:
  void finish(Result<std::optional<UtcTime>> last, MonoTime begun);

  const Plan plan_;
  const std::filesystem::path directory_;
  store::Backups& backups_;

  mutable std::mutex mutex_;  ///< of what follows; once a night and for status pages
  MonoTime next_look_;
  bool looked_ = false;
  bool busy_ = false;
  std::optional<UtcTime> last_;
  std::string failure_;
};

// What it is made of.

/// The last moment, now included, at which the clock on the wall showed this time of the day.
UtcTime last_time_of_day(UtcTime now, std::chrono::minutes time);
/// "nightly-20261121.tar.zst", by the day on the wall.
std::string nightly_name(UtcTime now);

struct Nightly {
  std::filesystem::path file;
  UtcTime made_at = kNever;
};
/// Those that this server made, newest first.
std::vector<Nightly> nightlies_of(const store::BackupSource& source,
                                  const std::filesystem::path& directory);

/// Makes one if none was made since the last time of the day, and removes those too many. Gives the
/// time of the last one; none when there is none yet and none was due.
/// Fails: not_found when the directory is not there; already_exists when its name is taken by
/// something else; as store::make_backup
Result<std::optional<UtcTime>> make_nightly_if_due(const NightlyBackup::Plan& plan,
                                                   const store::BackupSource& source, UtcTime now,
                                                   const std::stop_token& stop);

}  // namespace tagwerk::app
