#pragma once

#include <atomic>
#include <functional>
#include <stop_token>
#include <utility>

#include "base/worker.hpp"
#include "store/backup.hpp"

namespace tagwerk::store {

/// The backups of a running server: on a thread of their own, so that neither clients nor the
/// database wait for them, and one at a time, so that they do not fill the disk.
/// Threads: any
/// Owns:    nothing; the worker outlives it
class Backups {
 public:
  Backups(BackupSource source, base::Worker& worker)
      : source_(std::move(source)), worker_(worker) {}

  const BackupSource& source() const { return source_; }

  /// `work(stop)` on the worker's thread, then `done(result)` there; who hears that may start the
  /// next one. When it fails neither is called.
  /// Fails: conflict while another one runs; unavailable when the server stops
  template <class Work, class Done>
  Status start(Work work, Done done) {
    if (auto free = occupy(); !free) return free;
    const bool posted =
        worker_.post([this, work = std::move(work), done = std::move(done)]() mutable {
          auto result = work(stop_.get_token());
          busy_ = false;
          done(std::move(result));
        });
    if (posted) return {};
    busy_ = false;
    return stopping();
  }

  /// Breaks off what runs, starts nothing any more. The worker is still to be stopped.
  void stop() { stop_.request_stop(); }

 private:
  static std::unexpected<Error> stopping() {
    return fail(ErrorCode::unavailable, "the server is stopping");
  }
  Status occupy() {
    if (stop_.stop_requested()) return stopping();
    if (!busy_.exchange(true)) return {};
    return fail(ErrorCode::conflict, "a backup is being made already; ask again in a while");
  }

  const BackupSource source_;
  base::Worker& worker_;
  std::stop_source stop_;
  std::atomic<bool> busy_{false};
};

}  // namespace tagwerk::store
