#pragma once

#include <memory>
#include <vector>

#include "base/assert.hpp"
#include "model/any_catalogue_for_test.hpp"
#include "model/plant.hpp"

namespace tagwerk::engine {

/// A plant for tests: these tags, one connector "plc1" that accepts every address, a period of 1 s.
inline std::shared_ptr<const model::Plant> make_test_plant(std::vector<model::TagDefinition> tags,
                                                           const model::Plant* previous) {
  model::Project project;
  project.connectors["plc1"] = {.name = "plc1", .type = "test"};
  model::Plant::TagIds ids;
  for (model::TagDefinition& tag : tags) {
    // The same path has the same id in every plant of a test.
    ids[tag.path] = std::hash<std::string>{}(tag.path) | 1;
    project.tags[tag.path] = std::move(tag);
  }
  const std::uint64_t revision = previous == nullptr ? 1 : previous->revision() + 1;
  auto plant = model::Plant::make(project, model::AnyCatalogue{}, ids, revision, previous);
  TAGWERK_ASSERT(plant.has_value());
  return *plant;
}

}  // namespace tagwerk::engine
