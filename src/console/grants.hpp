#pragma once

#include <string>

#include "model/document.hpp"

namespace tagwerk::console {

/// "operator in /Plant, viewer in /", of a user or key.
std::string grants_of(const model::Node& owner);
/// The list of grants with this one.
model::Node one_grant(const std::string& role, const std::string& subtree);

}  // namespace tagwerk::console
