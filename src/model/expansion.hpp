#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/definitions.hpp"
#include "model/faults.hpp"

namespace tagwerk::model {

/// Where definitions were written, for faults that are only found when everything is together.
/// Points into documents that the caller keeps.
class Places {
 public:
  /// Kinds: "type", "connector", "object", "tag".
  void add(std::string_view kind, const std::string& name, const std::string& file,
           const Node& body);
  /// Place of the definition, or of a key inside it ("source.address"), as far as it is there.
  std::optional<base::SourceLocation> of(std::string_view kind, std::string_view name,
                                         std::string_view key = {}) const;
  /// File of the definition; empty when it is none of a file.
  std::string file_of(std::string_view kind, std::string_view name) const;

 private:
  struct Place {
    const std::string* file;
    const Node* body;
  };
  const Place* find(std::string_view kind, std::string_view name) const;

  std::map<std::string, std::map<std::string, Place, std::less<>>, std::less<>> by_kind_;
};

/// Why there is a tag that nobody declared.
struct Origin {
  const ObjectDefinition& object;
  const TypeDefinition& type;
  std::string_view name;  ///< the tag's in the type
  const Node& body;
};
/// Nothing when no object has a tag of this path by its type.
std::optional<Origin> origin_of(const Project& project, const std::string& path);

/// A tag that an object has because of its type.
struct InstanceTag {
  TagDefinition definition;
  const TypeDefinition* type = nullptr;
  std::size_t object_bytes = 0;  ///< length of the object's path
  std::vector<std::string> overridden;
};

/// A project with its types applied, and every fault that shows only then: unknown references,
/// parameters, addresses the connector refuses, paths that collide. Internal to model.
struct Expansion {
  std::vector<InstanceTag> instance_tags;
  std::vector<ProjectFault> faults;
};
Expansion expand(const Project& project, const ConnectorCatalogue& catalogue, const Places& places);

}  // namespace tagwerk::model
