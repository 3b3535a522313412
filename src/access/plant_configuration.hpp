#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "access/access.hpp"
#include "base/published.hpp"
#include "store/configuration_store.hpp"

namespace tagwerk::access {

/// Who changes the project, and where he may.
struct Author {
  std::string who;
  std::string source;  ///< "import plant.yaml", "api"
  /// Whether he may configure what lies at a path, "/" being the whole plant; empty = everything.
  std::function<bool(std::string_view path)> may;
};

/// "import plant.yaml and 2 more": what a revision says it comes from.
std::string source_of(const std::vector<model::ProjectText>& files);

/// The project: what is stored, what runs, and the way from one revision to the next.
///
/// Every change goes the same way: the new project is made of the running one and checked, stored
/// in one transaction in which the new plant is made, and then activated. What cannot run is never
/// stored.
///
/// Threads: plant() any; everything else the configuration store's
/// Blocks:  on the database, and until the engine has taken a new plant over
/// Fails:   permission_denied, naming the path; conflict when somebody else moved the revision
class PlantConfiguration {
 public:
  /// Makes a new plant the running one; returns when the engine has it.
  using Activate = std::function<void(std::shared_ptr<const model::Plant>)>;

  PlantConfiguration(store::ConfigurationStore& store, const model::ConnectorCatalogue& catalogue,
                     Activate activate);

  /// Activates what the database has; `read_ahead` is what its load() said before, if it was asked.
  Status start(std::optional<Result<store::Configuration>> read_ahead = {});

  std::shared_ptr<const model::Plant> plant() const { return plant_.load(); }

  /// Checks the files against what is configured and, unless it is a dry run, applies them as one
  /// revision. Faults in the files are in the result, not an error.
  Result<ImportResult> import(const Author& author, const std::vector<model::ProjectText>& files,
                              ImportOptions options);
  /// The same for files given at the start: only those whose content changed since they were
  /// applied.
  Result<ImportResult> import_changed(const std::vector<model::ProjectText>& files);
  Result<EditResult> edit(const Author& author, MakeEdit make, const EditOptions& options);
  /// Fails: not_found
  Result<ImportResult> restore(const Author& author, std::uint64_t revision, bool dry_run);

  Result<std::string> export_project(const ExportOptions& options) const;
  Result<std::vector<Revision>> revisions(std::size_t limit, std::uint64_t before);
  Result<RevisionChanges> revision(std::uint64_t number);

 private:
  /// A project that was checked and shall become the running one.
  struct Proposal {
    model::Project project;
    std::vector<model::ProjectChange> changes;
    std::vector<model::TagMove> moves;
    std::string summary;
    std::vector<store::AppliedFile> files;
    std::optional<std::uint64_t> back_to;
  };

  Result<ImportResult> apply(const Author& author, const std::vector<model::ProjectText>& files,
                             ImportOptions options, std::vector<store::AppliedFile> applied);
  Result<store::AppliedChange> commit(const Author& author, Proposal proposal);
  void note_remade_tags(std::uint64_t revision, const model::Plant::TagIds& then,
                        ImportResult& result) const;
  std::unexpected<Error> refused(Error error);

  store::ConfigurationStore& store_;
  const model::ConnectorCatalogue& catalogue_;
  const Activate activate_;
  store::Configuration configuration_;
  base::Published<model::Plant> plant_{nullptr};
};

}  // namespace tagwerk::access
