#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/definitions.hpp"
#include "model/path.hpp"
#include "model/sample.hpp"

namespace tagwerk::model {

struct InstanceTag;

/// A tag as the running server knows it.
struct PlantTag {
  TagId id = 0;
  Slot slot = kNoSlot;
  TagDefinition definition;
  Duration period{0};              ///< of its source; 0 = not polled
  Duration stale_after{0};         ///< 0 = never stale
  std::string object_type;         ///< the type that declares it, empty when declared by itself
  std::uint16_t object_bytes = 0;  ///< of the path: the object that has it by that type
  std::vector<std::string> overridden;  ///< keys that the instance changed: "source.address"

  /// "/Plant/Pump1" for a tag that this object has by its type; else "".
  std::string_view object() const {
    return std::string_view(definition.path).substr(0, object_bytes);
  }
};

/// Every tag of a project by path, those of types included, sorted: what needs an id.
/// Unknown types give nothing.
std::vector<std::string> tag_paths(const Project& project);

/// The plant under one revision: what the project says with every type expanded, ids and slots
/// assigned, paths looked up. Made anew for each revision; a tag keeps its slot from one to the
/// next, and a slot that became free is given away only in the revision after: a sample that is on
/// its way to the tag that went finds nobody.
/// Threads: immutable, shared by pointer
class Plant {
 public:
  using TagIds = std::unordered_map<std::string, TagId>;

  /// Expands the project. `ids` must hold every path (see tag_paths); `previous` may be null.
  /// Fails: invalid_argument with every fault found, the first one as the error
  static Result<std::shared_ptr<const Plant>> make(const Project& project,
                                                   const ConnectorCatalogue& catalogue,
                                                   const TagIds& ids, std::uint64_t revision,
                                                   const Plant* previous);

  /// Slots that became free are given away at once when there would be more than these.
  static constexpr Slot kRoomySlots = 262'144;

  Plant(const Plant&) = delete;
  Plant& operator=(const Plant&) = delete;

  std::uint64_t revision() const { return revision_; }
  /// Sorted by path.
  const std::vector<PlantTag>& tags() const { return tags_; }
  /// Sorted by path; also those that only exist because a tag or an object lies below them.
  const std::vector<ObjectDefinition>& objects() const { return objects_; }
  const std::vector<ConnectorDefinition>& connectors() const { return connectors_; }
  /// Sorted by name.
  const std::vector<TypeDefinition>& types() const { return types_; }
  /// One past the highest slot in use.
  Slot slot_count() const { return static_cast<Slot>(by_slot_.size()); }

  const PlantTag* find(std::string_view path) const;
  const PlantTag* by_id(TagId id) const;
  const PlantTag* by_slot(Slot slot) const;
  const ConnectorDefinition* connector(std::string_view name) const;
  const TypeDefinition* type(std::string_view name) const;
  const ObjectDefinition* object(std::string_view path) const;
  /// False for an object of objects() that only exists because something lies below it.
  bool is_declared(const ObjectDefinition& object) const;

  /// A path; or a name without slash: the root tag of that name, else the one tag so named.
  /// What is not `visible` does not exist: it is not found, not listed and makes nothing ambiguous.
  /// Fails: not_found; conflict when several have it (listed, ten at most)
  using Visible = std::function<bool(const PlantTag&)>;
  Result<const PlantTag*> resolve(std::string_view name, const Visible& visible = {}) const;
  /// Tags that match, in path order.
  std::vector<const PlantTag*> match(const PathPattern& pattern) const;

 private:
  Plant() = default;
  void add_tags(const Project& project, std::vector<InstanceTag> instances,
                const ConnectorCatalogue& catalogue);
  void add_objects(const Project& project);
  Status assign_ids(const TagIds& ids);
  void assign_slots(const Plant* previous);
  void build_index();

  std::uint64_t revision_ = 0;
  std::vector<PlantTag> tags_;
  std::vector<ObjectDefinition> objects_;
  std::vector<bool> declared_;  ///< beside objects_
  std::vector<TypeDefinition> types_;
  std::vector<ConnectorDefinition> connectors_;
  std::unordered_map<std::string_view, std::uint32_t> by_path_;
  std::unordered_map<TagId, std::uint32_t> by_id_;
  std::vector<std::uint32_t> by_slot_;  ///< index into tags_, or kNoSlot
  /// Hash of the last segment and index into tags_, sorted.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> by_leaf_;
};

}  // namespace tagwerk::model
