#include "access/plant_configuration.hpp"

#include <algorithm>

#include "access/fingerprint.hpp"

namespace tagwerk::access {
namespace {

using model::Project;
using model::ProjectChange;

std::string_view word(ProjectChange::What what) {
  if (what == ProjectChange::What::added) return "added";
  return what == ProjectChange::What::changed ? "changed" : "removed";
}

std::string summary_of(const std::vector<ProjectChange>& changes) {
  if (changes.size() == 1) {
    const ProjectChange& only = changes.front();
    return fmt::format("{} {} {}{}{}", only.kind, only.name, word(only.what),
                       only.detail.empty() ? "" : ": ", only.detail);
  }
  const auto count = [&](ProjectChange::What what) {
    return std::ranges::count(changes, what, &ProjectChange::what);
  };
  return fmt::format("{} added, {} changed, {} removed", count(ProjectChange::What::added),
                     count(ProjectChange::What::changed), count(ProjectChange::What::removed));
}

Status need(const Author& author, std::string_view path) {
  if (!author.may || author.may(path)) return {};
  if (path == "/") return fail(ErrorCode::permission_denied, "the right 'configure' is needed");
  return fail(ErrorCode::permission_denied, "the right 'configure' is needed at '{}'", path);
}

/// For everything that a project names.
Status need_all(const Author& author, const Project& project, bool whole) {
  if (auto everywhere = need(author, "/");
      everywhere || whole || !project.types.empty() || !project.connectors.empty())
    return everywhere;
  for (const auto& entry : project.objects)
    if (auto given = need(author, entry.first); !given) return given;
  for (const auto& entry : project.tags)
    if (auto given = need(author, entry.first); !given) return given;
  return {};
}

void add_errors(std::vector<model::ProjectFault>&& faults, std::vector<Error>& errors) {
  for (model::ProjectFault& fault : faults)
    errors.push_back(std::move(fault.error));
}

/// What lies in a subtree; without types and connectors, which lie in none.
Project part_of(const Project& project, std::string_view subtree) {
  Project out;
  for (const auto& entry : project.objects)
    if (model::is_within(entry.first, subtree)) out.objects.insert(entry);
  for (const auto& entry : project.tags)
    if (model::is_within(entry.first, subtree)) out.tags.insert(entry);
  return out;
}

}  // namespace

std::string source_of(const std::vector<model::ProjectText>& files) {
  if (files.empty()) return "import";
  const std::size_t more = files.size() - 1;
  return fmt::format("import {}{}", files.front().name,
                     more == 0 ? "" : fmt::format(" and {} more", more));
}

PlantConfiguration::PlantConfiguration(store::ConfigurationStore& store,
                                       const model::ConnectorCatalogue& catalogue,
                                       Activate activate)
    : store_(store), catalogue_(catalogue), activate_(std::move(activate)) {}

Status PlantConfiguration::start(std::optional<Result<store::Configuration>> read_ahead) {
  auto loaded = read_ahead ? std::move(*read_ahead) : store_.load();
  if (!loaded) return std::unexpected(loaded.error());
  configuration_ = std::move(*loaded);
  auto plant = model::Plant::make(configuration_.project, catalogue_, configuration_.tag_ids,
                                  configuration_.revision, plant_.load().get());
  if (!plant) return std::unexpected(plant.error());
  plant_.store(*plant);
  activate_(std::move(*plant));
  return {};
}

// --- changes -------------------------------------------------------------------------------------

Result<ImportResult> PlantConfiguration::import(const Author& author,
                                                const std::vector<model::ProjectText>& files,
                                                ImportOptions options) {
  return apply(author, files, options, {});
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
  return apply({"serve", "--project", {}}, changed, {}, std::move(applied));
}

Result<ImportResult> PlantConfiguration::apply(const Author& author,
                                               const std::vector<model::ProjectText>& files,
                                               ImportOptions options,
                                               std::vector<store::AppliedFile> applied_files) {
  model::ProjectCheck check = model::check_project(files, configuration_.project, catalogue_);
  if (auto given = need_all(author, check.project, options.prune); !given)
    return std::unexpected(given.error());
  ImportResult result{.revision = configuration_.revision,
                      .errors = std::move(check.errors),
                      .warnings = std::move(check.warnings)};
  if (!result.errors.empty()) return result;
  result.changes = model::difference(configuration_.project, check.project, options.prune);
  Project merged = model::merge(configuration_.project, check.project, options.prune);
  // What stays was checked together with the files; what goes may leave users behind.
  if (options.prune) add_errors(model::check_project(merged, catalogue_), result.errors);
  if (!result.errors.empty() || options.dry_run) return result;
  auto committed = commit(author, {.project = std::move(merged),
                                   .changes = result.changes,
                                   .moves = {},
                                   .summary = summary_of(result.changes),
                                   .files = std::move(applied_files),
                                   .back_to = {}});
  if (!committed) return std::unexpected(committed.error());
  result.applied = committed->revision != result.revision;
  result.revision = committed->revision;
  return result;
}

Result<EditResult> PlantConfiguration::edit(const Author& author, MakeEdit make,
                                            const EditOptions& options) {
  if (options.revision && *options.revision != configuration_.revision)
    return fail(ErrorCode::conflict,
                "the configuration is at revision {} by now, not {}; load it again and repeat",
                configuration_.revision, *options.revision);
  const auto plant = plant_.load();
  auto wanted = make({configuration_.project, *plant});
  if (!wanted) return std::unexpected(wanted.error());
  for (const std::string& path : model::touched_subtrees(*wanted))
    if (auto given = need(author, path); !given) return std::unexpected(given.error());
  model::EditCheck check = model::check_edit(*wanted, configuration_.project, catalogue_);
  EditResult result{.revision = configuration_.revision,
                    .changes = std::move(check.changes),
                    .faults = std::move(check.faults),
                    .warnings = std::move(check.warnings)};
  if (!result.faults.empty()) result.changes.clear();
  if (!result.faults.empty() || options.dry_run) return result;
  auto committed = commit(
      author, {.project = std::move(check.project),
               .changes = result.changes,
               .moves = std::move(check.moves),
               .summary = options.summary.empty() ? summary_of(result.changes) : options.summary,
               .files = {},
               .back_to = {}});
  if (!committed) return std::unexpected(committed.error());
  result.applied = committed->revision != result.revision;
  result.revision = committed->revision;
  result.new_tags = committed->new_tags.size();
  return result;
}

Result<ImportResult> PlantConfiguration::restore(const Author& author, std::uint64_t revision,
                                                 bool dry_run) {
  if (auto given = need(author, "/"); !given) return std::unexpected(given.error());
  if (revision == 0)
    return fail(ErrorCode::not_found, "there is no revision 0; the first one is 1");
  auto then = store_.project_at(revision);
  if (!then) return std::unexpected(then.error());
  auto ids = store_.tag_ids_at(revision);
  if (!ids) return std::unexpected(ids.error());
  ImportResult result{.revision = configuration_.revision,
                      .changes = model::difference(configuration_.project, *then, true)};
  note_remade_tags(revision, *ids, result);
  add_errors(model::check_project(*then, catalogue_), result.errors);
  if (!result.errors.empty() || dry_run) return result;
  auto committed = commit(author, {.project = std::move(*then),
                                   .changes = result.changes,
                                   .moves = {},
                                   .summary = fmt::format("back to revision {}", revision),
                                   .files = {},
                                   .back_to = revision});
  if (!committed) return std::unexpected(committed.error());
  result.applied = committed->revision != result.revision;
  result.revision = committed->revision;
  return result;
}

void PlantConfiguration::note_remade_tags(std::uint64_t revision, const model::Plant::TagIds& then,
                                          ImportResult& result) const {
  std::size_t remade = 0;
  for (const auto& [path, id] : then) {
    const auto now = configuration_.tag_ids.find(path);
    remade += now != configuration_.tag_ids.end() && now->second != id;
  }
  if (remade == 0) return;
  result.warnings.push_back(Error{
      ErrorCode::conflict,
      fmt::format("{} tag{} made anew since revision {}: {} again the one{} of then, with the "
                  "history of then",
                  remade, remade == 1 ? " was" : "s were", revision,
                  remade == 1 ? "it is" : "they are", remade == 1 ? "" : "s"),
      {}});
}

Result<store::AppliedChange> PlantConfiguration::commit(const Author& author, Proposal proposal) {
  std::shared_ptr<const model::Plant> next;
  const auto previous = plant_.load();
  store::AppliedChange planned;
  const auto make_plant = [&](const store::AppliedChange& applied) -> Status {
    if (applied.revision == configuration_.revision) return {};
    applied.update(configuration_.tag_ids);
    planned = applied;
    auto plant = model::Plant::make(proposal.project, catalogue_, configuration_.tag_ids,
                                    applied.revision, previous.get());
    if (!plant) return std::unexpected(plant.error());
    next = std::move(*plant);
    return {};
  };
  auto applied = store_.apply({.expected_revision = configuration_.revision,
                               .changes = std::move(proposal.changes),
                               .moves = std::move(proposal.moves),
                               .who = author.who,
                               .source = author.source,
                               .summary = std::move(proposal.summary),
                               .at = base::utc_now(),
                               .files = std::move(proposal.files),
                               .back_to = proposal.back_to,
                               .approve = make_plant});
  if (!applied) {
    planned.undo(configuration_.tag_ids);
    return refused(applied.error());
  }
  if (next == nullptr) return applied;
  configuration_.project = std::move(proposal.project);
  configuration_.revision = applied->revision;
  plant_.store(next);
  activate_(std::move(next));
  return applied;
}

/// When somebody else moved the revision, his becomes the running one: who repeats then succeeds.
std::unexpected<Error> PlantConfiguration::refused(Error error) {
  if (error.code == ErrorCode::conflict)
    if (auto loaded = start(); !loaded) return std::unexpected(loaded.error());
  return std::unexpected(std::move(error));
}

// --- what there is -------------------------------------------------------------------------------

Result<std::string> PlantConfiguration::export_project(const ExportOptions& options) const {
  const Project& project = configuration_.project;
  if (options.csv) return model::tags_to_csv(project, options.path, *options.csv);
  if (options.path == "/") return model::to_yaml(project);
  return model::to_yaml(part_of(project, options.path));
}

Result<std::vector<Revision>> PlantConfiguration::revisions(std::size_t limit,
                                                            std::uint64_t before) {
  return store_.revisions(limit, before);
}

Result<RevisionChanges> PlantConfiguration::revision(std::uint64_t number) {
  auto changes = store_.changes(number);
  if (!changes) return std::unexpected(changes.error());
  auto found = store_.revisions(1, number + 1);
  if (!found) return std::unexpected(found.error());
  if (found->empty() || found->front().number != number)
    return fail(ErrorCode::corrupt, "revision {} has no record of its own", number);
  return RevisionChanges{found->front(), std::move(*changes)};
}

}  // namespace tagwerk::access
