#pragma once

#include <string>
#include <vector>

#include "model/document.hpp"

namespace tagwerk::console {

/// What people see of an item of /api/values: path, value with its unit, quality, time.
std::vector<std::string> value_cells(const model::Node& item, const std::string& unit);
/// "path=/Plant/**&path=…"; everything without a path.
std::string query_of_paths(const std::vector<std::string>& paths);

}  // namespace tagwerk::console
