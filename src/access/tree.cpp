#include <algorithm>

#include "access/selection.hpp"

namespace tagwerk::access {
namespace {

using model::ObjectDefinition;
using model::Plant;
using model::PlantTag;

constexpr std::size_t kMaxNodes = 10'000;

/// What lies directly below a path and may be seen: objects before tags, each by name.
struct Children {
  std::vector<const ObjectDefinition*> objects;
  std::vector<const PlantTag*> tags;

  std::size_t size() const { return objects.size() + tags.size(); }
};

/// Walks a plant's sorted lists of objects and tags.
class TreeBuilder {
 public:
  TreeBuilder(const Plant& plant, const auth::Principal& principal)
      : plant_(plant), principal_(principal) {}

  Children children(std::string_view path) const {
    Children out;
    for_each_below(plant_.objects(), path, [&](const ObjectDefinition& object) {
      if (principal_.can_see(object.path)) out.objects.push_back(&object);
    });
    for_each_below(plant_.tags(), path, [&](const PlantTag& tag) {
      if (principal_.can(auth::Right::read, tag.definition.path)) out.tags.push_back(&tag);
    });
    return out;
  }

  TreeNode node(const Children& children, std::size_t index) const {
    if (index < children.objects.size()) return object_node(*children.objects[index]);
    return tag_node(*children.tags[index - children.objects.size()]);
  }

  TreeNode object_node(const ObjectDefinition& object) const {
    TreeNode node{.path = object.path,
                  .name = std::string(model::leaf_name(object.path)),
                  .type = object.type,
                  .description = object.description};
    node.child_count = count_below(object.path);
    return node;
  }

  static TreeNode tag_node(const PlantTag& tag) {
    return {.path = tag.definition.path,
            .name = std::string(model::leaf_name(tag.definition.path)),
            .is_tag = true,
            .tag = &tag,
            .type = std::string(model::to_string(tag.definition.type)),
            .description = tag.definition.description};
  }

  /// False when there were more nodes than the limit.
  bool fill(TreeNode& node, int depth) {
    if (node.is_tag || depth <= 0 || node.child_count == 0) return true;
    if (nodes_ == kMaxNodes) return false;
    return fill(node, children(node.path), 0, kMaxNodes, depth);
  }

  /// Only the children from `begin` on, before `end`.
  bool fill(TreeNode& node, const Children& children, std::size_t begin, std::size_t end,
            int depth) {
    bool whole = true;
    for (std::size_t i = begin; i < std::min(end, children.size()); ++i) {
      if (nodes_ == kMaxNodes) return false;
      ++nodes_;
      TreeNode& child = node.children.emplace_back(this->node(children, i));
      whole &= fill(child, depth - 1);
    }
    return whole;
  }

  std::uint32_t count_below(std::string_view path) const {
    std::uint32_t count = 0;
    for_each_below(plant_.objects(), path, [&](const ObjectDefinition& object) {
      count += principal_.can_see(object.path);
    });
    for_each_below(plant_.tags(), path, [&](const PlantTag& tag) {
      count += principal_.can(auth::Right::read, tag.definition.path);
    });
    return count;
  }

 private:
  static const std::string& path_of(const ObjectDefinition& object) { return object.path; }
  static const std::string& path_of(const PlantTag& tag) { return tag.definition.path; }

  /// Direct children: everything that begins with the path lies together, deeper ones are jumped
  /// over.
  template <class T, class Visit>
  static void for_each_below(const std::vector<T>& sorted, std::string_view path, Visit visit) {
    const std::string prefix = std::string(path == "/" ? "" : path) + "/";
    const auto less = [](const T& item, const std::string& text) { return path_of(item) < text; };
    auto it = std::lower_bound(sorted.begin(), sorted.end(), prefix, less);
    while (it != sorted.end() && path_of(*it).starts_with(prefix)) {
      const std::string& found = path_of(*it);
      const auto slash = found.find('/', prefix.size());
      if (slash == std::string::npos) {
        visit(*it++);
        continue;
      }
      // '0' follows '/': the first path after everything below this child.
      it = std::lower_bound(it, sorted.end(), found.substr(0, slash) + "0", less);
    }
  }

  const Plant& plant_;
  const auth::Principal& principal_;
  std::size_t nodes_ = 0;
};

}  // namespace

Result<Tree> build_tree(std::shared_ptr<const Plant> plant, const auth::Principal& principal,
                        std::string_view path, int depth, std::size_t offset, std::size_t limit) {
  TreeBuilder builder(*plant, principal);
  Tree tree{.plant = plant};
  if (path.empty() || path == "/") {
    tree.root = {.path = "/", .name = "", .child_count = builder.count_below("/")};
  } else if (const ObjectDefinition* object = plant->object(path);
             object != nullptr && principal.can_see(path)) {
    tree.root = builder.object_node(*object);
  } else if (const PlantTag* tag = plant->find(path);
             tag != nullptr && principal.can(auth::Right::read, path)) {
    tree.root = TreeBuilder::tag_node(*tag);
    return tree;
  } else {
    return fail(ErrorCode::not_found, "there is no object or tag '{}'", path);
  }
  if (depth <= 0) return tree;
  const Children children = builder.children(tree.root.path);
  const std::size_t begin = std::min(offset, children.size());
  const std::size_t end = begin + std::min({limit, kMaxNodes, children.size() - begin});
  const bool whole = builder.fill(tree.root, children, begin, end, depth);
  tree.truncated = !whole || end < children.size();
  return tree;
}

}  // namespace tagwerk::access
