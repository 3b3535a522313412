#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "access/access.hpp"
#include "base/published.hpp"
#include "store/configuration_store.hpp"

namespace tagwerk::access {

/// The project: what is stored, what runs, and the way from one revision to the next.
/// Threads: plant() any; everything else the configuration store's
/// Blocks:  on the database, and until the engine has taken a new plant over
class PlantConfiguration {
 public:
  /// Makes a new plant the running one; returns when the engine has it.
  using Activate = std::function<void(std::shared_ptr<const model::Plant>)>;

  PlantConfiguration(store::ConfigurationStore& store, const model::ConnectorCatalogue& catalogue,
                     Activate activate);

  /// Reads the database and activates what is there.
  Status start();

  std::shared_ptr<const model::Plant> plant() const { return plant_.load(); }

  /// Checks the files against what is configured and, unless it is a dry run, applies them as one
  /// revision. Faults in the files are in the result, not an error.
  Result<ImportResult> import(const std::string& who, const std::string& source,
                              const std::vector<model::ProjectText>& files, ImportOptions options);
  /// The same for files given at the start: only those whose content changed since they were
  /// applied.
  Result<ImportResult> import_changed(const std::vector<model::ProjectText>& files);
  Result<std::string> export_yaml() const;
  Result<std::vector<Revision>> revisions();

 private:
  Result<ImportResult> apply(const std::string& who, const std::string& source,
                             const std::vector<model::ProjectText>& files, ImportOptions options,
                             std::vector<store::AppliedFile> applied);
  Status try_out(const model::Project& merged) const;
  std::unexpected<Error> refused(Error error);
  Status activate();

  store::ConfigurationStore& store_;
  const model::ConnectorCatalogue& catalogue_;
  const Activate activate_;
  store::Configuration configuration_;
  base::Published<model::Plant> plant_{nullptr};
};

}  // namespace tagwerk::access
