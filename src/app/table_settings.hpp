#pragma once

#include "base/error.hpp"
#include "model/document.hpp"
#include "table/writer.hpp"

namespace tagwerk::app {

/// Reads one of the keys below `table` of tagwerk.yaml: sysv_key, mode, group, slots.
/// Fails: invalid_argument; not_found for a group this machine does not know
Status read_table_setting(std::string_view key, const model::Node& value,
                          table::WriterOptions& options);

}  // namespace tagwerk::app
