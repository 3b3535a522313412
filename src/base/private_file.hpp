#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace tagwerk::base {

/// Writes a file of mode 0600, whole or not at all: beside it, then renamed over it, with fsync.
/// Fails: io, naming the file; what was there before stays
Status write_private_file(const std::string& file, std::string_view text);

}  // namespace tagwerk::base
