#pragma once

#include "access/access.hpp"
#include "servers/http/call.hpp"
#include "servers/http/json_writer.hpp"

namespace tagwerk::servers::http {

/// The members that say what a tag's value can be: "type", "unit", "range", "states".
void append_value_range(JsonWriter& json, const model::TagDefinition& tag);

/// The tag that a route's `{id}` names; null when there is none that the caller may read.
const model::PlantTag* tag_by_id(const Call& call, const model::Plant& plant);

}  // namespace tagwerk::servers::http
