#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "auth/principal.hpp"
#include "engine/plant_for_test.hpp"

/// Small plants and people for the tests of this folder.
namespace tagwerk::access::testing {

/// Float tags at these paths, without source.
inline std::shared_ptr<const model::Plant> plant_of(const std::vector<std::string>& paths,
                                                    const model::Plant* previous = nullptr) {
  std::vector<model::TagDefinition> tags;
  for (const std::string& path : paths)
    tags.push_back({.path = path});
  return engine::make_test_plant(std::move(tags), previous);
}

/// Somebody with these roles in these parts of the plant: {{"viewer", "/Plant/A"}}.
inline std::shared_ptr<const auth::Principal> person(
    std::string name, const std::vector<std::pair<std::string, std::string>>& grants) {
  std::vector<auth::Grant> all;
  for (const auto& [role, subtree] : grants)
    all.push_back({*auth::find_builtin_role(role), subtree});
  return std::make_shared<const auth::Principal>(7, std::move(name), std::move(all));
}

inline std::shared_ptr<const auth::Principal> viewer_of(const std::string& subtree) {
  return person("vera", {{"viewer", subtree}});
}

}  // namespace tagwerk::access::testing
