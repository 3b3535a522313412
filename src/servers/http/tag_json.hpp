#pragma once

#include "access/access.hpp"
#include "servers/http/json_writer.hpp"

namespace tagwerk::servers::http {

/// The members that say what a tag's value can be: "type", "unit", "range", "states".
void append_value_range(JsonWriter& json, const model::TagDefinition& tag);

}  // namespace tagwerk::servers::http
