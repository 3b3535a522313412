#include "access/missing_right.hpp"
#include "access/server_access.hpp"

/// ServerAccess: the project, its changes and its revisions.
namespace tagwerk::access {
namespace {

using auth::Right;

/// Beyond that the audit has one entry, and the revision has the rest.
constexpr std::size_t kAuditedChanges = 20;

bool may_configure(const auth::Principal& principal, std::string_view path) {
  return path == "/" ? principal.can(Right::configure) : principal.can(Right::configure, path);
}

Author author_of(const Caller& caller, std::string source) {
  return {caller.principal->name(), std::move(source),
          [principal = caller.principal](std::string_view path) {
            return may_configure(*principal, path);
          }};
}

std::string target_of(const model::ProjectChange& change) {
  return change.name.starts_with('/') ? change.name : change.kind + " " + change.name;
}

std::string text_of(const model::Node& body) {
  return body.is_null() ? "" : model::to_json(body);
}

}  // namespace

void ServerAccess::import(Caller caller, std::vector<model::ProjectText> files,
                          ImportOptions options, Done<ImportResult> done) {
  if (!caller.principal->can_somewhere(Right::configure)) return done(missing_right("configure"));
  on_store<ImportResult>(
      std::move(done), [this, caller = std::move(caller), files = std::move(files), options] {
        auto result = configuration_.import(author_of(caller, source_of(files)), files, options);
        if (result && result->applied)
          audit_revision(caller, "import", result->revision, result->changes.size());
        return result;
      });
}

Result<ImportResult> ServerAccess::import_changed(const std::vector<model::ProjectText>& files) {
  auto result = configuration_.import_changed(files);
  if (result && result->applied)
    audit_revision({auth::Principal::system("serve"), "--project"}, "import", result->revision,
                   result->changes.size());
  return result;
}

void ServerAccess::edit(Caller caller, MakeEdit make, EditOptions options, Done<EditResult> done) {
  if (!caller.principal->can_somewhere(Right::configure)) return done(missing_right("configure"));
  for (const std::string& path : options.subtrees)
    if (!may_configure(*caller.principal, path)) return done(missing_right("configure", path));
  on_store<EditResult>(std::move(done), [this, caller = std::move(caller), make = std::move(make),
                                         options = std::move(options)]() mutable {
    auto result = configuration_.edit(author_of(caller, "api"), std::move(make), options);
    if (result && result->applied) audit_edit(caller, *result);
    return result;
  });
}

void ServerAccess::export_project(Caller caller, ExportOptions options, Done<std::string> done) {
  if (!may_configure(*caller.principal, options.path))
    return done(missing_right("configure", options.path));
  on_store<std::string>(std::move(done), [this, options = std::move(options)] {
    return configuration_.export_project(options);
  });
}

void ServerAccess::revisions(Caller caller, std::size_t limit, std::uint64_t before,
                             Done<std::vector<Revision>> done) {
  if (!caller.principal->can(Right::configure)) return done(missing_right("configure"));
  on_store<std::vector<Revision>>(
      std::move(done), [this, limit, before] { return configuration_.revisions(limit, before); });
}

void ServerAccess::revision(Caller caller, std::uint64_t number, Done<RevisionChanges> done) {
  if (!caller.principal->can(Right::configure)) return done(missing_right("configure"));
  on_store<RevisionChanges>(std::move(done),
                            [this, number] { return configuration_.revision(number); });
}

void ServerAccess::restore(Caller caller, std::uint64_t number, bool dry_run,
                           Done<ImportResult> done) {
  if (!caller.principal->can(Right::configure)) return done(missing_right("configure"));
  on_store<ImportResult>(std::move(done), [this, caller = std::move(caller), number, dry_run] {
    const std::string source = fmt::format("revision {}", number);
    auto result = configuration_.restore(author_of(caller, source), number, dry_run);
    if (result && result->applied)
      audit_revision(caller, "restore", result->revision, result->changes.size());
    return result;
  });
}

void ServerAccess::audit_revision(const Caller& caller, std::string_view action,
                                  std::uint64_t revision, std::size_t changes) {
  const AuditEntry entry{.at = base::utc_now(),
                         .who = caller.principal->name(),
                         .origin = caller.origin,
                         .action = std::string(action),
                         .target = "project",
                         .new_value = std::to_string(revision),
                         .outcome = "Good",
                         .detail = fmt::format("{} changes", changes)};
  note_audit(parts_.audit.append({&entry, 1}));
}

void ServerAccess::audit_edit(const Caller& caller, const EditResult& result) {
  if (result.changes.size() > kAuditedChanges || result.changes.empty())
    return audit_revision(caller, "configure", result.revision, result.changes.size());
  std::vector<AuditEntry> entries;
  for (const model::ProjectChange& change : result.changes)
    entries.push_back({.at = base::utc_now(),
                       .who = caller.principal->name(),
                       .origin = caller.origin,
                       .action = "configure",
                       .target = target_of(change),
                       .old_value = text_of(change.before),
                       .new_value = text_of(change.after),
                       .outcome = "Good",
                       .detail = fmt::format("revision {}{}{}", result.revision,
                                             change.detail.empty() ? "" : ": ", change.detail)});
  note_audit(parts_.audit.append(entries));
}

}  // namespace tagwerk::access
