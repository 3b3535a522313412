#pragma once

#include <functional>

namespace tagwerk::app {

/// Blocks SIGINT and SIGTERM, and SIGHUP unless it is ignored (nohup), for this thread and those it
/// makes from now on. Call it before there are others.
void block_ending_signals();

/// Waits for SIGINT, SIGTERM, or the end of the terminal that the program was started in. Any other
/// SIGHUP calls `reload`; without one it is an end, too.
void wait_for_ending_signal(const std::function<void()>& reload = {});

}  // namespace tagwerk::app
