#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace tagwerk::console {

/// Writes what a command was asked for into a file; "" and "-" are standard output.
/// Fails: as the operating system says, naming the file
Status write_output(const std::string& file, std::string_view bytes);

}  // namespace tagwerk::console
