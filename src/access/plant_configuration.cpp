#include "access/plant_configuration.hpp"

#include <algorithm>

#include "access/fingerprint.hpp"

namespace tagwerk::access {
namespace {

std::string summary_of(const std::vector<model::ProjectChange>& changes) {
  std::size_t added = 0, changed = 0, removed = 0;
  for (const model::ProjectChange& change : changes) {
    added += change.what == model::ProjectChange::What::added;
    changed += change.what == model::ProjectChange::What::changed;
    removed += change.what == model::ProjectChange::What::removed;
  }
  return fmt::format("{} added, {} changed, {} removed", added, changed, removed);
}

}  // namespace

PlantConfiguration::PlantConfiguration(store::ConfigurationStore& store,
                                       const model::ConnectorCatalogue& catalogue,
                                       Activate activate)
    : store_(store), catalogue_(catalogue), activate_(std::move(activate)) {}

Status PlantConfiguration::start() {
  auto loaded = store_.load();
  if (!loaded) return std::unexpected(loaded.error());
  configuration_ = std::move(*loaded);
  return activate();
}

Status PlantConfiguration::activate() {
  const auto previous = plant_.load();
  auto plant = model::Plant::make(configuration_.project, catalogue_, configuration_.tag_ids,
                                  configuration_.revision, previous.get());
  if (!plant) return std::unexpected(plant.error());
  plant_.store(*plant);
  activate_(std::move(*plant));
  return {};
}

Status PlantConfiguration::try_out(const model::Project& merged) const {
  model::Plant::TagIds ids = configuration_.tag_ids;
  TagId next = 1;
  for (const auto& [path, id] : ids)
    next = std::max(next, id + 1);
  for (const std::string& path : model::tag_paths(merged))
    if (ids.try_emplace(path, next).second) ++next;
  auto plant = model::Plant::make(merged, catalogue_, ids, configuration_.revision + 1, nullptr);
  if (!plant) return std::unexpected(plant.error());
  return {};
}

Result<ImportResult> PlantConfiguration::import(const std::string& who, const std::string& source,
                                                const std::vector<model::ProjectText>& files,
                                                ImportOptions options) {
  return apply(who, source, files, options, {});
}

Result<ImportResult> PlantConfiguration::import_changed(
    const std::vector<model::ProjectText>& files) {
  std::vector<store::AppliedFile> applied;
  std::vector<model::ProjectText> changed;
  for (const model::ProjectText& file : files) {
    auto before = store_.applied_hash(file.name);
    if (!before) return std::unexpected(before.error());
    std::string now = fingerprint(file.text);
    if (*before == now) continue;
    applied.push_back({file.name, std::move(now)});
    changed.push_back(file);
  }
  if (changed.empty()) return ImportResult{.revision = configuration_.revision};
  return apply("serve", "--project", changed, {}, std::move(applied));
}

Result<ImportResult> PlantConfiguration::apply(const std::string& who, const std::string& source,
                                               const std::vector<model::ProjectText>& files,
                                               ImportOptions options,
                                               std::vector<store::AppliedFile> applied_files) {
  model::ProjectCheck check = model::check_project(files, configuration_.project, catalogue_);
  ImportResult result{.revision = configuration_.revision,
                      .errors = std::move(check.errors),
                      .warnings = std::move(check.warnings)};
  if (!result.errors.empty()) return result;
  result.changes = model::difference(configuration_.project, check.project, options.prune);
  model::Project merged = model::merge(configuration_.project, check.project, options.prune);
  // Nothing is stored that could not run.
  if (auto tried = try_out(merged); !tried) {
    result.errors.push_back(tried.error());
    return result;
  }
  if (options.dry_run) return result;
  auto applied = store_.apply({.expected_revision = configuration_.revision,
                               .changes = result.changes,
                               .who = who,
                               .source = source,
                               .summary = summary_of(result.changes),
                               .at = base::utc_now(),
                               .files = std::move(applied_files)});
  if (!applied) return refused(applied.error());
  if (result.changes.empty()) return result;
  applied->update(configuration_.tag_ids);
  configuration_.project = std::move(merged);
  configuration_.revision = applied->revision;
  if (auto activated = activate(); !activated) return std::unexpected(activated.error());
  result.revision = applied->revision;
  result.applied = true;
  return result;
}

/// When somebody else moved the revision, his becomes the running one: who repeats then succeeds.
std::unexpected<Error> PlantConfiguration::refused(Error error) {
  if (error.code == ErrorCode::conflict)
    if (auto loaded = start(); !loaded) return std::unexpected(loaded.error());
  return std::unexpected(std::move(error));
}

Result<std::string> PlantConfiguration::export_yaml() const {
  return model::to_yaml(configuration_.project);
}

Result<std::vector<Revision>> PlantConfiguration::revisions() {
  return store_.revisions(1000);
}

}  // namespace tagwerk::access
