#pragma once

#include "base/error.hpp"

namespace tagwerk::console {

/// How a command ends; the same for all of them.
inline constexpr int kExitGood = 0;
inline constexpr int kExitFailed = 1;        ///< the thing asked for failed
inline constexpr int kExitUsage = 2;         ///< the command line itself is wrong
inline constexpr int kExitNoConnection = 3;  ///< no server there

/// Prints "tagwerk: sentence" to stderr and gives the exit code that belongs to the error.
int report(const Error& error);

}  // namespace tagwerk::console
