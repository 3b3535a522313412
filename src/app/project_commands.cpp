#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>

#include "access/plant_configuration.hpp"
#include "app/command_line.hpp"
#include "app/offline.hpp"
#include "app/remote.hpp"
#include "connectors/modbus/schema.hpp"
#include "console/output.hpp"
#include "console/progress.hpp"
#include "model/path.hpp"
#include "model/project_file.hpp"

namespace tagwerk::app {
namespace {

struct ProjectArguments {
  std::vector<std::string> files;
  std::string output;
  std::string data;
  RemoteOptions remote;
  access::ImportOptions import;
  std::uint64_t revision = 0;  ///< to go back to; 0 = files are imported
  std::string path = "/";      ///< what is exported
  bool all = false;            ///< every change is shown
  bool csv = false;
  bool semicolon = false;
};

Result<std::vector<model::ProjectText>> read_files(const std::vector<std::string>& files) {
  std::vector<model::ProjectText> out;
  for (const std::string& file : files) {
    std::ifstream in(file);
    if (!in) return base::fail_errno(fmt::format("cannot read '{}'", file));
    out.push_back({file, std::string(std::istreambuf_iterator<char>(in), {})});
  }
  return out;
}

void print(const std::vector<Error>& faults, const char* kind) {
  for (const Error& fault : faults)
    std::fprintf(stderr, "%s%s\n", kind, fault.to_string().c_str());
}

std::string_view sign_of(model::ProjectChange::What what) {
  switch (what) {
    case model::ProjectChange::What::added:
      return "+";
    case model::ProjectChange::What::changed:
      return "~";
    case model::ProjectChange::What::removed:
      return "-";
  }
  return "~";
}

/// More lines than this nobody reads; --all shows them.
constexpr std::size_t kShownChanges = 200;

void print_changes(const std::vector<model::ProjectChange>& changes, bool all) {
  const std::size_t shown = all ? changes.size() : std::min(changes.size(), kShownChanges);
  for (const model::ProjectChange& change : std::span(changes).first(shown))
    std::printf("%s\n", fmt::format("{} {} {}{}", sign_of(change.what), change.kind, change.name,
                                    change.detail.empty() ? "" : " (" + change.detail + ")")
                            .c_str());
  if (shown < changes.size())
    std::printf("… and %zu more; --all shows them\n", changes.size() - shown);
}

int show(const access::ImportResult& result, const ProjectArguments& arguments) {
  print(result.warnings, "warning: ");
  print(result.errors, "");
  if (!result.errors.empty()) {
    std::fprintf(stderr, "%zu faults; nothing was applied\n", result.errors.size());
    return kExitFailed;
  }
  print_changes(result.changes, arguments.all);
  if (result.changes.empty() && !result.applied)
    std::printf("no change; revision %llu\n", static_cast<unsigned long long>(result.revision));
  else if (arguments.import.dry_run)
    std::printf("%zu changes; dry run, nothing was applied\n", result.changes.size());
  else
    std::printf("%zu changes; revision %llu\n", result.changes.size(),
                static_cast<unsigned long long>(result.revision));
  return kExitGood;
}

model::ProjectCheck checked(const std::vector<model::ProjectText>& files) {
  const console::Waiting waiting("check");
  return model::check_project(files, {}, connectors::modbus::Schema());
}

int check(const ProjectArguments& arguments) {
  auto files = read_files(arguments.files);
  if (!files) return report(files.error());
  const auto result = checked(*files);
  print(result.warnings, "warning: ");
  print(result.errors, "");
  if (!result.ok()) {
    std::fprintf(stderr, "%zu faults\n", result.errors.size());
    return kExitFailed;
  }
  std::printf("good: %zu types, %zu connectors, %zu objects, %zu tags\n",
              result.project.types.size(), result.project.connectors.size(),
              result.project.objects.size(), model::tag_paths(result.project).size());
  return kExitGood;
}

/// The project in a data directory whose server does not run.
struct OfflineProject {
  OfflineDatabase offline;
  std::unique_ptr<store::ConfigurationStore> store;
  connectors::modbus::Schema catalogue;
  std::unique_ptr<access::PlantConfiguration> configuration;

