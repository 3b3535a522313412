#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "model/definitions.hpp"
#include "model/faults.hpp"

namespace tagwerk::model {

/// Reads project files and checks them: keys, types, references, addresses, limits. Finds every
/// fault in one go, each with file:line:column and the remedy ("unknown key 'adress'; did you mean
/// 'address'?"). Nothing is applied when there is one.
struct ProjectCheck {
  Project project;            ///< what the files declare, without `base`
  std::vector<Error> errors;  ///< at most 1,000 per file and kind of check
  std::vector<Error> warnings;
  bool ok() const { return errors.empty(); }
};

struct ProjectText {
  /// by_name: a name that ends with .csv is a table of tags (project_csv.hpp), else YAML.
  enum class Form { by_name, yaml, csv };

  std::string name;  ///< for messages: "plant.yaml"
  std::string text;
  Form form = Form::by_name;

  bool is_csv() const;
};

/// Several files make one project; the same path or name in two of them is an error that names
/// both. `base`: what is already configured, so that a file may refer to it (import merges); may be
/// empty.
ProjectCheck check_project(const std::vector<ProjectText>& files, const Project& base,
                           const ConnectorCatalogue& catalogue);

/// The same for a project that was put together otherwise (API): references, parameters, addresses
/// and paths, without places. Empty when Plant::make will accept it.
std::vector<ProjectFault> check_project(const Project& project,
                                        const ConnectorCatalogue& catalogue);

/// The project as YAML that check_project reads back to the same project.
std::string to_yaml(const Project& project);

/// Definition <-> node, for the API and the database (bodies without name or path).
Result<TagDefinition> decode_tag(std::string_view path, const Node& body, const std::string& file);
Result<ObjectDefinition> decode_object(std::string_view path, const Node& body,
                                       const std::string& file);
Result<ConnectorDefinition> decode_connector(std::string_view name, const Node& body,
                                             const std::string& file);
Result<TypeDefinition> decode_type(std::string_view name, const Node& body,
                                   const std::string& file);
Node encode(const TagDefinition& tag);
Node encode(const ObjectDefinition& object);
Node encode(const ConnectorDefinition& connector);
Node encode(const TypeDefinition& type);

/// One difference between two projects.
struct ProjectChange {
  enum class What { added, changed, removed };
  What what = What::added;
  std::string kind;    ///< "type", "connector", "object", "tag"
  std::string name;    ///< name or path
  std::string detail;  ///< keys that differ: "source.address, unit"
  Node before;
  Node after;
};

/// What `merge` would do to `base`: with prune, what `update` does not name is removed.
std::vector<ProjectChange> difference(const Project& base, const Project& update, bool prune);
/// The change of one definition; nothing when it is the same in both.
std::optional<ProjectChange> difference_at(const Project& before, const Project& after,
                                           std::string_view kind, const std::string& name);
Project merge(const Project& base, const Project& update, bool prune);

}  // namespace tagwerk::model
