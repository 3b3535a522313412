#include "model/project_edit.hpp"

#include <algorithm>
#include <set>

#include "model/decode.hpp"
#include "model/expansion.hpp"
#include "model/path.hpp"

namespace tagwerk::model {
namespace {

bool is_path_kind(std::string_view kind) {
  return kind == "object" || kind == "tag";
}

/// Every value gets a number as its line, so that a fault leads back to its key.
void number_places(Node& node, int& next) {
  node.line = next++;
  node.column = 0;
  for (auto& entry : node.entries)
    number_places(entry.second, next);
  for (Node& item : node.items)
    number_places(item, next);
}

/// The key whose value has this number: "source.address"; items of a list count as their list.
std::string key_of(const Node& node, int number, const std::string& key = {}) {
  const std::pair<std::string, Node>* inside = nullptr;
  for (const auto& entry : node.entries)
    if (entry.second.line <= number) inside = &entry;
  if (inside == nullptr) return key;
  return key_of(inside->second, number, key.empty() ? inside->first : key + "." + inside->first);
}

/// Applies an edit to a copy of the project, step by step.
class Editor {
 public:
  Editor(const ProjectEdit& edit, const Project& base) : edit_(edit), base_(base) {
    out.project = base;
  }

  void run() {
    for (const auto& each : edit_.remove)
      remove(each);
    rename();
    for (const auto& each : edit_.set)
      set(each);
    collect_changes();
  }

  void check(const ConnectorCatalogue& catalogue) {
    auto expansion = expand(out.project, catalogue, places_);
    for (ProjectFault& fault : expansion.faults) {
      const auto where = std::exchange(fault.error.where, std::nullopt);
      const Node* body = where && fault.key.empty() ? body_of(fault.kind, fault.name) : nullptr;
      if (body != nullptr) fault.key = key_of(*body, where->line);
      out.faults.push_back(std::move(fault));
    }
  }

  EditCheck out;

 private:
  template <class... Args>
  void fault(std::string_view kind, std::string_view name, fmt::format_string<Args...> format,
             Args&&... args) {
    out.faults.push_back(
        {std::string(kind),
         std::string(name),
         {},
         Error{ErrorCode::invalid_argument, fmt::format(format, std::forward<Args>(args)...), {}}});
  }

  /// The name as the project has it; empty, with a fault, when it is no path.
  std::string known_name(const std::string& kind, const std::string& name) {
    if (!is_path_kind(kind)) return name;
    auto path = normalise_path(name);
    if (path) return std::move(*path);
    fault(kind, name, "{}", path.error().message);
    return {};
  }

  const Node* body_of(std::string_view kind, std::string_view name) const {
    const auto at = bodies_.find(Key(kind, name));
    return at == bodies_.end() ? nullptr : &at->second;
  }

  // --- remove

  template <class Definitions>
  void erase(Definitions& definitions, const std::string& kind, const std::string& name) {
    touched_.emplace(kind, name);
    if (definitions.erase(name) != 0) return;
    if (const auto origin = kind == "tag" ? origin_of(base_, name) : std::nullopt)
      return fault(kind, name,
                   "tag '{}' comes from type '{}'; remove it from the type or remove the object "
                   "'{}'",
                   name, origin->type.name, origin->object.path);
    fault(kind, name, "there is no {} '{}' to remove", kind, name);
  }

  void remove(const ProjectEdit::Remove& each) {
    const std::string name = known_name(each.kind, each.name);
    if (name.empty()) return;
    if (each.kind == "type")
      erase(out.project.types, each.kind, name);
    else if (each.kind == "connector")
      erase(out.project.connectors, each.kind, name);
    else if (each.kind == "object")
      erase(out.project.objects, each.kind, name);
    else
      erase(out.project.tags, each.kind, name);
  }

  // --- rename

  template <class Definition>
  struct Moved {
    Definition definition;
    std::string to;
  };

  template <class Definitions, class Moves>
  void take(Definitions& definitions, const std::string& from, const std::string& to,
            Moves& moves) {
    const auto at = definitions.find(from);
    if (at == definitions.end()) return;
    moves.push_back({std::move(at->second), to});
    definitions.erase(at);
  }
  template <class Definitions, class Moves>
  void take_below(Definitions& definitions, const std::string& from, const std::string& to,
                  Moves& moves) {
    const std::string prefix = from + "/";
    const auto first = definitions.lower_bound(prefix);
    auto at = first;
    for (; at != definitions.end() && at->first.starts_with(prefix); ++at)
      moves.push_back({std::move(at->second), to + at->first.substr(from.size())});
    definitions.erase(first, at);
  }

  template <class Definition>
  void put(std::map<std::string, Definition>& definitions, std::string_view kind,
           std::vector<Moved<Definition>>& moves) {
    for (auto& [definition, to] : moves) {
      const std::string from = definition.path;
      touched_.emplace(kind, from);
      touched_.emplace(kind, to);
      renamed_from_.try_emplace({std::string(kind), to}, from);
      renamed_to_.try_emplace({std::string(kind), from}, to);
      if (const auto path = normalise_path(to); !path)
        fault(kind, from, "it cannot be renamed: {}", path.error().message);
      definition.path = to;
      if (!definitions.try_emplace(to, std::move(definition)).second)
        fault(kind, from, "{} '{}' cannot become '{}', which exists; remove it or use another name",
              kind, from, to);
    }
  }