  Status open(const std::string& directory) {
    if (auto opened = offline.open(directory); !opened) return opened;
    store = std::make_unique<store::ConfigurationStore>(*offline.database);
    configuration = std::make_unique<access::PlantConfiguration>(
        *store, catalogue, [](const std::shared_ptr<const model::Plant>&) {});
    return configuration->start();
  }
};

Result<access::ImportResult> change_offline(const ProjectArguments& arguments,
                                            const std::vector<model::ProjectText>& files) {
  const console::Waiting waiting("import");
  OfflineProject project;
  if (auto opened = project.open(arguments.data); !opened) return std::unexpected(opened.error());
  const auto author = [](std::string source) {
    return access::Author{"command line", std::move(source), {}};
  };
  if (arguments.revision != 0)
    return project.configuration->restore(author(fmt::format("revision {}", arguments.revision)),
                                          arguments.revision, arguments.import.dry_run);
  return project.configuration->import(author(access::source_of(files)), files, arguments.import);
}

Result<access::ImportResult> change_online(const ProjectArguments& arguments,
                                           const std::vector<model::ProjectText>& files) {
  if (arguments.revision != 0)
    return restore_remotely(arguments.remote, arguments.revision, arguments.import.dry_run);
  return import_remotely(arguments.remote, files, arguments.import);
}

int import(const ProjectArguments& arguments) {
  auto files = read_files(arguments.files);
  if (!files) return report(files.error());
  auto result =
      arguments.data.empty() ? change_online(arguments, *files) : change_offline(arguments, *files);
  return result ? show(*result, arguments) : report(result.error());
}

Result<access::ExportOptions> export_options(const ProjectArguments& arguments) {
  access::ExportOptions out;
  if (arguments.path != "/") {
    auto path = model::normalise_path(arguments.path);
    if (!path) return std::unexpected(path.error());
    out.path = std::move(*path);
  }
  const bool csv =
      arguments.csv || arguments.semicolon || model::ProjectText{arguments.output, {}}.is_csv();
  if (csv) out.csv = arguments.semicolon ? model::CsvForm::semicolon() : model::CsvForm{};
  return out;
}

Result<std::string> exported(const ProjectArguments& arguments) {
  const auto options = export_options(arguments);
  if (!options) return std::unexpected(options.error());
  if (arguments.data.empty()) return export_remotely(arguments.remote, *options);
  OfflineProject project;
  if (auto opened = project.open(arguments.data); !opened) return std::unexpected(opened.error());
  return project.configuration->export_project(*options);
}

int export_project(const ProjectArguments& arguments) {
  const auto text = exported(arguments);
  if (!text) return report(text.error());
  const auto written = console::write_output(arguments.output, *text);
  return written ? kExitGood : report(written.error());
}

void add_where(CommandSpec& command, ProjectArguments& arguments) {
  command.option("--data", arguments.data, "work on this data directory; its server must not run");
  add_remote_options(command, arguments.remote);
}

}  // namespace

void add_project_commands(CommandSpec& app) {
  auto arguments = std::make_shared<ProjectArguments>();
  CommandSpec check_command = app.add_command("check", "Check project files");
  check_command.option("files", arguments->files, "YAML or CSV files")
      .required()
      .offers(Offer::files);
  check_command.runs(arguments, check);

  CommandSpec import_command = app.add_command("import", "Apply project files, or go back");
  OptionSpec files = import_command.option("files", arguments->files,
                                           "YAML or CSV files; all of them one "
                                           "revision");
  files.offers(Offer::files);
  OptionSpec revision = import_command
                            .option("--revision", arguments->revision,
                                    "instead of files: make the project what it was then")
                            .between(1, 1e9)
                            .excludes(files);
  import_command.flag("--dry-run", arguments->import.dry_run, "only show the difference");
  import_command.flag("--prune", arguments->import.prune, "remove what the files do not name")
      .excludes(revision);
  import_command.flag("--all", arguments->all, "show every change, also more than 200");
  add_where(import_command, *arguments);
  import_command.refuses([arguments]() -> std::string {
    if (!arguments->files.empty() || arguments->revision != 0) return "";
    return "name the files, or a revision with --revision";
  });
  import_command.runs(arguments, import);

  CommandSpec export_command = app.add_command("export", "Write the project as YAML or CSV");
  export_command.option(
      "file", arguments->output,
      "where to; default: standard output. One that ends with .csv gets the tags as a table");
  export_command.option("--path", arguments->path, "only objects and tags there and below");
  export_command.flag("--csv", arguments->csv, "the tags as a table");
  export_command.flag("--semicolon", arguments->semicolon,
                      "a table with semicolons and decimal commas");
  add_where(export_command, *arguments);
  export_command.runs(arguments, export_project);
}

}  // namespace tagwerk::app
