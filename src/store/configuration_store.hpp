#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "model/plant.hpp"
#include "model/project_edit.hpp"
#include "model/project_file.hpp"

namespace tagwerk::store {

class Database;

/// What is configured, under one revision; all that Plant::make needs.
struct Configuration {
  std::uint64_t revision = 0;  ///< 0 = nothing was ever applied
  model::Project project;
  model::Plant::TagIds tag_ids;
};

struct Revision {
  std::uint64_t number = 0;
  UtcTime at = kNever;
  std::string who;
  std::string source;  ///< "import plant.yaml", "api", …
  std::string summary;
  std::uint64_t changes = 0;
};

/// A project file whose content is in the configuration now.
struct AppliedFile {
  std::string name;
  std::string hash;
};

struct AppliedChange {
  using Ids = std::vector<std::pair<std::string, TagId>>;

  std::uint64_t revision = 0;
  Ids new_tags;  ///< path and id; a tag that was renamed is among both
  Ids gone_tags;

  /// Brings a map that was loaded earlier up to date, or takes that back.
  void update(model::Plant::TagIds& ids) const;
  void undo(model::Plant::TagIds& ids) const;
};

struct ChangeRequest {
  /// Refused when the configuration is at another one by now; empty = whatever it is at.
  std::optional<std::uint64_t> expected_revision;
  std::vector<model::ProjectChange> changes;
  /// Tags that keep their ids under another path.
  std::vector<model::TagMove> moves;
  std::string who;
  std::string source;
  std::string summary;
  UtcTime at = kNever;
  std::vector<AppliedFile> files;
  /// The changes lead back to this revision: every tag has the id (and so the history) it had then.
  std::optional<std::uint64_t> back_to;
  /// Asked before anything is final; when it fails nothing has happened. May be empty.
  std::function<Status(const AppliedChange&)> approve;
};

/// The project, its tags' ids and all its revisions.
/// It keeps what it is given: that a project is whole is for model::check_project to say, before.
/// Threads: the owner of the Database
/// Fails: every function: io, unavailable, corrupt as Database; nothing is changed then
class ConfigurationStore {
 public:
  explicit ConfigurationStore(Database& database) : database_(database) {}

  Result<std::uint64_t> revision();
  /// Fails: corrupt when a definition cannot be read, naming it
  Result<Configuration> load();

  /// One transaction. Without changes there is no new revision; the files are noted all the same.
  /// Ids: every tag of the project has one afterwards; a tag that is renamed keeps it; one that
  /// goes takes it with it, and the same path gets another one when it comes again (but see
  /// back_to).
  /// Fails: conflict when the revision has moved, when something to be added exists or something to
  /// be changed, removed or moved does not; what `approve` fails with
  Result<AppliedChange> apply(const ChangeRequest& request);

  /// Newest first, those below `before` (0 = from the newest).
  Result<std::vector<Revision>> revisions(std::size_t limit, std::uint64_t before = 0);
  /// What a revision changed, with the bodies before and after.
  /// Fails: not_found
  Result<std::vector<model::ProjectChange>> changes(std::uint64_t revision);
  /// The project as it was. Going back: difference(now, then, true), apply with back_to.
  /// Fails: not_found
  Result<model::Project> project_at(std::uint64_t revision);
  /// The ids that its tags had.
  Result<model::Plant::TagIds> tag_ids_at(std::uint64_t revision);

  /// Hash under which this file was applied last; empty when it never was.
  Result<std::string> applied_hash(std::string_view file_name);

 private:
  Database& database_;
};

}  // namespace tagwerk::store
