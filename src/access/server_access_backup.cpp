// The part of ServerAccess that backs the server up.

#include "access/missing_right.hpp"
#include "access/server_access.hpp"

namespace tagwerk::access {
namespace {

AuditEntry audit_entry(const Caller& caller, const Result<store::SpooledBackup>& made) {
  AuditEntry entry{.at = base::utc_now(),
                   .who = caller.principal->name(),
                   .origin = caller.origin,
                   .action = "backup",
                   .target = "server",
                   .outcome = made ? "Good" : "Bad"};
  if (made)
    entry.detail =
        fmt::format("revision {}, {} bytes", made->manifest.revision, made->file->bytes().size());
  else
    entry.detail = made.error().message;
  return entry;
}

}  // namespace

void ServerAccess::backup(Caller caller, Done<store::SpooledBackup> done) {
  if (!caller.principal->can(auth::Right::backup)) return done(missing_right("backup"));
  auto answer = std::make_shared<Done<store::SpooledBackup>>(std::move(done));
  const auto started = parts_.backups.start(
      [source = parts_.backups.source()](const std::stop_token& stop) {
        return store::spool_backup(source, base::utc_now(), stop);
      },
      [this, caller = std::move(caller), answer](Result<store::SpooledBackup> made) {
        AuditEntry entry = audit_entry(caller, made);
        record(std::move(entry),
               [answer, made = std::move(made)](Status) mutable { (*answer)(std::move(made)); });
      });
  if (!started) (*answer)(std::unexpected(started.error()));
}

}  // namespace tagwerk::access
