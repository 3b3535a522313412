#include <algorithm>

#include "model/decode.hpp"
#include "model/expansion.hpp"
#include "model/parameters.hpp"
#include "model/path.hpp"
#include "model/project_edit.hpp"

/// Edits that follow from what is configured: of one tag, of a subtree.
namespace tagwerk::model {
namespace {

/// At most ten of them, then how many there are.
class NameList {
 public:
  void add(std::string_view name) {
    if (++count_ <= kShown) shown_ += fmt::format("{}{}", shown_.empty() ? "" : ", ", name);
  }
  std::size_t count() const { return count_; }
  std::string text() const {
    return count_ <= kShown ? shown_ : fmt::format("{}, … ({} in all)", shown_, count_);
  }

 private:
  static constexpr std::size_t kShown = 10;
  std::string shown_;
  std::size_t count_ = 0;
};

/// Each definition strictly below a path, in order.
template <class Definition, class Visit>
void for_each_below(const std::map<std::string, Definition>& definitions, const std::string& path,
                    Visit visit) {
  const std::string prefix = path + "/";
  for (auto at = definitions.lower_bound(prefix);
       at != definitions.end() && at->first.starts_with(prefix); ++at)
    visit(at->first, at->second);
}

/// A brace in a text of an override stands for itself.
void escape_braces(Node& node) {
  if (node.is_scalar()) {
    std::string out;
    for (const char c : node.text)
      out.append(c == '{' || c == '}' ? 2 : 1, c);
    node.text = std::move(out);
  }
  for (auto& entry : node.entries)
    escape_braces(entry.second);
  for (Node& item : node.items)
    escape_braces(item);
}

/// The tag as its type gives it to the object, without override; its body in canonical form.
Result<Node> body_by_type(const Origin& origin, const std::string& path) {
  const auto parameters = read_parameters(origin.type.parameters, origin.object.with);
  if (!parameters) return std::unexpected(parameters.error());
  Node filled = origin.body;
  if (auto done = fill(filled, *parameters); !done) return std::unexpected(done.error());
  const auto tag = decode_tag(path, filled, std::string());
  if (!tag) return std::unexpected(tag.error());
  return encode(*tag);
}

/// The object with what makes its tag like `wanted`.
Result<Node> object_with_override(const Origin& origin, const std::string& path,
                                  const Node& wanted) {
  auto given = body_by_type(origin, path);
  if (!given) return std::unexpected(given.error());
  Node changes = changes_between(*given, wanted);
  escape_braces(changes);
  ObjectDefinition object = origin.object;
  Node& overrides = object.override_tags;
  std::erase_if(overrides.entries, [&](const auto& entry) { return entry.first == origin.name; });
  if (!changes.entries.empty()) overrides.set(origin.name, std::move(changes));
  if (overrides.entries.empty()) overrides = {};
  return encode(object);
}

Node* value_at(Node& node, std::string_view key) {
  for (auto& [name, value] : node.entries) {
    if (name == key) return &value;
    if (key.size() > name.size() && key.starts_with(name) && key[name.size()] == '.')
      if (Node* found = value_at(value, key.substr(name.size() + 1))) return found;
  }
  return nullptr;
}

bool replace(Node& body, const Replacement& replacement) {
  Node* value = value_at(body, replacement.in);
  if (value == nullptr || !value->is_scalar()) return false;
  std::string& text = value->text;
  bool found = false;
  for (std::size_t at = text.find(replacement.find); at != std::string::npos;
       at = text.find(replacement.find, at + replacement.with.size())) {
    text.replace(at, replacement.find.size(), replacement.with);
    found = true;
  }
  return found;
}

bool is_tag(const Project& project, const std::string& path) {
  return project.tags.contains(path) || origin_of(project, path).has_value();
}

bool has_anything_below(const Project& project, const std::string& path) {
  bool found = false;
  const auto any = [&](const std::string&, const auto&) { found = true; };
  for_each_below(project.objects, path, any);
  for_each_below(project.tags, path, any);
  return found;
}

/// Whether something is configured at a path or below it.
bool is_taken(const Project& project, const std::string& path) {
  return project.objects.contains(path) || is_tag(project, path) ||
         has_anything_below(project, path);
}

bool is_declared(const Project& project, std::string_view kind, const std::string& name) {
  if (kind == "type") return project.types.contains(name);
  if (kind == "connector") return project.connectors.contains(name);
  return kind == "object" ? project.objects.contains(name) : is_tag(project, name);
}

/// The name as the project has it: paths begin with '/'.
Result<std::string> canonical(std::string_view kind, const std::string& name) {
  if (kind == "object" || kind == "tag") return normalise_path(name);
  return name;
}

Status check(const Replacement& replacement) {
  if (!replacement.in.empty() && !replacement.find.empty()) return {};
  return fail(ErrorCode::invalid_argument,
              "a replacement needs 'in', a key such as source.address, and 'find', the text that "
              "is replaced");
}

std::unexpected<Error> no_tag(std::string_view path) {
  return fail(ErrorCode::not_found, "there is no tag '{}'", path);
}

}  // namespace

Result<ProjectEdit> add_definition(const Project& project, const std::string& kind,
                                   const std::string& name, Node body) {
  auto known = canonical(kind, name);
  if (!known) return std::unexpected(known.error());
  if (is_declared(project, kind, *known))
    return fail(ErrorCode::already_exists, "there is a {} '{}' already", kind, *known);
  ProjectEdit out;
  out.set.push_back({kind, std::move(*known), std::move(body)});
  return out;
}

Result<ProjectEdit> change_definition(const Project& project, const std::string& kind,
                                      const std::string& name, Node body) {
  auto known = canonical(kind, name);
  if (!known) return std::unexpected(known.error());
  const bool there = is_declared(project, kind, *known) ||
                     (kind == "object" && has_anything_below(project, *known));
  if (!there) return fail(ErrorCode::not_found, "there is no {} '{}'", kind, *known);
  ProjectEdit out;
  out.set.push_back({kind, std::move(*known), std::move(body)});
  return out;
}

Result<ProjectEdit> edit_tag(const Project& project, const std::string& path, Node body) {
  ProjectEdit out;
  if (project.tags.contains(path)) {
    out.set.push_back({"tag", path, std::move(body)});
    return out;
  }
  const auto origin = origin_of(project, path);
  if (!origin) return no_tag(path);
  Faults faults("");
  const TagDefinition wanted = decode_tag(path, body, faults);
  for (Error& error : faults.take())
    out.faults.push_back({"tag", path, {}, std::move(error)});
  if (!out.faults.empty()) return out;
  auto object = object_with_override(*origin, path, encode(wanted));
  if (!object) return std::unexpected(object.error());
  out.set.push_back({"object", origin->object.path, std::move(*object)});
  return out;
}

Result<ProjectEdit> remove_tag(const Project& project, const std::string& path) {
  if (const auto origin = origin_of(project, path))
    return fail(ErrorCode::conflict,
                "tag '{}' comes from type '{}'; remove it from the type, or the object '{}'", path,
                origin->type.name, origin->object.path);
  if (!project.tags.contains(path)) return no_tag(path);
  ProjectEdit out;
  out.remove.push_back({"tag", path});
  return out;
}

Result<ProjectEdit> remove_object(const Project& project, const std::string& path, bool recursive) {
  ProjectEdit out;
  NameList below;
  if (project.objects.contains(path)) out.remove.push_back({"object", path});
  for_each_below(project.objects, path, [&](const std::string& each, const auto&) {
    below.add(each);
    out.remove.push_back({"object", each});
  });
  for_each_below(project.tags, path, [&](const std::string& each, const auto&) {
    below.add(each);
    out.remove.push_back({"tag", each});
  });
  if (out.remove.empty()) return fail(ErrorCode::not_found, "there is no object '{}'", path);
  if (below.count() != 0 && !recursive)
    return fail(ErrorCode::conflict,
                "below object '{}' are {}; remove them first, or all of it with recursive=true",
                path, below.text());
  return out;
}

Result<ProjectEdit> remove_type(const Project& project, const std::string& name) {
  if (!project.types.contains(name))
    return fail(ErrorCode::not_found, "there is no type '{}'", name);
  NameList users;
  for (const auto& [path, object] : project.objects)
    if (object.type == name) users.add(path);
  if (users.count() != 0)
    return fail(ErrorCode::conflict, "type '{}' is that of {}; remove or change them first", name,
                users.text());
  ProjectEdit out;
  out.remove.push_back({"type", name});
  return out;
}

Result<ProjectEdit> remove_connector(const Project& project, const Plant& plant,
                                     const std::string& name) {
  if (!project.connectors.contains(name))
    return fail(ErrorCode::not_found, "there is no connector '{}'", name);
  NameList users;
  for (const PlantTag& tag : plant.tags())
    if (tag.definition.source && tag.definition.source->connector == name)
      users.add(tag.definition.path);
  if (users.count() != 0)
    return fail(ErrorCode::conflict,
                "connector '{}' is the source of {}; remove them or bind them elsewhere first",
                name, users.text());
  ProjectEdit out;
  out.remove.push_back({"connector", name});
  return out;
}

Result<ProjectEdit> copy_subtree(const Project& project, const std::string& from,
                                 const std::string& to,
                                 const std::vector<Replacement>& replacements) {
  const auto source = normalise_path(from), target = normalise_path(to);
  for (const auto* path : {&source, &target})
    if (!*path) return std::unexpected(path->error());
  for (const Replacement& each : replacements)
    if (auto good = check(each); !good) return std::unexpected(good.error());
  if (is_taken(project, *target))
    return fail(ErrorCode::already_exists,
                "there is something at '{}' already; remove it or copy to another path", *target);
  ProjectEdit out;
  std::vector<bool> used(replacements.size());
  const auto copy = [&](std::string_view kind, const std::string& path, const auto& definition) {
    Node body = encode(definition);
    for (std::size_t i = 0; i < replacements.size(); ++i)
      if (replace(body, replacements[i])) used[i] = true;
    out.set.push_back({std::string(kind), *target + path.substr(source->size()), std::move(body)});
  };
  const auto copy_all = [&](std::string_view kind, const auto& definitions) {
    if (const auto own = definitions.find(*source); own != definitions.end())
      copy(kind, own->first, own->second);
    for_each_below(definitions, *source, [&](const std::string& path, const auto& definition) {
      copy(kind, path, definition);
    });
  };
  copy_all("object", project.objects);
  copy_all("tag", project.tags);
  if (out.set.empty())
    return fail(ErrorCode::not_found, "there is nothing at '{}' to copy", *source);
  for (std::size_t i = 0; i < replacements.size(); ++i)
    if (!used[i])
      return fail(ErrorCode::invalid_argument, "'{}' is in no '{}' at '{}' or below",
                  replacements[i].find, replacements[i].in, *source);
  return out;
}

}  // namespace tagwerk::model
