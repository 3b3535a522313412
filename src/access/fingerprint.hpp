#pragma once

#include <string>
#include <string_view>

namespace tagwerk::access {

/// SHA-256 in hex.
std::string fingerprint(std::string_view text);

}  // namespace tagwerk::access