  void rename() {
    std::vector<ProjectEdit::Rename> wanted;
    for (const auto& each : edit_.rename) {
      const std::string from = known_name(each.kind, each.from);
      const std::string to = known_name(each.kind, each.to);
      if (!from.empty() && !to.empty() && from != to) wanted.push_back({each.kind, from, to});
    }
    // Tags first, then the deepest objects: who is named himself does not go with his parent.
    std::ranges::sort(wanted, [](const auto& a, const auto& b) {
      return std::pair(b.kind, b.from.size()) < std::pair(a.kind, a.from.size());
    });
    for (const auto& [kind, from, to] : wanted)
      take_away(kind, from, to);
    for (const auto& [object, to] : objects_)
      remember_tags_of(object, to);
    for (const auto& [tag, to] : tags_)
      out.moves.push_back({tag.path, to});
    put(out.project.objects, "object", objects_);
    put(out.project.tags, "tag", tags_);
  }

  void take_away(const std::string& kind, const std::string& from, const std::string& to) {
    const std::size_t before = objects_.size() + tags_.size();
    if (kind == "object") {
      take(out.project.objects, from, to, objects_);
      take_below(out.project.objects, from, to, objects_);
      take_below(out.project.tags, from, to, tags_);
    } else {
      take(out.project.tags, from, to, tags_);
    }
    if (objects_.size() + tags_.size() > before) return;
    if (const auto origin = origin_of(base_, from))
      return fault(kind, from, "tag '{}' comes from type '{}'; rename the object '{}' instead",
                   from, origin->type.name, origin->object.path);
    fault(kind, from, "there is no {} '{}' to rename", kind, from);
  }

  void remember_tags_of(const ObjectDefinition& object, const std::string& to) {
    const auto type = base_.types.find(object.type);
    if (type == base_.types.end()) return;
    for (const auto& tag : type->second.tags)
      out.moves.push_back({object.path + "/" + tag.first, to + "/" + tag.first});
  }

  // --- set

  void set(const ProjectEdit::Set& each) {
    const std::string name = known_name(each.kind, each.name);
    if (name.empty()) return;
    if (body_of(each.kind, name) != nullptr)
      return fault(each.kind, name, "{} '{}' is given twice; remove one of them", each.kind, name);
    const Key key(each.kind, name);
    Node& body = bodies_.emplace(key, each.body).first->second;
    int next = 1;
    number_places(body, next);
    static const std::string kNoFile;
    places_.add(each.kind, name, kNoFile, body);
    touched_.insert(key);
    decode(each.kind, name, body);
  }

  void decode(const std::string& kind, const std::string& name, const Node& body) {
    Faults faults("");
    if (kind == "type") {
      out.project.types.insert_or_assign(name, decode_type(name, body, faults));
    } else if (kind == "connector") {
      out.project.connectors.insert_or_assign(name, decode_connector(name, body, faults));
    } else if (kind == "object") {
      out.project.objects.insert_or_assign(name, decode_object(name, body, faults));
    } else {
      TagDefinition tag = decode_tag(name, body, faults);
      for (const auto& [key, why] : tag_warnings(tag))
        out.warnings.push_back(
            {kind, name, std::string(key),
             Error{ErrorCode::invalid_argument, fmt::format("tag '{}': {}", name, why), {}}});
      out.project.tags.insert_or_assign(name, std::move(tag));
    }
    for (Error& error : faults.take()) {
      const int number = error.where ? error.where->line : 0;
      error.where.reset();
      out.faults.push_back({kind, name, key_of(body, number), std::move(error)});
    }
  }

  // --- what came of it

  void collect_changes() {
    for (const auto& [kind, name] : touched_) {
      auto change = difference_at(base_, out.project, kind, name);
      if (!change) continue;
      const std::pair key(kind, name);
      if (const auto to = renamed_to_.find(key);
          to != renamed_to_.end() && change->what == ProjectChange::What::removed)
        change->detail = fmt::format("renamed to {}", to->second);
      if (const auto from = renamed_from_.find(key);
          from != renamed_from_.end() && change->what == ProjectChange::What::added)
        change->detail = fmt::format("renamed from {}", from->second);
      out.changes.push_back(std::move(*change));
    }
    std::erase_if(out.moves, [&](const TagMove& move) {
      return !out.project.tags.contains(move.to) && !origin_of(out.project, move.to);
    });
  }

  using Key = std::pair<std::string, std::string>;  ///< kind and name

  const ProjectEdit& edit_;
  const Project& base_;
  std::map<Key, Node> bodies_;  ///< of what is set; places_ points into it
  Places places_;
  std::vector<Moved<ObjectDefinition>> objects_;
  std::vector<Moved<TagDefinition>> tags_;
  std::set<Key> touched_;
  std::map<Key, std::string> renamed_from_, renamed_to_;
};

}  // namespace

EditCheck check_edit(const ProjectEdit& edit, const Project& base,
                     const ConnectorCatalogue& catalogue) {
  if (!edit.faults.empty()) {
    EditCheck out;
    out.faults = edit.faults;
    return out;
  }
  Editor editor(edit, base);
  editor.run();
  editor.check(catalogue);
  return std::move(editor.out);
}

std::vector<std::string> touched_subtrees(const ProjectEdit& edit) {
  std::vector<std::string> out;
  const auto add = [&](std::string_view kind, std::string_view name) {
    if (!is_path_kind(kind))
      out.emplace_back("/");
    else if (auto path = normalise_path(name); path)
      out.push_back(std::move(*path));
  };
  for (const auto& each : edit.set)
    add(each.kind, each.name);
  for (const auto& each : edit.remove)
    add(each.kind, each.name);
  for (const auto& each : edit.rename)
    add(each.kind, each.from), add(each.kind, each.to);
  for (const auto& fault : edit.faults)
    add(fault.kind, fault.name);
  std::ranges::sort(out);
  const auto same = std::ranges::unique(out);
  out.erase(same.begin(), same.end());
  return out;
}

}  // namespace tagwerk::model
