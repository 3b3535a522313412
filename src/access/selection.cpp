#include "access/selection.hpp"

#include <vector>

namespace tagwerk::access {
namespace {

using auth::Right;
using model::PathPattern;
using model::PlantTag;

bool has_wildcard(std::string_view text) {
  return text.find('*') != std::string_view::npos;
}

bool forgives(Names names, ErrorCode code) {
  if (code == ErrorCode::not_found) return names != Names::strict;
  return code == ErrorCode::conflict && names == Names::may_be_vague;
}

/// Collects tags that the principal may read, once each.
class Collector {
 public:
  Collector(const model::Plant& plant, const auth::Principal& principal)
      : principal_(principal), has_(plant.slot_count()) {}

  void add_if_readable(const PlantTag* tag) {
    if (principal_.can(Right::read, tag->definition.path)) add(tag);
  }
  void add(const PlantTag* tag) {
    if (has_[tag->slot]) return;
    has_[tag->slot] = true;
    tags.push_back(tag);
  }
  std::vector<const PlantTag*> tags;

 private:
  const auth::Principal& principal_;
  std::vector<bool> has_;  ///< by slot
};

}  // namespace

Result<const PlantTag*> resolve_tag(const model::Plant& plant, const auth::Principal& principal,
                                    std::string_view name) {
  return plant.resolve(name, [&principal](const PlantTag& tag) {
    return principal.can(Right::read, tag.definition.path);
  });
}

Result<Selection> select_tags(std::shared_ptr<const model::Plant> plant,
                              const auth::Principal& principal,
                              std::span<const std::string> patterns, Names names) {
  Collector collector(*plant, principal);
  if (patterns.empty())
    for (const PlantTag& tag : plant->tags())
      collector.add_if_readable(&tag);
  for (const std::string& text : patterns) {
    if (!has_wildcard(text)) {
      if (auto tag = resolve_tag(*plant, principal, text))
        collector.add(*tag);
      else if (!forgives(names, tag.error().code))
        return std::unexpected(tag.error());
      continue;
    }
    auto pattern = PathPattern::parse(text);
    if (!pattern) return std::unexpected(pattern.error());
    for (const PlantTag* tag : plant->match(*pattern))
      collector.add_if_readable(tag);
  }
  return Selection{std::move(plant), std::move(collector.tags)};
}

}  // namespace tagwerk::access
