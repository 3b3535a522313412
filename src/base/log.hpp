#pragma once

#include <memory>
#include <spdlog/logger.h>
#include <string>
#include <string_view>

namespace tagwerk::base {

/// A named logger; the same name gives the same one. Writes to stderr in the form
/// `2026-11-20T23:19:33.620Z info  [supervisor] connector 'plc1' started`.
/// Threads: any
std::shared_ptr<spdlog::logger> logger(std::string_view name);

/// Level for every logger: "debug", "info", "warn", "error". Prefix is put before the logger's name
/// (a connector process says which one it is).
void configure_logging(std::string_view level, std::string_view prefix);

}  // namespace tagwerk::base
