#pragma once

#include <span>
#include <string>

#include "access/access.hpp"

namespace tagwerk::access {

/// The tag that a path or a bare name means for this principal: what he may not read does not exist
/// for him, so it is neither found nor makes a name ambiguous.
/// Fails: not_found; conflict as model::Plant::resolve
Result<const model::PlantTag*> resolve_tag(const model::Plant& plant,
                                           const auth::Principal& principal, std::string_view name);

/// What becomes of names that mean no tag, or several.
enum class Names : std::uint8_t {
  strict,       ///< both are errors
  may_miss,     ///< a name without a tag is left out
  may_be_vague  ///< an ambiguous one as well
};

/// The tags that patterns, paths and bare names mean, as far as the principal may read them; in the
/// order of the patterns, none twice. No pattern means everything.
/// Fails: not_found, conflict as resolve_tag where `names` does not forgive it; invalid_argument as
///        model::PathPattern
Result<Selection> select_tags(std::shared_ptr<const model::Plant> plant,
                              const auth::Principal& principal,
                              std::span<const std::string> patterns, Names names);

/// The tree below a path as the principal sees it; counts are of what he sees.
/// Fails:  not_found
/// Limits: 10,000 nodes below the root
Result<Tree> build_tree(std::shared_ptr<const model::Plant> plant, const auth::Principal& principal,
                        std::string_view path, int depth, std::size_t offset, std::size_t limit);

}  // namespace tagwerk::access
