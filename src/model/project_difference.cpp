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

template <class Definitions>
void compare(std::string_view kind, const Definitions& base, const Definitions& update, bool prune,
             std::vector<ProjectChange>& out) {
  for (const auto& [name, definition] : update) {
    const auto old = base.find(name);
    if (old != base.end() && old->second == definition) continue;
    ProjectChange change{.what = What::added,
                         .kind = std::string(kind),
                         .name = name,
                         .detail = {},
                         .before = {},
                         .after = encode(definition)};
    if (old != base.end()) {
      change.what = What::changed;
      change.before = encode(old->second);
      change.detail = joined(differing_keys(change.before, change.after));
      if (change.detail.empty()) continue;  // only the order of keys
    }
    out.push_back(std::move(change));
  }
  if (!prune) return;
  for (const auto& [name, definition] : base)
    if (!update.contains(name))
      out.push_back(ProjectChange{.what = What::removed,
                                  .kind = std::string(kind),
                                  .name = name,
                                  .detail = {},
                                  .before = encode(definition),
                                  .after = {}});
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
