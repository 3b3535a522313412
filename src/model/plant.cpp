#include "model/plant.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/assert.hpp"
#include "model/expansion.hpp"

namespace tagwerk::model {
namespace {

std::uint32_t leaf_hash(std::string_view leaf) {
  return static_cast<std::uint32_t>(std::hash<std::string_view>{}(leaf));
}

/// A source that names no period has its device's; what nobody polls is never stale by itself.
/// The periods of sources that name none; each device is asked about once.
class DefaultPeriods {
 public:
  explicit DefaultPeriods(const ConnectorCatalogue& catalogue) : catalogue_(catalogue) {}

  Duration of(const ConnectorDefinition& connector, const SourceDefinition& source) {
    auto& devices = known_[&connector];
    auto found = devices.find(source.device);
    if (found == devices.end())
      found = devices.emplace(source.device, catalogue_.default_period(connector, source)).first;
    return found->second;
  }

 private:
  const ConnectorCatalogue& catalogue_;
  std::map<const ConnectorDefinition*, std::map<std::string, Duration>> known_;
};

void complete_times(PlantTag& tag, const ConnectorDefinition* connector, DefaultPeriods& periods) {
  const auto& source = tag.definition.source;
  if (source && source->period)
    tag.period = *source->period;
  else if (source && connector != nullptr)
    tag.period = periods.of(*connector, *source);
  tag.stale_after = tag.definition.stale_after.value_or(3 * tag.period);
}

template <class Definition>
const Definition* find_sorted(const std::vector<Definition>& definitions, std::string_view name,
                              std::string Definition::* key) {
  const auto at = std::ranges::lower_bound(
      definitions, name, {}, [&](const Definition& each) { return std::string_view(each.*key); });
  return at == definitions.end() || (*at).*key != name ? nullptr : &*at;
}

/// What a pattern fixes before its first wildcard, with the '/' after it: "/Plant/".
std::string_view fixed_prefix(std::string_view pattern) {
  return pattern.substr(0, pattern.find('*'));
}

}  // namespace

std::vector<std::string> tag_paths(const Project& project) {
  std::vector<std::string> out;
  out.reserve(project.tags.size());
  for (const auto& entry : project.tags)
    out.push_back(entry.first);
  for (const auto& [path, object] : project.objects) {
    const auto type = project.types.find(object.type);
    if (type == project.types.end()) continue;
    for (const auto& tag : type->second.tags)
      out.push_back(path + "/" + tag.first);
  }
  if (out.size() > project.tags.size()) std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

Result<std::shared_ptr<const Plant>> Plant::make(const Project& project,
                                                 const ConnectorCatalogue& catalogue,
                                                 const TagIds& ids, std::uint64_t revision,
                                                 const Plant* previous) {
  auto expansion = expand(project, catalogue, Places{});
  if (!expansion.faults.empty()) {
    Error error = expansion.faults.front().error;
    if (const auto more = expansion.faults.size() - 1; more > 0)
      error.message += fmt::format(" (and {} more faults)", more);
    return std::unexpected(std::move(error));
  }
  const std::shared_ptr<Plant> plant(new Plant);
  plant->revision_ = revision;
  for (const auto& entry : project.connectors)
    plant->connectors_.push_back(entry.second);
  for (const auto& entry : project.types)
    plant->types_.push_back(entry.second);
  plant->add_tags(project, std::move(expansion.instance_tags), catalogue);
  plant->add_objects(project);
  if (auto status = plant->assign_ids(ids); !status) return std::unexpected(status.error());
  plant->assign_slots(previous);
  plant->build_index();
  return std::shared_ptr<const Plant>(plant);
}

void Plant::add_tags(const Project& project, std::vector<InstanceTag> instances,
                     const ConnectorCatalogue& catalogue) {
  const auto by_path = [](const InstanceTag& a, const InstanceTag& b) {
    return a.definition.path < b.definition.path;
  };
  std::sort(instances.begin(), instances.end(), by_path);
  DefaultPeriods periods(catalogue);
  tags_.reserve(project.tags.size() + instances.size());
  auto own = project.tags.begin();
  auto made = instances.begin();
  while (own != project.tags.end() || made != instances.end()) {
    PlantTag& tag = tags_.emplace_back();
    if (made == instances.end() ||
        (own != project.tags.end() && own->first < made->definition.path)) {
      tag.definition = (own++)->second;
    } else {
      tag.definition = std::move(made->definition);
      tag.object_type = made->type->name;
      tag.object_bytes = static_cast<std::uint16_t>(made->object_bytes);
      tag.overridden = std::move(made->overridden);
      ++made;
    }
    const auto& source = tag.definition.source;
    complete_times(tag, source ? connector(source->connector) : nullptr, periods);
  }
}

void Plant::add_objects(const Project& project) {
  std::map<std::string, ObjectDefinition, std::less<>> all(project.objects.begin(),
                                                           project.objects.end());
  const auto add_above = [&](std::string_view path) {
    for (auto above = parent_path(path); !above.empty(); above = parent_path(above)) {
      if (all.contains(above)) return;
      ObjectDefinition implied;
      implied.path = above;
      all.emplace(implied.path, implied);
    }
  };
  for (const auto& entry : project.objects)
    add_above(entry.first);
  std::string_view last;
  for (const PlantTag& tag : tags_) {
    if (parent_path(tag.definition.path) == last) continue;
    last = parent_path(tag.definition.path);
    add_above(tag.definition.path);
  }
  objects_.reserve(all.size());
  for (auto& entry : all) {
    declared_.push_back(project.objects.contains(entry.first));
    objects_.push_back(std::move(entry.second));
  }
}

Status Plant::assign_ids(const TagIds& ids) {
  by_id_.reserve(tags_.size());
  for (std::uint32_t i = 0; i < tags_.size(); ++i) {
    const std::string& path = tags_[i].definition.path;
    const auto id = ids.find(path);
    if (id == ids.end() || id->second == 0)
      return fail(ErrorCode::invalid_argument,
                  "tag '{}' has no id; take ids for all of tag_paths(project)", path);
    tags_[i].id = id->second;
    if (!by_id_.emplace(id->second, i).second)
      return fail(ErrorCode::invalid_argument, "tags '{}' and '{}' have the same id {}", path,
                  by_id(id->second)->definition.path, id->second);
  }
  return {};
}

void Plant::assign_slots(const Plant* previous) {
  by_slot_.assign(previous == nullptr ? 0 : previous->by_slot_.size(), kNoSlot);
  for (std::uint32_t i = 0; i < tags_.size() && previous != nullptr; ++i) {
    const PlantTag* before = previous->by_id(tags_[i].id);
    if (before == nullptr) continue;
    tags_[i].slot = before->slot;
    by_slot_[before->slot] = i;
  }
  // What the previous plant used stays free for this revision, as long as that much room is there.
  const Plant* spared = previous;
  const auto taken = [&](Slot slot) {
    return by_slot_[slot] != kNoSlot || (spared != nullptr && spared->by_slot(slot) != nullptr);
  };
  Slot free = 0;
  const auto next_free = [&] {
    while (free < by_slot_.size() && taken(free))
      ++free;
  };
  for (std::uint32_t i = 0; i < tags_.size(); ++i) {
    if (tags_[i].slot != kNoSlot) continue;
    next_free();
    if (free == kRoomySlots && std::exchange(spared, nullptr) != nullptr) free = 0, next_free();
    if (free == by_slot_.size()) by_slot_.push_back(kNoSlot);
    tags_[i].slot = free;
    by_slot_[free] = i;
  }
  while (!by_slot_.empty() && by_slot_.back() == kNoSlot)
    by_slot_.pop_back();
}

void Plant::build_index() {
  by_path_.reserve(tags_.size());
  by_leaf_.reserve(tags_.size());
  for (std::uint32_t i = 0; i < tags_.size(); ++i) {
    const std::string_view path = tags_[i].definition.path;
    by_path_.emplace(path, i);
    by_leaf_.emplace_back(leaf_hash(leaf_name(path)), i);
  }
  std::sort(by_leaf_.begin(), by_leaf_.end());
}

const PlantTag* Plant::find(std::string_view path) const {
  const auto at = by_path_.find(path);
  return at == by_path_.end() ? nullptr : &tags_[at->second];
}

const PlantTag* Plant::by_id(TagId id) const {
  const auto at = by_id_.find(id);
  return at == by_id_.end() ? nullptr : &tags_[at->second];
}

const PlantTag* Plant::by_slot(Slot slot) const {
  if (slot >= by_slot_.size() || by_slot_[slot] == kNoSlot) return nullptr;
  return &tags_[by_slot_[slot]];
}

const ConnectorDefinition* Plant::connector(std::string_view name) const {
  return find_sorted(connectors_, name, &ConnectorDefinition::name);
}

const TypeDefinition* Plant::type(std::string_view name) const {
  return find_sorted(types_, name, &TypeDefinition::name);
}

const ObjectDefinition* Plant::object(std::string_view path) const {
  return find_sorted(objects_, path, &ObjectDefinition::path);
}

bool Plant::is_declared(const ObjectDefinition& object) const {
  return declared_[static_cast<std::size_t>(&object - objects_.data())];
}

Result<const PlantTag*> Plant::resolve(std::string_view name, const Visible& visible) const {
  const bool is_path = name.find('/') != std::string_view::npos;
  const auto seen = [&](const PlantTag& tag) { return !visible || visible(tag); };
  const PlantTag* exact = name.starts_with('/') ? find(name) : find("/" + std::string(name));
  if (exact != nullptr && seen(*exact)) return exact;
  std::vector<const PlantTag*> found;
  if (!is_path) {
    const auto hash = leaf_hash(name);
    for (auto at = std::lower_bound(by_leaf_.begin(), by_leaf_.end(), std::pair(hash, 0u));
         at != by_leaf_.end() && at->first == hash; ++at)
      if (const PlantTag& tag = tags_[at->second];
          leaf_name(tag.definition.path) == name && seen(tag))
        found.push_back(&tag);
  }
  if (found.size() == 1) return found.front();
  if (found.empty())
    return fail(ErrorCode::not_found, "no tag '{}'; list them with `tagwerk tree`", name);
  std::string list;
  for (std::size_t i = 0; i < std::min<std::size_t>(found.size(), 10); ++i)
    list += (i == 0 ? "" : ", ") + found[i]->definition.path;
  return fail(ErrorCode::conflict, "{} tags are named '{}'; use the path: {}{}", found.size(), name,
              list, found.size() > 10 ? ", …" : "");
}

std::vector<const PlantTag*> Plant::match(const PathPattern& pattern) const {
  std::vector<const PlantTag*> out;
  if (pattern.exact()) {
    if (const PlantTag* tag = find(pattern.text())) out.push_back(tag);
    return out;
  }
  const auto prefix = fixed_prefix(pattern.text());
  // "/Plant/**" also means the tag "/Plant", which stands before everything with the prefix.
  if (const PlantTag* tag = find(prefix.substr(0, prefix.size() - 1));
      tag != nullptr && pattern.matches(tag->definition.path))
    out.push_back(tag);
  auto at = std::lower_bound(
      tags_.begin(), tags_.end(), prefix,
      [](const PlantTag& tag, std::string_view text) { return tag.definition.path < text; });
  for (; at != tags_.end() && at->definition.path.starts_with(prefix); ++at)
    if (pattern.matches(at->definition.path)) out.push_back(&*at);
  return out;
}

}  // namespace tagwerk::model
