#pragma once

#include <chrono>

#include "base/time.hpp"

namespace tagwerk::auth {

/// The hash of a password that nobody needs to know.
inline constexpr const char* kHash = "$2b$04$abcdefghijklmnopqrstuuZakPDp6bZDRlgfrhVHiZC/4c843smaK";
inline constexpr UtcTime kNow{std::chrono::seconds(1'800'000'000)};

}  // namespace tagwerk::auth
