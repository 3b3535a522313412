#include <algorithm>
#include <array>

#include "model/decode.hpp"
#include "model/expansion.hpp"
#include "model/nearest_name.hpp"
#include "model/path.hpp"
#include "model/project_csv.hpp"
#include "model/project_file.hpp"

namespace tagwerk::model {
namespace {

constexpr std::array<std::string_view, 4> kSections{"types", "connectors", "objects", "tags"};
constexpr std::array<std::string_view, 9> kLaterSections{
    "alarms",    "calculations", "scripts", "schedules",        "methods",
    "exchanges", "routes",       "stores",  "alarm-definitions"};

bool one_of(std::string_view text, std::span<const std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

/// Reads the files one after the other into one project.
class ProjectReader {
 public:
  ProjectReader(ProjectCheck& out, Places& places) : out_(out), places_(places) {}

  void read(const std::string& file, const Node& root) {
    Faults faults(file);
    if (root.is_null())
      out_.warnings.push_back(Error{ErrorCode::invalid_argument,
                                    "the file declares nothing; add types, connectors, objects or "
                                    "tags",
                                    base::SourceLocation{.file = file}});
    else if (!root.is_mapping())
      faults.add(root,
                 "a project file is a mapping with the keys types, connectors, objects, tags");
    for (const auto& [key, section] : root.entries)
      read_section(key, section, file, faults);
    for (Error& error : faults.take())
      out_.errors.push_back(std::move(error));
  }

 private:
  void read_section(const std::string& key, const Node& section, const std::string& file,
                    Faults& faults) {
    if (one_of(key, kLaterSections))
      return faults.add(section, "key '{}' is not available in this version; remove it", key);
    if (!one_of(key, kSections))
      return faults.add(section, "unknown key '{}'{}", key.substr(0, 60),
                        suggestion(key, std::span<const std::string_view>(kSections)));
    if (section.is_null()) return;
    if (!section.is_mapping())
      return faults.add(section, "'{}' must be a mapping of names and definitions", key);
    for (const auto& [name, body] : section.entries)
      read_entry(key, name, body, file, faults);
  }

  void read_entry(std::string_view section, const std::string& name, const Node& body,
                  const std::string& file, Faults& faults) {
    if (section == "types") {
      if (is_new("type", name, body, file, faults))
        out_.project.types[name] = decode_type(name, body, faults);
    } else if (section == "connectors") {
      if (is_new("connector", name, body, file, faults))
        out_.project.connectors[name] = decode_connector(name, body, faults);
    } else {
      read_path(section == "tags", name, body, file, faults);
    }
  }

  void read_path(bool is_tag, const std::string& name, const Node& body, const std::string& file,
                 Faults& faults) {
    auto path = normalise_path(name);
    if (!path) return faults.add(body, "{}", path.error().message);
    if (!is_new(is_tag ? "tag" : "object", *path, body, file, faults)) return;
    if (is_tag)
      read_tag(*path, body, faults);
    else
      out_.project.objects[*path] = decode_object(*path, body, faults);
  }

  void read_tag(const std::string& path, const Node& body, Faults& faults) {
    auto tag = decode_tag(path, body, faults);
    for (const auto& [key, why] : tag_warnings(tag))
      out_.warnings.push_back(Error{ErrorCode::invalid_argument,
                                    fmt::format("tag '{}': {}", path, why),
                                    places_.of("tag", path, key)});
    out_.project.tags.insert_or_assign(out_.project.tags.end(), path, std::move(tag));
  }

  bool is_new(std::string_view kind, const std::string& name, const Node& body,
              const std::string& file, Faults& faults) {
    if (const auto first = places_.of(kind, name)) {
      faults.add(body, "{} '{}' is declared twice, first in {}; remove one of them", kind, name,
                 first->to_string());
      return false;
    }
    places_.add(kind, name, file, body);
    return true;
  }

  ProjectCheck& out_;
  Places& places_;
};

Result<Node> parse(const ProjectText& file, ProjectCheck& out) {
  if (!file.is_csv()) return parse_yaml(file.text, file.name);
  CsvTags tags = read_csv(file.text, file.name);
  // That nothing is declared needs no warning when there are faults.
  if (!tags.errors.empty() && tags.root.is_null()) tags.root = Node::mapping();
  std::ranges::move(tags.errors, std::back_inserter(out.errors));
  std::ranges::move(tags.warnings, std::back_inserter(out.warnings));
  return std::move(tags.root);
}

}  // namespace

bool ProjectText::is_csv() const {
  if (form != Form::by_name) return form == Form::csv;
  return name.ends_with(".csv") || name.ends_with(".CSV");
}

ProjectCheck check_project(const std::vector<ProjectText>& files, const Project& base,
                           const ConnectorCatalogue& catalogue) {
  ProjectCheck out;
  Places places;
  ProjectReader reader(out, places);
  std::vector<Node> roots;
  roots.reserve(files.size());  // Places point into it
  for (const ProjectText& file : files) {
    auto root = parse(file, out);
    if (!root) {
      out.errors.push_back(root.error());
      continue;
    }
    roots.push_back(std::move(*root));
    reader.read(file.name, roots.back());
  }
  const bool alone = base == Project{};
  const Project merged = alone ? Project{} : merge(base, out.project, false);
  auto expansion = expand(alone ? out.project : merged, catalogue, places);
  for (ProjectFault& fault : expansion.faults)
    out.errors.push_back(std::move(fault.error));
  return out;
}

std::vector<ProjectFault> check_project(const Project& project,
                                        const ConnectorCatalogue& catalogue) {
  return expand(project, catalogue, Places{}).faults;
}

}  // namespace tagwerk::model
