#include "model/project_file.hpp"

namespace tagwerk::model {
namespace {

std::string joined(const std::vector<std::string>& keys) {
  std::string out;
  for (const std::string& key : keys)
    out += (out.empty() ? "" : ", ") + key;
  return out;
}

using What = ProjectChange::What;

template <class Definition>
std::optional<ProjectChange> change_of(std::string_view kind, const std::string& name,
                                       const Definition* before, const Definition* after) {
  if (before == nullptr && after == nullptr) return std::nullopt;
  if (before != nullptr && after != nullptr && *before == *after) return std::nullopt;
  ProjectChange change{.what = before == nullptr ? What::added : What::removed,
                       .kind = std::string(kind),
                       .name = name,
                       .detail = {},
                       .before = before == nullptr ? Node{} : encode(*before),
                       .after = after == nullptr ? Node{} : encode(*after)};
  if (before == nullptr || after == nullptr) return change;
  change.what = What::changed;
  change.detail = joined(differing_keys(change.before, change.after));
  if (change.detail.empty()) return std::nullopt;  // only the order of keys
  return change;
}

template <class Definition>
const Definition* found(const std::map<std::string, Definition>& all, const std::string& name) {
  const auto at = all.find(name);
  return at == all.end() ? nullptr : &at->second;
}

template <class Definitions>
void compare(std::string_view kind, const Definitions& base, const Definitions& update, bool prune,
             std::vector<ProjectChange>& out) {
  for (const auto& [name, definition] : update)
    if (auto change = change_of(kind, name, found(base, name), &definition))
      out.push_back(std::move(*change));
  if (!prune) return;
  for (const auto& [name, definition] : base)
    if (!update.contains(name))
      out.push_back(*change_of(kind, name, &definition, found(update, name)));
}

template <class Definitions>
void lay_over(Definitions& base, const Definitions& update) {
  for (const auto& [name, definition] : update)
    base.insert_or_assign(name, definition);
}

}  // namespace

std::vector<ProjectChange> difference(const Project& base, const Project& update, bool prune) {
  std::vector<ProjectChange> out;
  compare("type", base.types, update.types, prune, out);
  compare("connector", base.connectors, update.connectors, prune, out);
  compare("object", base.objects, update.objects, prune, out);
  compare("tag", base.tags, update.tags, prune, out);
  return out;
}

std::optional<ProjectChange> difference_at(const Project& before, const Project& after,
                                           std::string_view kind, const std::string& name) {
  if (kind == "type")
    return change_of(kind, name, found(before.types, name), found(after.types, name));
  if (kind == "connector")
    return change_of(kind, name, found(before.connectors, name), found(after.connectors, name));
  if (kind == "object")
    return change_of(kind, name, found(before.objects, name), found(after.objects, name));
  return change_of(kind, name, found(before.tags, name), found(after.tags, name));
}

Project merge(const Project& base, const Project& update, bool prune) {
  if (prune) return update;
  Project out = base;
  lay_over(out.types, update.types);
  lay_over(out.connectors, update.connectors);
  lay_over(out.objects, update.objects);
  lay_over(out.tags, update.tags);
  return out;
}

}  // namespace tagwerk::model
