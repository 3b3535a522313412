#pragma once

#include <string_view>

#include "table/segment.hpp"

namespace tagwerk::table {

/// Takes the lock of the one writer.
/// Fails: conflict, naming the process that has it; io
Status lock_alone(std::string_view instance, Segment& segment);

}  // namespace tagwerk::table
