#pragma once

namespace tagwerk::app {

inline constexpr const char* kVersion = "0.1.0";

}  // namespace tagwerk::app
