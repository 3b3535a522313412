#pragma once

#include <string>

#include "base/error.hpp"
#include "model/document.hpp"

namespace tagwerk::console {

/// What somebody typed, as a value for a tag (an item of /api/tags). A bool takes true, false, on,
/// off, 1 and 0; an int also the name of one of its states; a text is taken as it stands; json and
/// arrays are JSON; "null" is null for all but texts.
/// Fails: invalid_argument, naming the tag and what it takes
Result<model::Node> typed_value(const model::Node& tag, const std::string& typed);

}  // namespace tagwerk::console
