#pragma once

#include <string>
#include <vector>

#include "model/plant.hpp"
#include "model/project_file.hpp"

namespace tagwerk::model {

/// A wanted change of a project, definition by definition. Removals name what is there now, then
/// renames move what is left, then definitions are set under their new names; so a request that
/// removes /B, renames /A to /B and sets /B does what it says.
/// Kinds: "type", "connector", "object", "tag".
struct ProjectEdit {
  struct Set {
    std::string kind;
    std::string name;  ///< a path may lack its first '/'
    Node body;         ///< the whole definition, as in project files
  };
  struct Remove {
    std::string kind;
    std::string name;
  };
  /// Objects take everything below them along. Tags keep their ids.
  struct Rename {
    std::string kind;  ///< "object" or "tag"
    std::string from;
    std::string to;
  };

  std::vector<Set> set;
  std::vector<Remove> remove;
  std::vector<Rename> rename;
  /// Found while the edit was put together; nothing is checked beyond them then.
  std::vector<ProjectFault> faults;
};

/// A tag that lies under another path afterwards: its id goes along.
struct TagMove {
  std::string from;
  std::string to;
  bool operator==(const TagMove&) const = default;
};

/// What an edit makes of a project. With faults nothing but them is of use.
struct EditCheck {
  Project project;
  std::vector<ProjectChange> changes;
  std::vector<TagMove> moves;  ///< also tags that move with an object that has them by its type
  std::vector<ProjectFault> faults;
  std::vector<ProjectFault> warnings;
};

/// Applies the edit to a copy of `base` and checks the whole of it, with every fault in one go.
/// Costs: one copy and one expansion of the project, whatever the size of the edit
EditCheck check_edit(const ProjectEdit& edit, const Project& base,
                     const ConnectorCatalogue& catalogue);

/// The parts of the plant that an edit touches; "/" for types and connectors, which serve all of
/// it. Paths that are none are left out: the check refuses them.
std::vector<std::string> touched_subtrees(const ProjectEdit& edit);

// --- edits that follow from what is there; Fails: not_found, already_exists, conflict -----------

/// Fails: already_exists
Result<ProjectEdit> add_definition(const Project& project, const std::string& kind,
                                   const std::string& name, Node body);

/// Of a type, connector or object; an object that only follows from paths gets a definition.
/// Fails: not_found
Result<ProjectEdit> change_definition(const Project& project, const std::string& kind,
                                      const std::string& name, Node body);

/// The edit that makes this body the tag's definition. A tag that an object has by its type gets
/// what differs from the type as an override there.
Result<ProjectEdit> edit_tag(const Project& project, const std::string& path, Node body);

/// Fails: conflict when the tag comes from a type
Result<ProjectEdit> remove_tag(const Project& project, const std::string& path);

/// Fails: conflict when something lies below it that would not go with its type, unless recursive
Result<ProjectEdit> remove_object(const Project& project, const std::string& path, bool recursive);

/// Fails: conflict, naming the objects that have the type
Result<ProjectEdit> remove_type(const Project& project, const std::string& name);

/// Fails: conflict, naming the tags that are bound to it
Result<ProjectEdit> remove_connector(const Project& project, const Plant& plant,
                                     const std::string& name);

/// In every copied definition: `find` becomes `with` in the text of one key.
struct Replacement {
  std::string in;  ///< "source.address", "with.base", "override.Current.source.address"
  std::string find;
  std::string with;
};

/// Objects and tags at `from` and below, once more at `to`.
/// Fails: already_exists when something is at `to`; invalid_argument for a bad path or replacement
Result<ProjectEdit> copy_subtree(const Project& project, const std::string& from,
                                 const std::string& to,
                                 const std::vector<Replacement>& replacements);

}  // namespace tagwerk::model
