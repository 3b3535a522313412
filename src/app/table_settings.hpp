#pragma once

#include "base/error.hpp"
#include "model/document.hpp"
#include "table/writer.hpp"

namespace tagwerk::app {

/// Reads the mapping `table` of tagwerk.yaml: sysv_key, mode, group, slots.
/// Fails: invalid_argument with line and column; not_found for a group this machine does not know
Status read_table_settings(const model::Node& node, table::WriterOptions& options);

}  // namespace tagwerk::app
